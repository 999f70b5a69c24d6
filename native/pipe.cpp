#include "multiprocessing/pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "multiprocessing/error.hpp"

namespace multiprocessing {

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

void Fd::reset() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Fd Fd::duplicate(int at_least) const {
    return Fd(check(::fcntl(fd_, F_DUPFD_CLOEXEC, at_least), "fcntl"));
}

PipeEnds pipe() {
    int fds[2];
    check(::pipe2(fds, O_CLOEXEC), "pipe2");
    return {Fd(fds[0]), Fd(fds[1])};
}

std::pair<Fd, Fd> socketpair() {
    int fds[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "socketpair");
    return {Fd(fds[0]), Fd(fds[1])};
}

std::size_t read_all(int fd, std::span<std::byte> buffer) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const auto got = check(retry([&] { return ::read(fd, buffer.data() + done, buffer.size() - done); }), "read");
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

void write_all(int fd, std::span<const std::byte> buffer) {
    while (!buffer.empty()) {
        const auto put = check(retry([&] { return ::write(fd, buffer.data(), buffer.size()); }), "write");
        buffer = buffer.subspan(static_cast<std::size_t>(put));
    }
}

bool wait_readable(int fd, long timeout_ms) {
    using namespace std::chrono;
    if (fd < 0) throw OSError(EBADF, "poll");  // poll itself would ignore it, and wait
    // Beyond a hundred years the sum could overflow, and nobody waits for the difference.
    constexpr long longest = 100L * 365 * 24 * 3600 * 1000;
    const auto deadline = steady_clock::now() + milliseconds(std::clamp(timeout_ms, 0L, longest));
    auto left = timeout_ms;
    for (;;) {
        pollfd one{fd, POLLIN, 0};
        const int wait = left < 0 ? -1 : static_cast<int>(std::min<long>(left, std::numeric_limits<int>::max()));
        const int ready = ::poll(&one, 1, wait);
        if (ready < 0 && errno != EINTR) throw_errno("poll");
        if (ready > 0) {
            if (one.revents & POLLNVAL) throw OSError(EBADF, "poll");
            return true;
        }
        if (timeout_ms < 0) continue;
        left = ceil<milliseconds>(deadline - steady_clock::now()).count();
        if (left <= 0) return false;
    }
}

}  // namespace multiprocessing
