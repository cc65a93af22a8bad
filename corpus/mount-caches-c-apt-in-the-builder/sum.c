#include <stdio.h>
#include <string.h>
#include <zlib.h>

int main(void)
{
    const char *text = "dockerfile";
    printf("crc32 of %s is %08lx\n", text, crc32(0L, (const Bytef *)text, (uInt)strlen(text)));
    return 0;
}
