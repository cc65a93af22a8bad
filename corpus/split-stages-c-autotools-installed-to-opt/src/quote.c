#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Prints the line of a file of the data folder with that number. */
static int line_of(const char *path, int wanted, char *line, int size)
{
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return 0;
	while (wanted-- > 0)
		if (fgets(line, size, file) == NULL) {
			fclose(file);
			return 0;
		}
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return 1;
}

int main(int count, char **words)
{
	char text[200], author[200];
	int wanted = count > 1 ? atoi(words[1]) : 1;

	if (!line_of(DATADIR "/quotes.txt", wanted, text, sizeof text)
	    || !line_of(DATADIR "/authors.txt", wanted, author, sizeof author))
		return 1;
	printf("%s -- %s (%lx)\n", text, author, crc32(0, (const Bytef *)text, strlen(text)));
	return 0;
}
