/// @file
/// read(2), write(2) and send(2) that are no cancellation points: where a process has several threads, as a JVM has,
/// glibc makes two locked instructions around each of its own for that. Nobody cancels a thread that is in here.
/// And read_now(), which does not wait: EAGAIN if there is nothing, EOPNOTSUPP where the kernel cannot tell.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace multiprocessing::transfer {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // these see what passes through glibc's

inline ssize_t read(int fd, void* to, std::size_t size) noexcept {
    return ::read(fd, to, size);
}
inline ssize_t write(int fd, const void* from, std::size_t size) noexcept {
    return ::write(fd, from, size);
}
inline ssize_t send(int fd, const void* from, std::size_t size, int flags) noexcept {
    return ::send(fd, from, size, flags);
}

#if defined(__SANITIZE_THREAD__)  // does not see preadv2(2)
inline ssize_t read_now(int, void*, std::size_t) noexcept {
    errno = EOPNOTSUPP;
    return -1;
}
#else
inline ssize_t read_now(int fd, void* to, std::size_t size) noexcept {
    const iovec part{to, size};
    return ::preadv2(fd, &part, 1, -1, RWF_NOWAIT);
}
#endif

#else

inline ssize_t read_now(int fd, void* to, std::size_t size) noexcept {
    const iovec part{to, size};
    constexpr long here = -1;  // the position, in two halves
    return ::syscall(SYS_preadv2, fd, &part, 1, here, here, RWF_NOWAIT);
}
inline ssize_t read(int fd, void* to, std::size_t size) noexcept {
    return ::syscall(SYS_read, fd, to, size);
}
inline ssize_t write(int fd, const void* from, std::size_t size) noexcept {
    return ::syscall(SYS_write, fd, from, size);
}
inline ssize_t send(int fd, const void* from, std::size_t size, int flags) noexcept {
    return ::syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
}

#endif

}  // namespace multiprocessing::transfer
