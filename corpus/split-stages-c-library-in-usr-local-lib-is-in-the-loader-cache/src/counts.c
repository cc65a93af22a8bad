#include <string.h>

#include "tally.h"

int tally_count(const char *word, int count, char **words)
{
	int found = 0;

	for (int at = 0; at < count; at++)
		found += strcmp(words[at], word) == 0;
	return found;
}
