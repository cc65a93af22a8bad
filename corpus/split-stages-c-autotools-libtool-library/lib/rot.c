#include "rot.h"

void rot13(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'a' && *text <= 'z')
			*text = 'a' + (*text - 'a' + 13) % 26;
}
