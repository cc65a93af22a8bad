#include <cstdio>

int area(int, int);

int main() { std::printf("area %d\n", area(6, 7)); }
