#include "numerals.h"

#include <string.h>

void numerals(int number, char *text)
{
    static const struct { int value; const char *sign; } signs[] = {
        {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
        {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
    };
    *text = '\0';
    for (unsigned at = 0; at < sizeof signs / sizeof *signs; at++)
        for (; number >= signs[at].value; number -= signs[at].value)
            strcat(text, signs[at].sign);
}
