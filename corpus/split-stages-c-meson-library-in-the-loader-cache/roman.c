#include "numerals.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words)
{
    char text[16];
    for (int at = 1; at < count; at++) {
        int number = atoi(words[at]);
        if (number < 1 || number > 3999)
            return 1;
        numerals(number, text);
        printf("%d = %s\n", number, text);
    }
    return 0;
}
