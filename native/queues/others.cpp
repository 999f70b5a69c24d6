#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "multiprocessing/error.hpp"
#include "multiprocessing/queues/queue_state.hpp"

namespace multiprocessing::queues {
namespace {

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

Directory open_directory(const std::string& path) {
    return {::opendir(path.c_str()), ::closedir};
}

/// Whether a process has the file open. One that has gone meanwhile, or is another user's, has not.
bool has_open(const std::string& process, const struct stat& file) {
    const auto path = process + "/fd";
    const auto directory = open_directory(path);
    if (!directory) return false;
    while (const auto* entry = ::readdir(directory.get())) {
        struct stat status {};
        if (::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) != 0) continue;
        if (status.st_dev == file.st_dev && status.st_ino == file.st_ino) return true;
    }
    return false;
}

}  // namespace

std::vector<pid_t> other_processes(int fd) {
    struct stat file {};
    check(::fstat(fd, &file), "fstat");
    const auto directory = open_directory("/proc");
    if (!directory) throw_errno("opendir");
    std::vector<pid_t> pids;
    while (const auto* entry = ::readdir(directory.get())) {
        const auto pid = static_cast<pid_t>(std::atol(entry->d_name));
        if (pid > 0 && pid != ::getpid() && has_open(std::string("/proc/") + entry->d_name, file)) pids.push_back(pid);
    }
    return pids;
}

}  // namespace multiprocessing::queues
