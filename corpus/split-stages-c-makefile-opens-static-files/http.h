#ifndef HTTP_H
#define HTTP_H

int serve(int port, const char *(*page)(void));

#endif
