#ifndef BAR_H
#define BAR_H

void print_bar(int beats);

#endif
