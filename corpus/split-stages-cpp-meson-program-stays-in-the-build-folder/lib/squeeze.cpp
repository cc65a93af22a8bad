#include "squeeze.hpp"

#include <stdexcept>
#include <zlib.h>

std::string squeeze(const std::string &text)
{
    uLongf size = compressBound(text.size());
    std::string packed(size, '\0');
    int code = compress2(reinterpret_cast<Bytef *>(&packed[0]), &size, reinterpret_cast<const Bytef *>(text.data()),
                         text.size(), 9);
    if (code != Z_OK)
        throw std::runtime_error("zlib failed");
    packed.resize(size);
    return packed;
}
