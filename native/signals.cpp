#include "multiprocessing/signals.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <new>

#include "multiprocessing/error.hpp"
#include "multiprocessing/pipe.hpp"

namespace multiprocessing::signals {
namespace {

/// What the handler sees. It lives as long as the process.
std::atomic<int> writer{-1};
std::atomic<pid_t> owner{0};
std::array<struct sigaction, NSIG> before{};
std::array<std::atomic<bool>, NSIG> watched{};

int reader = -1;
std::mutex mutex;

bool has_handler(const struct sigaction& action) {
    return (action.sa_flags & SA_SIGINFO) != 0 || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

void on_signal(int signal, siginfo_t* info, void* context) {
    const auto& previous = before[static_cast<std::size_t>(signal)];
    if (info->si_code == SI_TKILL && has_handler(previous)) {
        if ((previous.sa_flags & SA_SIGINFO) != 0) {
            previous.sa_sigaction(signal, info, context);
        } else {
            previous.sa_handler(signal);
        }
        return;
    }
    if (::getpid() != owner) return;  // a child that has no pipe of its own yet
    const int error = errno;
    const auto number = static_cast<unsigned char>(signal);
    // Where the pipe is full nobody has read for long: one more tells nothing new.
    static_cast<void>(!::write(writer, &number, 1));
    errno = error;
}

void open_pipe() {
    auto ends = pipe();
    check(::fcntl(ends.writer.get(), F_SETFL, O_NONBLOCK), "fcntl");
    check(::fcntl(ends.reader.get(), F_SETFL, O_NONBLOCK), "fcntl");
    reader = ends.reader.release();
    writer = ends.writer.release();
    owner = ::getpid();
}

void prepare() {
    const std::lock_guard held(mutex);
    if (reader >= 0) return;
    open_pipe();
    static const bool registered = ::pthread_atfork(nullptr, nullptr, after_fork) == 0;
    static_cast<void>(registered);
}

std::size_t index(int signal) {
    if (signal <= 0 || signal >= NSIG) throw OSError(EINVAL, "sigaction");
    return static_cast<std::size_t>(signal);
}

}  // namespace

void watch(int signal) {
    const auto at = index(signal);
    prepare();
    const std::lock_guard held(mutex);
    if (watched[at]) return;
    struct sigaction action {};
    check(::sigaction(signal, nullptr, &before[at]), "sigaction");
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    check(::sigaction(signal, &action, nullptr), "sigaction");
    watched[at] = true;
}

void unwatch(int signal) {
    const auto at = index(signal);
    const std::lock_guard held(mutex);
    if (!watched[at]) return;
    check(::sigaction(signal, &before[at], nullptr), "sigaction");
    watched[at] = false;
}

int fileno() {
    prepare();
    return reader;
}

int next() {
    for (;;) {
        if (const auto signal = next(std::chrono::hours(1))) return *signal;
    }
}

std::optional<int> next(std::chrono::nanoseconds timeout) {
    using namespace std::chrono;
    const int fd = fileno();
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
        const auto left = std::max<std::int64_t>(0, ceil<milliseconds>(deadline - steady_clock::now()).count());
        if (!wait_readable(fd, left)) return {};
        unsigned char number = 0;
        const auto got = retry([&] { return ::read(fd, &number, 1); });
        if (got == 1) return number;
        if (got < 0 && errno != EAGAIN) throw_errno("read");  // another thread was faster
    }
}

void after_fork() {
    new (&mutex) std::mutex;  // who held it is no thread of this process
    if (reader < 0) return;
    ::close(reader);
    ::close(writer);
    open_pipe();
}

}  // namespace multiprocessing::signals
