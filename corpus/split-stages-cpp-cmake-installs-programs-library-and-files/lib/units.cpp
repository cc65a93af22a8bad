#include "units.hpp"

namespace units {

double to_celsius(double kelvin) { return kelvin - 273.15; }
double to_kelvin(double celsius) { return celsius + 273.15; }

}  // namespace units
