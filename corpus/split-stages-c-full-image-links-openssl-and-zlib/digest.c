#include <openssl/evp.h>
#include <stdio.h>
#include <zlib.h>

int main(void) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_Digest("c", 1, digest, &length, EVP_sha256(), NULL);
    printf("sha256 of %u bytes, zlib %s\n", length, zlibVersion());
    return 0;
}
