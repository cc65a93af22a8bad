import sys

from cffi import FFI

ffi = FFI()
ffi.cdef("unsigned int adler(const char *text, int length);")
library = ffi.verify(
    """
    static unsigned int adler(const char *text, int length) {
        unsigned int a = 1, b = 0;
        for (int at = 0; at < length; at++) {
            a = (a + (unsigned char) text[at]) % 65521;
            b = (b + a) % 65521;
        }
        return (b << 16) | a;
    }
    """
)

text = (sys.argv[1] if len(sys.argv) > 1 else "dockerfile").encode()
print(f"{library.adler(text, len(text)):08x}")
