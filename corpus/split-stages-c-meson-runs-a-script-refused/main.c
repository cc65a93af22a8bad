#include "table.h"

#include <stdio.h>

int main(void)
{
    for (unsigned at = 0; at < sizeof sayings / sizeof *sayings; at++)
        puts(sayings[at]);
    return 0;
}
