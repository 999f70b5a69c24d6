#include "multiprocessing/pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include "multiprocessing/error.hpp"
#include "transfer.hpp"

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
        const auto rest = buffer.subspan(done);
        const auto got = check(retry([&] { return transfer::read(fd, rest.data(), rest.size()); }), "read");
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

void write_all(int fd, std::span<const std::byte> buffer) {
    while (!buffer.empty()) {
        const auto put = check(retry([&] { return transfer::write(fd, buffer.data(), buffer.size()); }), "write");
        buffer = buffer.subspan(static_cast<std::size_t>(put));
    }
}

std::size_t wait_readable(std::span<const int> fds, std::span<bool> ready, long timeout_ms) {
    using namespace std::chrono;
    std::vector<pollfd> polled;
    for (const int fd : fds) {
        if (fd < 0) throw OSError(EBADF, "poll");  // poll itself would ignore it, and wait
        polled.push_back({fd, POLLIN, 0});
    }
    // Beyond a hundred years the sum could overflow, and nobody waits for the difference.
    constexpr long longest = 100L * 365 * 24 * 3600 * 1000;
    const auto deadline = steady_clock::now() + milliseconds(std::clamp(timeout_ms, 0L, longest));
    auto left = timeout_ms;
    for (;;) {
        const int wait = left < 0 ? -1 : static_cast<int>(std::min<long>(left, std::numeric_limits<int>::max()));
        const int count = ::poll(polled.data(), polled.size(), wait);
        if (count < 0 && errno != EINTR) throw_errno("poll");
        if (count > 0) break;
        if (timeout_ms < 0) continue;
        left = ceil<milliseconds>(deadline - steady_clock::now()).count();
        if (left <= 0) break;
    }
    std::size_t found = 0;
    for (std::size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].revents & POLLNVAL) throw OSError(EBADF, "poll");
        ready[i] = polled[i].revents != 0;
        found += ready[i];
    }
    return found;
}

bool wait_readable(int fd, long timeout_ms) {
    bool ready = false;
    return wait_readable({&fd, 1}, {&ready, 1}, timeout_ms) > 0;
}

}  // namespace multiprocessing
