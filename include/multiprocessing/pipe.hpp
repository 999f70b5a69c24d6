/// @file
/// File descriptors, pipes and socket pairs: the kernel side of Python's `multiprocessing.connection.Pipe`.
///
/// Every descriptor made here is close-on-exec: a child made by exec gets only what it is handed by name
/// (see spawn() in process.hpp). Sources: pipe2(2), socketpair(2), read(2), write(2).
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "multiprocessing/export.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// Owns one file descriptor and closes it once. Move-only; not thread-safe.
class Fd {
public:
    Fd() noexcept = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    /// Gives the descriptor away: the caller closes it.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    /// Closes now. Closing twice is harmless. EINTR is no error: on Linux the descriptor is gone all the same.
    void reset() noexcept;
    /// A second descriptor for the same open file, close-on-exec, numbered `at_least` or higher.
    /// @throws OSError EMFILE, EBADF
    [[nodiscard]] Fd duplicate(int at_least = 3) const;

private:
    int fd_ = -1;
};

/// The two ends of a pipe.
struct PipeEnds {
    Fd reader;
    Fd writer;
};

/// pipe2(2) with O_CLOEXEC.
/// @throws OSError EMFILE, ENFILE
[[nodiscard]] PipeEnds pipe();

/// Two connected AF_UNIX stream sockets, close-on-exec: what Python's `Pipe(duplex=True)` stands on.
/// @throws OSError EMFILE, ENFILE
[[nodiscard]] std::pair<Fd, Fd> socketpair();

/// Reads until `buffer` is full or the other side is closed. Blocks; repeats after EINTR and partial transfers.
/// @return the number of bytes read, smaller than the buffer only at the end of file
/// @throws OSError
std::size_t read_all(int fd, std::span<std::byte> buffer);

/// Writes all of `buffer`. Blocks; repeats after EINTR and partial transfers.
/// @throws OSError EPIPE when no reader is left (SIGPIPE must be ignored or blocked for that, as Python does)
void write_all(int fd, std::span<const std::byte> buffer);

/// Waits until `fd` is readable (or its other side is gone).
/// @param timeout_ms milliseconds against the monotonic clock; negative waits for ever, 0 only asks
/// @return false when the time ran out
/// @throws OSError
bool wait_readable(int fd, long timeout_ms);

/// Waits until one of `fds` is readable, or its other side is gone. poll(2).
/// @param ready answers which are; as long as `fds`
/// @return how many are; 0 when the time ran out
std::size_t wait_readable(std::span<const int> fds, std::span<bool> ready, long timeout_ms);

}  // namespace multiprocessing
