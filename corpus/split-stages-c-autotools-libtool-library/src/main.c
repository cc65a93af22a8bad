#include <stdio.h>

#include "rot.h"

int main(int count, char **words)
{
	for (int at = 1; at < count; at++) {
		rot13(words[at]);
		puts(words[at]);
	}
	return 0;
}
