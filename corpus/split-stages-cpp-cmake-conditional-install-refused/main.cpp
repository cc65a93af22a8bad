#include <iostream>

int main() { std::cout << "perhaps\n"; }
