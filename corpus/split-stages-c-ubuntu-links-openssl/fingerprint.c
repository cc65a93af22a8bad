#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;

    if (argc != 2)
        return 2;
    EVP_Digest(argv[1], strlen(argv[1]), digest, &length, EVP_sha256(), NULL);
    printf("%s: ", argv[1]);
    for (unsigned int at = 0; at < length; at++)
        printf("%02x", digest[at]);
    puts("");
    return 0;
}
