#ifndef TALLY_H
#define TALLY_H

/* How often `word` is among the `count` words. */
int tally_count(const char *word, int count, char **words);

#endif
