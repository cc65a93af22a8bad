#include <stdio.h>

static int tell(const char *path, FILE *file) {
    char line[200];
    if (file == NULL) {
        perror(path);
        return 1;
    }
    while (fgets(line, sizeof line, file) != NULL)
        fputs(line, stdout);
    return fclose(file);
}

int main(void) {
    return tell("teller.conf", fopen("teller.conf", "r")) || tell("VERSION", fopen("VERSION", "r"));
}
