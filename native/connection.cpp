#include "multiprocessing/connection.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

#include "connection/authentication.hpp"
#include "connection/handshake.hpp"

namespace multiprocessing {
namespace {

/// Whole milliseconds, rounded up, as poll(2) wants them.
long milliseconds(std::chrono::nanoseconds timeout) {
    if (timeout <= timeout.zero()) return 0;
    return std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
}

/// Room for several messages of 64 KiB, which is all that a pipe holds by itself: so both sides are busy at the same
/// time.
constexpr int pipe_capacity = 256 << 10;

std::string text_of(const Bytes& message) {
    return {reinterpret_cast<const char*>(message.data()), message.size()};
}

}  // namespace

Connection::Connection(Fd fd, bool readable, bool writable)
    : fd_(std::move(fd)), channel_(Channel::of(fd_.get())), readable_(readable), writable_(writable) {
    if (!readable && !writable) throw ValueError("at least one of `readable` and `writable` must be True");
}

int Connection::fileno() const {
    if (closed()) throw AssertionError("handle is closed");
    return fd_.get();
}

void Connection::check_readable() const {
    static_cast<void>(fileno());
    if (!readable_) throw AssertionError("connection is write-only");
}

void Connection::send_bytes(std::span<const std::byte> message, std::span<const int> descriptors) {
    static_cast<void>(fileno());
    if (!writable_) throw AssertionError("connection is read-only");
    FrameWriter(channel_, message.size(), descriptors).write(message);
}

void Connection::bad_message_length() {
    if (writable_) {
        readable_ = false;
    } else {
        close();
    }
    throw OSError(EMSGSIZE, "read", "bad message length");
}

FrameReader Connection::begin(std::optional<std::size_t> maxlength, std::vector<Fd>* descriptors) {
    check_readable();
    const auto reader = [&] {
        try {
            return FrameReader(channel_, descriptors);
        } catch (const OSError& error) {
            if (error.error() == EMSGSIZE) bad_message_length();
            throw;
        }
    }();
    if (maxlength && reader.size() > *maxlength) bad_message_length();
    return reader;
}

Bytes Connection::recv_bytes(std::optional<std::size_t> maxlength) {
    return begin(maxlength, nullptr).read_all();
}

Bytes Connection::recv_bytes(std::vector<Fd>& descriptors) {
    return begin({}, &descriptors).read_all();
}

std::string Connection::recv_text() {
    return text_of(recv_bytes());
}

std::size_t Connection::recv_bytes_into(std::span<std::byte> buffer, std::size_t offset) {
    check_readable();
    if (offset > buffer.size()) throw ValueError("offset too large");
    auto reader = begin({}, nullptr);
    const auto room = buffer.subspan(offset);
    if (reader.size() > room.size()) throw BufferTooShort(reader.read_all());
    reader.read(room.first(static_cast<std::size_t>(reader.size())));
    return static_cast<std::size_t>(reader.size());
}

bool Connection::poll(std::chrono::nanoseconds timeout) const {
    check_readable();
    return wait_readable(fd_.get(), milliseconds(timeout));
}

std::pair<Connection, Connection> Pipe(bool duplex) {
    if (duplex) {
        auto [one, other] = socketpair();
        return {Connection(std::move(one)), Connection(std::move(other))};
    }
    auto ends = pipe();
    static_cast<void>(::fcntl(ends.writer.get(), F_SETPIPE_SZ, pipe_capacity));  // or not: a user has so much for all
    return {Connection(std::move(ends.reader), true, false), Connection(std::move(ends.writer), false, true)};
}

Connection Client(const Address& address, const std::optional<std::string>& authkey,
                  std::chrono::nanoseconds timeout) {
    auto socket = connect(address);
    if (!authkey) return Connection(std::move(socket));
    Handshake handshake(std::move(socket), *authkey, Handshake::Side::client);
    const auto deadline = Handshake::Clock::now() + timeout;
    while (!handshake.advance()) {
        if (!handshake.wait(deadline)) throw AuthenticationError("the listener did not answer in time");
    }
    return Connection(handshake.release());
}

void answer_challenge(Connection& connection, std::string_view authkey) {
    const auto challenge = text_of(connection.recv_bytes(authentication::longest_message));
    connection.send_bytes(std::string_view(authentication::answer(authkey, challenge)));
    authentication::check_welcome(text_of(connection.recv_bytes(authentication::longest_message)));
}

void deliver_challenge(Connection& connection, std::string_view authkey) {
    const auto challenge = authentication::challenge();
    connection.send_bytes(std::string_view(challenge));
    const auto answer = text_of(connection.recv_bytes(authentication::longest_message));
    const auto refusal = authentication::refusal(authkey, challenge, answer);
    connection.send_bytes(refusal.empty() ? authentication::welcome : authentication::failure);
    if (!refusal.empty()) throw AuthenticationError(refusal);
}

std::vector<int> wait(std::span<const int> descriptors, std::optional<std::chrono::nanoseconds> timeout) {
    if (descriptors.empty() && !timeout) throw ValueError("nothing to wait for");
    const auto ready = std::make_unique<bool[]>(descriptors.size());
    wait_readable(descriptors, {ready.get(), descriptors.size()}, timeout ? milliseconds(*timeout) : -1);
    std::vector<int> found;
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
        if (ready[i]) found.push_back(descriptors[i]);
    }
    return found;
}

}  // namespace multiprocessing
