#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words)
{
	double sides = count > 1 ? atof(words[1]) : 6;

	printf("a die of %.0f sides shows %.1f on average\n", floor(sides), (floor(sides) + 1) / 2);
	return 0;
}
