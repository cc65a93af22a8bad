VERSION = 0.9

PREFIX = /usr/local
MANPREFIX = ${PREFIX}/share/man

CFLAGS = -O2 -std=c11 -Wall
LDFLAGS = -lm
