#include "multiprocessing/error.hpp"

namespace multiprocessing {

void throw_errno(std::string_view call) {
    throw OSError(errno, call);
}

}  // namespace multiprocessing
