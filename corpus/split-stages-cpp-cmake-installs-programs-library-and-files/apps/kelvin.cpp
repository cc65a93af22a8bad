#include <cstdlib>
#include <iostream>

#include "units.hpp"

int main(int count, char** words) {
  std::cout << units::to_kelvin(count > 1 ? std::atof(words[1]) : 0) << "\n";
}
