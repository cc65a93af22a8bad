#ifndef STATIONS_H
#define STATIONS_H

/* The JSON text of all stations that are warmer than `least`, or NULL. The caller frees it. */
char *stations_warmer(const char *path, double least);

#endif
