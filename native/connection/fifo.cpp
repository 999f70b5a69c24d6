#include "multiprocessing/fifo.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "multiprocessing/error.hpp"

namespace multiprocessing::fifo {
namespace {

Fd open(const std::string& path, int flags) {
    return Fd(check(retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC); }), "open"));
}

}  // namespace

void make(const std::string& path, mode_t mode) {
    check(::mkfifo(path.c_str(), mode), "mkfifo");
}

Connection reader(const std::string& path) {
    return Connection(open(path, O_RDONLY), true, false);
}

Connection writer(const std::string& path) {
    return Connection(open(path, O_WRONLY), false, true);
}

}  // namespace multiprocessing::fifo
