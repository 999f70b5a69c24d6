/// @file
/// Messages on a stream of bytes, as Python's `multiprocessing.connection.Connection` frames them.
///
/// A message is its length as a big-endian signed 32-bit integer, and so many bytes. A length above 0x7fffffff is told
/// as -1, followed by a big-endian unsigned 64-bit integer. The same on pipes and on sockets. Nothing is ever read
/// beyond a message: so poll() tells the truth, and descriptors can be sent between messages.
/// Source: CPython's Lib/multiprocessing/connection.py, `_send_bytes` and `_recv_bytes`.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "multiprocessing/export.hpp"
#include "multiprocessing/pipe.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// What a message travels on: a descriptor, and what has to be known of it. Does not own it.
struct Channel {
    /// Numbers that bindings pass on.
    enum class Kind { file = 0, socket = 1, unix_socket = 2 };

    int fd;
    Kind kind;

    /// Looks what kind of descriptor it is.
    /// @throws OSError EBADF
    [[nodiscard]] static Channel of(int fd);
};

/// The most descriptors that can go with a message: the kernel takes no more at once.
constexpr std::size_t most_descriptors = 253;

/// Writes one message, in as many pieces as the caller likes. Where there is one piece, header and piece are one
/// system call. Blocks; repeats after EINTR and partial transfers.
class FrameWriter {
public:
    /// @param size of the whole message
    /// @param descriptors copies of them go with the message, on an AF_UNIX socket; at most most_descriptors
    FrameWriter(Channel channel, std::uint64_t size, std::span<const int> descriptors = {});
    /// Writes the next piece.
    /// @throws OSError EPIPE when no reader is left (on a pipe, SIGPIPE must be ignored for that), ECONNRESET, ...
    void write(std::span<const std::byte> piece);

private:
    void write_parts(std::span<const std::byte> piece);
    [[nodiscard]] ssize_t write_some(std::span<const std::byte> piece) const;
    /// What is left of the header, the beginning of the piece, and the descriptors.
    [[nodiscard]] ssize_t gather(std::span<const std::byte> piece);

    Channel channel_;
    std::array<std::byte, 12> header_;
    std::size_t header_left_;
    std::span<const int> descriptors_;
};

/// Reads one message, in as many pieces as the caller likes. Blocks, but looks for some microseconds first, as long as
/// that is of use; repeats after EINTR.
class FrameReader {
public:
    /// Reads the header.
    /// @param descriptors receives those that were sent with the message, close-on-exec; null: they are dropped
    /// @throws EOFError the other side is closed, and there was nothing of a message
    /// @throws OSError EPROTO "got end of file during message"; EMSGSIZE "bad message length" for a negative one
    explicit FrameReader(Channel channel, std::vector<Fd>* descriptors = nullptr);
    /// Goes on with a message whose header was read, and nothing else.
    [[nodiscard]] static FrameReader rest(Channel channel, std::uint64_t size) noexcept { return {channel, size}; }
    /// The length of the message.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Fills `piece` with what comes next.
    /// @throws OSError EPROTO "got end of file during message"
    void read(std::span<std::byte> piece);
    /// All of a message, of which nothing was read yet. Memory is taken as data comes: a peer cannot have us allocate
    /// what it does not send.
    [[nodiscard]] std::vector<std::byte> read_all();

private:
    FrameReader(Channel channel, std::uint64_t size) noexcept : channel_(channel), size_(size) {}
    std::size_t read_header(std::span<std::byte> header, std::vector<Fd>* descriptors);

    Channel channel_;
    std::uint64_t size_;
};

}  // namespace multiprocessing
