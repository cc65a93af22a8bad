#include <stdio.h>

int main(void)
{
	puts("120 beats a minute");
	return 0;
}
