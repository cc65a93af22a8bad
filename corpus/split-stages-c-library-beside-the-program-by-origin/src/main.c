#include <stdio.h>

#include "score.h"

int main(int count, char **words)
{
	for (int at = 1; at < count; at++)
		printf("%s: %d\n", words[at], score_count(words[at], count - 1, words + 1));
	return 0;
}
