#include <iostream>
#include <map>
#include <string>

int main() {
    std::map<std::string, int> counted{{"pears", 2}, {"apples", 3}};
    for (const auto& [name, number] : counted) {
        std::cout << name << ": " << number << '\n';
    }
}
