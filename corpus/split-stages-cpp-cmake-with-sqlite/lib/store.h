#pragma once

#include <string>

int count_notes(const std::string &file);
