#include <langinfo.h>
#include <locale.h>
#include <stdio.h>

/* prints how a price is written here */
int main(void)
{
	if (setlocale(LC_ALL, "") == NULL) {
		fprintf(stderr, "no such locale\n");
		return 1;
	}
	printf("%.2f %s\n", 1299.5, localeconv()->int_curr_symbol);
	return 0;
}
