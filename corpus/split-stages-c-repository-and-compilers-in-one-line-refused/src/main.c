#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

/* sends back the CRC of every line that it gets */
int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9000)};
	int server = socket(AF_INET, SOCK_STREAM, 0), client;
	char line[512], reply[32];
	ssize_t length;

	if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 8)) {
		perror("echo-server");
		return 1;
	}
	while ((client = accept(server, NULL, NULL)) >= 0) {
		while ((length = read(client, line, sizeof line)) > 0) {
			int size = snprintf(reply, sizeof reply, "%08lx\n", crc32(0, (unsigned char *)line, length));
			if (write(client, reply, size) != size)
				break;
		}
		close(client);
	}
	return 0;
}
