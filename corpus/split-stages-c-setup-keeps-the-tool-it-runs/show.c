#include <stdio.h>

/* prints a theme */
int main(int count, char **words)
{
	char path[256], line[64];
	FILE *file;

	snprintf(path, sizeof path, "/themes/%s.txt", count > 1 ? words[1] : "day");
	file = fopen(path, "r");
	if (file == NULL || fgets(line, sizeof line, file) == NULL) {
		perror(path);
		return 1;
	}
	printf("theme: %s", line);
	return 0;
}
