#pragma once

namespace units {

double to_celsius(double kelvin);
double to_kelvin(double celsius);

}  // namespace units
