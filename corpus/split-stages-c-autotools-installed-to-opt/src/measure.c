#include <stdio.h>

int main(void)
{
	int found = 0;

	while (getchar() != EOF)
		found++;
	printf("%d\n", found);
	return 0;
}
