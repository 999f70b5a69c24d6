#include "multiprocessing/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "multiprocessing/error.hpp"

namespace multiprocessing {

// Exit status

bool ExitStatus::exited() const noexcept {
    return WIFEXITED(raw_);
}

bool ExitStatus::signaled() const noexcept {
    return WIFSIGNALED(raw_);
}

int ExitStatus::code() const noexcept {
    return exited() ? WEXITSTATUS(raw_) : 0;
}

int ExitStatus::signal() const noexcept {
    return signaled() ? WTERMSIG(raw_) : 0;
}

bool ExitStatus::core_dumped() const noexcept {
    return signaled() && WCOREDUMP(raw_);
}

// Primitives

pid_t fork() {
    return check(::fork(), "fork");
}

namespace {

/// @return nothing if `flags` say not to wait, and it still runs
std::optional<ExitStatus> reap(pid_t pid, int flags) {
    if (pid <= 0) throw OSError(ECHILD, "waitpid");  // would be any child, or any of a group
    int status = 0;
    if (check(retry([&] { return ::waitpid(pid, &status, flags); }), "waitpid") == 0) return std::nullopt;
    return ExitStatus(status);
}

}  // namespace

ExitStatus waitpid(pid_t pid) {
    return reap(pid, 0).value();
}

std::optional<ExitStatus> try_waitpid(pid_t pid) {
    return reap(pid, WNOHANG);
}

std::optional<ExitStatus> waitpid(pid_t pid, std::chrono::nanoseconds timeout) {
    using namespace std::chrono;
    if (auto status = try_waitpid(pid); status || timeout <= timeout.zero()) return status;
    const auto pidfd = pidfd_open(pid);
    wait_readable(pidfd.get(), static_cast<long>(ceil<milliseconds>(timeout).count()));
    return try_waitpid(pid);
}

Fd pidfd_open(pid_t pid) {
    return Fd(static_cast<int>(check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open")));
}

void kill(pid_t pid, int signal) {
    check(::kill(pid, signal), "kill");
}

void signal_at_end_of(int pidfd, int signal) {
    struct Watch {
        int pidfd;
        int signal;
    };
    constexpr std::size_t stack = std::size_t{128} << 10;
    const auto wait = [](void* argument) -> void* {
        const std::unique_ptr<const Watch> watch(static_cast<const Watch*>(argument));
        pollfd entry{watch->pidfd, POLLIN, 0};
        while (::poll(&entry, 1, -1) < 0) continue;  // EINTR; ENOMEM, which is no end of anybody either
        static_cast<void>(::kill(::getpid(), watch->signal));
        return nullptr;
    };
    auto watch = std::make_unique<Watch>(Watch{pidfd, signal});
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, stack);
    ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    const int error = ::pthread_create(&thread, &attributes, wait, watch.get());
    ::pthread_attr_destroy(&attributes);
    if (error != 0) throw OSError(error, "pthread_create");
    static_cast<void>(watch.release());  // the thread's
}

pid_t getpid() noexcept {
    return ::getpid();
}

pid_t getppid() noexcept {
    return ::getppid();
}

int cpu_count() noexcept {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    // More processors than a cpu_set_t can name.
    return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

namespace {

/// The fields of /proc/PID/stat from the third on: what stands before them, the program's name, may hold anything.
std::optional<std::string> stat_fields(pid_t pid) {
    const auto path = "/proc/" + std::to_string(pid) + "/stat";
    const Fd file(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    if (!file) {
        if (errno == ENOENT) return std::nullopt;
        throw_errno("open");
    }
    std::array<char, 1024> text;
    const auto length = retry([&] { return ::read(file.get(), text.data(), text.size()); });
    if (length < 0) {
        if (errno == ESRCH) return std::nullopt;
        throw_errno("read");
    }
    const std::string_view line(text.data(), static_cast<std::size_t>(length));
    const auto name_end = line.rfind(')');
    if (name_end == std::string_view::npos || name_end + 2 >= line.size()) return std::nullopt;
    return std::string(line.substr(name_end + 2));
}

}  // namespace

std::optional<ProcessState> process_state(pid_t pid) {
    const auto fields = stat_fields(pid);
    if (!fields) return std::nullopt;
    return static_cast<ProcessState>(fields->front());
}

std::optional<unsigned long long> process_start_time(pid_t pid) {
    const auto fields = stat_fields(pid);
    if (!fields) return std::nullopt;
    std::size_t at = 0;
    for (int field = 3; field < 22; ++field) at = fields->find(' ', at) + 1;
    return std::stoull(fields->substr(at));
}

// Spawn

namespace {

/// posix_spawn's functions return the errno.
void check_spawn(int error, const char* call) {
    if (error != 0) throw OSError(error, call);
}

struct FileActions {
    posix_spawn_file_actions_t actions;
    FileActions() { check_spawn(::posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init"); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions); }
    void dup2(int from, int to) {
        check_spawn(::posix_spawn_file_actions_adddup2(&actions, from, to), "posix_spawn_file_actions_adddup2");
    }
    void close_from(int first) {
        check_spawn(::posix_spawn_file_actions_addclosefrom_np(&actions, first),
                    "posix_spawn_file_actions_addclosefrom_np");
    }
};

struct SpawnAttributes {
    posix_spawnattr_t attributes;
    SpawnAttributes() {
        check_spawn(::posix_spawnattr_init(&attributes), "posix_spawnattr_init");
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes); }
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (const auto& string : strings) result.push_back(const_cast<char*>(string.c_str()));
    result.push_back(nullptr);
    return result;
}

}  // namespace

pid_t spawn(const SpawnOptions& options) {
    constexpr int first_kept = 3;
    const int first_free = first_kept + static_cast<int>(options.keep_fds.size());
    FileActions files;
    // Copies above the numbers that are dealt out, so that no dup2 overwrites a descriptor still to be dealt.
    std::vector<Fd> copies;
    const auto deal = [&](int fd, int number) {
        copies.emplace_back(check(::fcntl(fd, F_DUPFD_CLOEXEC, first_free), "fcntl"));
        files.dup2(copies.back().get(), number);
    };
    if (options.stdin_fd >= 0) deal(options.stdin_fd, STDIN_FILENO);
    int number = first_kept;
    for (const int fd : options.keep_fds) deal(fd, number++);
    files.close_from(first_free);

    const SpawnAttributes attributes;
    auto arguments = pointers(options.arguments);
    std::vector<char*> environment;
    if (options.environment) environment = pointers(*options.environment);
    pid_t pid = -1;
    check_spawn(::posix_spawn(&pid, options.path.c_str(), &files.actions, &attributes.attributes, arguments.data(),
                              options.environment ? environment.data() : environ),
                "posix_spawn");
    return pid;
}

}  // namespace multiprocessing
