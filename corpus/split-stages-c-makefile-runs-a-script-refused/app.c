#include <stdio.h>

#include "version.h"

int main(void) {
    puts("version " VERSION);
    return 0;
}
