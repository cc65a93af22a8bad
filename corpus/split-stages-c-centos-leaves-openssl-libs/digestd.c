#include <arpa/inet.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* answers every request with the SHA-256 of its first line */

static void answer(int client)
{
	char request[1024], hex[2 * SHA256_DIGEST_LENGTH + 1], reply[256];
	unsigned char digest[SHA256_DIGEST_LENGTH];
	ssize_t length = read(client, request, sizeof request - 1);
	int i;

	if (length <= 0)
		return;
	request[length] = '\0';
	request[strcspn(request, "\r\n")] = '\0';
	SHA256((unsigned char *)request, strlen(request), digest);
	for (i = 0; i < SHA256_DIGEST_LENGTH; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	length = snprintf(reply, sizeof reply, "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(hex), hex);
	if (write(client, reply, length) < 0)
		perror("write");
}

int main(void)
{
	struct sockaddr_in address = {0};
	int server = socket(AF_INET, SOCK_STREAM, 0), client, yes = 1;

	address.sin_family = AF_INET;
	address.sin_port = htons(8080);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 16)) {
		perror("digestd");
		return 1;
	}
	while ((client = accept(server, NULL, NULL)) >= 0) {
		answer(client);
		close(client);
	}
	return 0;
}
