#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    char line[200] = "";
    FILE *settings = fopen("/etc/fetch/fetch.conf", "r");
    if (settings == NULL || fgets(line, sizeof line, settings) == NULL) {
        fputs("no settings\n", stderr);
        return 1;
    }
    line[strcspn(line, "\n")] = 0;
    printf("%s %s\n", strchr(line, '=') + 1, curl_version());
    return 0;
}
