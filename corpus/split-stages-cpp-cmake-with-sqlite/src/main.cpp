#include <iostream>

#include "store.h"

int main() {
    std::cout << "notes: " << count_notes("/var/lib/notes/notes.db") << std::endl;
    return 0;
}
