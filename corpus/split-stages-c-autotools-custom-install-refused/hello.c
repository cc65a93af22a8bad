#include <stdio.h>

int main(void)
{
	FILE *file = fopen("/usr/local/built-at", "r");

	puts(file == NULL ? "not installed" : "hello");
	return file == NULL;
}
