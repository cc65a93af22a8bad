#pragma once
#include <string>

std::string squeeze(const std::string &text);
