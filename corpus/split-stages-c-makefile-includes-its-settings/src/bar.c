#include <stdio.h>

#include "bar.h"

void print_bar(int beats)
{
	while (beats-- > 0)
		putchar('x');
	putchar('|');
	putchar('\n');
}
