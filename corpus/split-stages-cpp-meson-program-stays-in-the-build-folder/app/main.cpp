#include "squeeze.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

int main(int count, char **words)
{
    if (count < 2) {
        std::cerr << "usage: packer FILE\n";
        return 2;
    }
    std::ifstream file(words[1]);
    if (!file) {
        std::cerr << "cannot open " << words[1] << "\n";
        return 1;
    }
    std::stringstream text;
    text << file.rdbuf();
    std::string packed = squeeze(text.str());
    std::cout << text.str().size() << " bytes, smaller when packed: " << (packed.size() < text.str().size() ? "yes" : "no")
              << "\n";
}
