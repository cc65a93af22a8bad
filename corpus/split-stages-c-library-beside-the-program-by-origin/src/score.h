#ifndef SCORE_H
#define SCORE_H

/* How often `word` is among the `count` words. */
int score_count(const char *word, int count, char **words);

#endif
