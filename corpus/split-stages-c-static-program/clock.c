#include <stdio.h>

int main(void) {
    puts("no library at all");
    return 0;
}
