#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bar.h"

int main(int count, char **words)
{
	int bars = count > 1 ? atoi(words[1]) : 1;

	for (int at = 1; at <= bars; at++)
		print_bar((int)lround(pow(2, at)));
	return 0;
}
