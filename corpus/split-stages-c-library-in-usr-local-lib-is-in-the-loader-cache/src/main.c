#include <stdio.h>

#include "tally.h"

int main(int count, char **words)
{
	for (int at = 1; at < count; at++)
		printf("%s: %d\n", words[at], tally_count(words[at], count - 1, words + 1));
	return 0;
}
