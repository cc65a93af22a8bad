#include <stdio.h>

#include "http.h"

#define PORT 8080
#define PAGES "www"

static char body[4096];

static const char *page(void) {
    FILE *file = fopen(PAGES "/index.html", "r");
    if (file == NULL) {
        return "no page";
    }
    size_t length = fread(body, 1, sizeof body - 1, file);
    body[length] = 0;
    fclose(file);
    return body;
}

int main(void) {
    return serve(PORT, page);
}
