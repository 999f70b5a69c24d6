/// @file
/// Messages between processes: Connection, Pipe, Listener, Client and wait. Mirrors CPython's
/// Lib/multiprocessing/connection.py, and speaks its language byte for byte: the other side may be Python 3.8 or newer.
///
/// What Python pickles is not known here: bytes are the common ground. Texts and trivially copyable values have
/// shorthands.
///
/// A Connection may be used by two threads at once, of which one sends and one receives; everything else needs a lock,
/// as does an end that several processes send to, or receive from: a message is more than one system call.
///
/// SIGPIPE must be ignored where it is not to end a process that writes to a pipe nobody reads from (as Python does at
/// its start); on sockets it never arises.
#pragma once

#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "multiprocessing/connection/address.hpp"
#include "multiprocessing/connection/frame.hpp"
#include "multiprocessing/connection/listener.hpp"
#include "multiprocessing/error.hpp"
#include "multiprocessing/export.hpp"
#include "multiprocessing/pipe.hpp"

namespace multiprocessing MULTIPROCESSING_API {

using Bytes = std::vector<std::byte>;

/// A message did not fit: it was read, and is here. Mirrors Python's `BufferTooShort`.
class BufferTooShort : public std::length_error {
public:
    explicit BufferTooShort(Bytes message)
        : std::length_error("buffer too short for a message of " + std::to_string(message.size()) + " bytes"),
          message_(std::move(message)) {}
    [[nodiscard]] const Bytes& message() const noexcept { return message_; }

private:
    Bytes message_;
};

/// One end of a channel for messages. Mirrors Python's `Connection`. Move-only; closes with its scope.
class Connection {
public:
    /// Takes a pipe's end, a connected stream socket, or anything else that is read and written like one.
    /// @throws ValueError neither readable nor writable
    /// @throws OSError EBADF
    explicit Connection(Fd fd, bool readable = true, bool writable = true);

    [[nodiscard]] bool closed() const noexcept { return !fd_; }
    [[nodiscard]] bool readable() const noexcept { return readable_; }
    [[nodiscard]] bool writable() const noexcept { return writable_; }
    /// The descriptor; it stays the connection's.
    /// @throws AssertionError "handle is closed"
    [[nodiscard]] int fileno() const;
    /// Closes this end. Closing twice is harmless.
    void close() noexcept { fd_.reset(); }
    /// Gives the descriptor away; the connection is closed then.
    [[nodiscard]] Fd detach() noexcept { return std::move(fd_); }

    /// Sends a message; blocks while there is no room.
    /// @param descriptors copies of them go with it, on an AF_UNIX socket; see recv_bytes(descriptors)
    /// @throws AssertionError "handle is closed", "connection is read-only"
    /// @throws OSError EPIPE, ECONNRESET: the other side is closed
    void send_bytes(std::span<const std::byte> message, std::span<const int> descriptors = {});
    void send_bytes(std::string_view text) { send_bytes(std::as_bytes(std::span(text))); }

    /// Receives a message; blocks until it comes.
    /// @param maxlength a longer message is an error, and the connection can receive no more then
    /// @throws EOFError the other side is closed, and there is nothing left
    /// @throws AssertionError "handle is closed", "connection is write-only"
    /// @throws OSError EMSGSIZE "bad message length"; EPROTO "got end of file during message"
    [[nodiscard]] Bytes recv_bytes(std::optional<std::size_t> maxlength = {});
    /// As recv_bytes(), with the descriptors that came with the message.
    [[nodiscard]] Bytes recv_bytes(std::vector<Fd>& descriptors);
    /// As recv_bytes(), as a text.
    [[nodiscard]] std::string recv_text();
    /// Receives a message into a buffer that is there.
    /// @param offset where in the buffer
    /// @return the length of the message
    /// @throws BufferTooShort with the message
    /// @throws ValueError "offset too large"
    std::size_t recv_bytes_into(std::span<std::byte> buffer, std::size_t offset = 0);

    /// Sends a value as its bytes: for programs of the same build.
    template <typename T>
        requires std::is_trivially_copyable_v<T>
    void send(const T& value) {
        send_bytes(std::as_bytes(std::span(&value, 1)));
    }
    /// Receives what send() sent.
    /// @throws OSError EMSGSIZE if the message is no T; it was read, and others can follow
    template <typename T>
        requires std::is_trivially_copyable_v<T>
    [[nodiscard]] T recv() {
        const auto message = recv_bytes();
        if (message.size() != sizeof(T)) throw OSError(EMSGSIZE, "read", "the message is no such value");
        T value;
        std::memcpy(&value, message.data(), sizeof value);
        return value;
    }

    /// Whether a message, or the end, can be received without waiting for its beginning.
    /// @param timeout how long to wait for that; negative means zero
    [[nodiscard]] bool poll(std::chrono::nanoseconds timeout = {}) const;

private:
    void check_readable() const;
    [[nodiscard]] FrameReader begin(std::optional<std::size_t> maxlength, std::vector<Fd>* descriptors);
    [[noreturn]] void bad_message_length();

    Fd fd_;
    Channel channel_;
    bool readable_;
    bool writable_;
};

/// Two connected ends. Mirrors Python's `Pipe`.
/// @param duplex true: both send and receive (a socketpair); false: the first receives what the second sends (a pipe)
/// @throws OSError EMFILE, ENFILE
[[nodiscard]] std::pair<Connection, Connection> Pipe(bool duplex = true);

/// Connects to a Listener, of this library or of Python. Mirrors Python's `Client`.
/// @param authkey the key that both sides must have; none: no authentication, and the listener must ask for none
/// @param timeout for the authentication
/// @throws OSError ECONNREFUSED, ENOENT ...
/// @throws AuthenticationError wrong key, or not in time
/// @throws EOFError the listener closed the connection meanwhile
[[nodiscard]] Connection Client(const Address& address, const std::optional<std::string>& authkey = {},
                                std::chrono::nanoseconds timeout = default_handshake_timeout);

/// Proves to the other side that we have the key, as it asked. Part of what Client and Listener do.
/// @throws AuthenticationError "digest sent was rejected", or what came was no challenge
void answer_challenge(Connection& connection, std::string_view authkey);
/// Has the other side prove that it has the key.
/// @throws AuthenticationError "digest received was wrong"; the other side was told
void deliver_challenge(Connection& connection, std::string_view authkey);

/// Waits until one of the descriptors is readable, or its other side is closed: connections' and listeners' fileno(),
/// sentinels, sockets. Mirrors Python's `multiprocessing.connection.wait`.
/// @param timeout none: without limit; negative means zero
/// @return those that are, in the given order; empty when the time ran out
/// @throws ValueError nothing to wait for, and no limit
[[nodiscard]] std::vector<int> wait(std::span<const int> descriptors,
                                    std::optional<std::chrono::nanoseconds> timeout = {});

}  // namespace multiprocessing
