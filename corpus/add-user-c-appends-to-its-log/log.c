#include <stdio.h>

static const char *const LOG = "/var/log/app/events.log";

int main(void) {
    FILE *log = fopen(LOG, "a");
    if (log == NULL) {
        perror("log");
        return 1;
    }
    fputs("started\n", log);
    fclose(log);
    puts("logged");
    return 0;
}
