#include "multiprocessing/synchronize/identity.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "multiprocessing/error.hpp"
#include "multiprocessing/synchronize/futex.hpp"

namespace multiprocessing::sync {
namespace {

constinit std::atomic<ProcessId> nowhere{0};

/// Glibc's own getpid() may be wrapped; the kernel knows for sure.
pid_t kernel_pid() noexcept {
    return static_cast<pid_t>(::syscall(SYS_getpid));
}

struct Stat {
    char state;
    long threads;
    unsigned long long start;
};

/// Reads /proc/PID/stat without allocating: this runs in forked children too. @return 0, or the errno
int read_stat(const char* path, Stat& stat) noexcept {
    const int fd = retry([=] { return ::open(path, O_RDONLY | O_CLOEXEC); });
    if (fd < 0) return errno;
    char text[1024];
    const auto length = retry([&] { return ::read(fd, text, sizeof text - 1); });
    const int error = errno;
    ::close(fd);
    if (length < 0) return error;
    text[length] = '\0';
    // What stands before the third field, the program's name, may hold anything.
    const char* at = std::strrchr(text, ')');
    if (at == nullptr || at[1] != ' ') return EIO;
    at += 2;
    stat.state = *at;
    for (int field = 3; field < 22; ++field) {
        if (field == 20) stat.threads = std::atol(at);
        at = std::strchr(at, ' ');
        if (at == nullptr) return EIO;
        ++at;
    }
    stat.start = std::strtoull(at, nullptr, 10);
    return 0;
}

ProcessId make_id(pid_t pid) noexcept {
    Stat stat{};
    // Without /proc the pid has to do: the others then ask for no more either.
    const auto start = read_stat("/proc/self/stat", stat) == 0 ? static_cast<std::uint32_t>(stat.start) : 0;
    return ProcessId{start} << 32 | static_cast<ProcessId>(pid);
}

/// A page that forked children find wiped. @return null where the kernel has no such thing (before 4.14)
std::atomic<ProcessId>* wiped_page() noexcept {
    const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return nullptr;
    if (::madvise(page, size, MADV_WIPEONFORK) != 0) {
        ::munmap(page, size);
        return nullptr;
    }
    const std::atomic<ProcessId>* expected = &nowhere;
    auto* mine = static_cast<std::atomic<ProcessId>*>(page);
    if (detail::identity.compare_exchange_strong(expected, mine, std::memory_order_acq_rel)) return mine;
    ::munmap(page, size);  // another thread was faster
    return const_cast<std::atomic<ProcessId>*>(expected);
}

}  // namespace

namespace detail {

constinit std::atomic<const std::atomic<ProcessId>*> identity{&nowhere};
constinit thread_local CachedThread cached_thread{0, 0};

ProcessId find_identity() noexcept {
    const pid_t pid = kernel_pid();
    const auto* current = identity.load(std::memory_order_acquire);
    auto* cache = current != &nowhere ? const_cast<std::atomic<ProcessId>*>(current) : wiped_page();
    if (cache == nullptr) {
        // Asks the kernel each time, and remembers only what is costly to learn.
        static constinit std::atomic<ProcessId> known{0};
        auto id = known.load(std::memory_order_relaxed);
        if (pid_of(id) != pid) known.store(id = make_id(pid), std::memory_order_relaxed);
        return id;
    }
    ProcessId expected = 0;
    const auto id = make_id(pid);
    return cache->compare_exchange_strong(expected, id, std::memory_order_relaxed) ? id : expected;
}

ThreadId find_thread(ProcessId process) noexcept {
    cached_thread = {process, -static_cast<ThreadId>(::syscall(SYS_gettid))};
    return cached_thread.thread;
}

}  // namespace detail

bool is_alive(ProcessId process) noexcept {
    process &= process_bits;
    if (process == this_process()) return true;
    const pid_t pid = pid_of(process);
    char path[32];
    std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    Stat stat{};
    // No file: it is gone, or it is hidden (hidepid), or this process has no descriptor left. A signal finds out.
    if (read_stat(path, stat) != 0) return ::kill(pid, 0) == 0 || errno != ESRCH;
    const auto start = static_cast<std::uint32_t>(process >> 32);
    if (start != 0 && start != static_cast<std::uint32_t>(stat.start)) return false;
    // A process whose first thread has ended is called a zombie as well, while the others run on.
    return (stat.state != 'Z' && stat.state != 'X') || stat.threads > 1;
}

bool was_alive_lately(ProcessId process) noexcept {
    constexpr std::int64_t fresh_for = 10'000'000;
    static constinit thread_local struct {
        ProcessId process;
        std::int64_t at;
    } last{0, 0};
    process &= process_bits;
    const auto now = monotonic_now();
    if (last.process == process && now - last.at < fresh_for) return true;
    if (!is_alive(process)) return false;
    last = {process, now};
    return true;
}

}  // namespace multiprocessing::sync
