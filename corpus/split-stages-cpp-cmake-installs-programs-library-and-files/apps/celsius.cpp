#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "units.hpp"

int main(int count, char** words) {
  std::ifstream settings("/usr/local/etc/units/units.conf");
  std::string sign;
  std::getline(settings, sign);
  std::cout << units::to_celsius(count > 1 ? std::atof(words[1]) : 0) << " " << sign << "\n";
}
