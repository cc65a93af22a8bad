#include <fstream>
#include <iostream>
#include <string>

int main() {
    std::ifstream phrases("/opt/greet/share/greet/phrases/en.txt");
    std::string line;
    if (!std::getline(phrases, line)) {
        std::cerr << "no phrases" << std::endl;
        return 1;
    }
    std::cout << line << std::endl;
    return 0;
}
