#include "multiprocessing/sharedctypes.hpp"

namespace multiprocessing {

std::size_t typecode_size(char typecode) {
    switch (typecode) {
        case 'c':
        case 'b':
        case 'B':
            return 1;
        case 'h':
        case 'H':
            return sizeof(short);
        case 'u':
            return sizeof(wchar_t);
        case 'i':
        case 'I':
            return sizeof(int);
        case 'l':
        case 'L':
            return sizeof(long);
        case 'q':
        case 'Q':
            return sizeof(long long);
        case 'f':
            return sizeof(float);
        case 'd':
            return sizeof(double);
        default:
            throw ValueError(std::string("bad typecode '") + typecode +
                             "' (must be one of c u b B h H i I l L q Q f d)");
    }
}

}  // namespace multiprocessing
