#include <stdio.h>
#include "version.h"

static int show(const char *path) {
    char line[200];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    while (fgets(line, sizeof line, file) != NULL)
        fputs(line, stdout);
    return fclose(file);
}

int main(void) {
    puts("greeter " VERSION);
    return show("greeter.conf") || show("lang/de.txt") || show("pages/one.txt");
}
