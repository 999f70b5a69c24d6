#include "handshake.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

#include "authentication.hpp"
#include "multiprocessing/connection/address.hpp"
#include "multiprocessing/connection/listener.hpp"
#include "multiprocessing/error.hpp"

namespace multiprocessing {
namespace {

constexpr std::size_t header_size = 4;

std::size_t length_in(const std::string& header) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < header_size; ++i) length = length << 8 | static_cast<unsigned char>(header[i]);
    return length;
}

}  // namespace

void send_at_once(int socket, bool tcp) {
    const int on = 1;
    if (tcp) check(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
}

Fd connect(const Address& address) {
    const auto to = SocketAddress::of(address);
    Fd socket(check(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    if (::connect(socket.get(), to.get(), to.size) != 0) {
        if (errno != EINTR) throw_errno("connect");
        // It goes on by itself, and cannot be called again.
        pollfd writable{socket.get(), POLLOUT, 0};
        check(retry([&] { return ::poll(&writable, 1, -1); }), "poll");
        int error = 0;
        socklen_t size = sizeof error;
        check(::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
        if (error != 0) throw OSError(error, "connect");
    }
    send_at_once(socket.get(), !address.is_unix());
    return socket;
}

Handshake::Handshake(Fd socket, std::string authkey, Side side)
    : socket_(std::move(socket)), authkey_(std::move(authkey)), side_(side), step_(Step::challenge) {
    if (side == Side::server) deliver();
}

void Handshake::deliver() {
    challenge_ = authentication::challenge();
    send(challenge_);
    step_ = Step::answer;
}

void Handshake::send(std::string_view message) {
    for (std::size_t i = header_size; i-- > 0;) output_ += static_cast<char>(message.size() >> 8 * i & 0xff);
    output_ += message;
}

void Handshake::take(const std::string& message) {
    switch (step_) {
        case Step::answer: {
            const auto refusal = authentication::refusal(authkey_, challenge_, message);
            send(refusal.empty() ? authentication::welcome : authentication::failure);
            if (!refusal.empty()) {
                static_cast<void>(flush());
                throw AuthenticationError(refusal);
            }
            step_ = side_ == Side::server ? Step::challenge : Step::nothing;
            break;
        }
        case Step::challenge:
            send(authentication::answer(authkey_, message));
            step_ = Step::verdict;
            break;
        case Step::verdict:
            authentication::check_welcome(message);
            if (side_ == Side::client) {
                deliver();
            } else {
                step_ = Step::nothing;
            }
            break;
        case Step::nothing: break;
    }
}

bool Handshake::advance() {
    while (flush() && step_ != Step::nothing) {
        if (!receive()) return false;
        const std::string message = input_.substr(header_size);
        input_.clear();
        take(message);
    }
    return output_.empty() && step_ == Step::nothing;
}

bool Handshake::flush() {
    while (!output_.empty()) {
        const auto put = retry(
            [this] { return ::send(socket_.get(), output_.data(), output_.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
        if (put < 0 && errno == EAGAIN) return false;
        output_.erase(0, static_cast<std::size_t>(check(put, "send")));
    }
    return true;
}

/// Never reads beyond the message: what follows may be the user's. @return whether all of it is there
bool Handshake::receive() {
    for (;;) {
        std::size_t wanted = header_size;
        if (input_.size() >= header_size) {
            const auto length = length_in(input_);
            if (length > authentication::longest_message) throw AuthenticationError("bad message length");
            wanted += length;
            if (input_.size() == wanted) return true;
        }
        char buffer[header_size + authentication::longest_message];
        const auto got = retry([&] { return ::recv(socket_.get(), buffer, wanted - input_.size(), MSG_DONTWAIT); });
        if (got < 0 && errno == EAGAIN) return false;
        if (check(got, "recv") == 0) throw EOFError("the other side closed the connection while it was authenticated");
        input_.append(buffer, static_cast<std::size_t>(got));
    }
}

short Handshake::events() const noexcept {
    return output_.empty() ? POLLIN : POLLOUT;
}

bool Handshake::wait(Clock::time_point deadline) const {
    using namespace std::chrono;
    for (;;) {
        const auto left = ceil<milliseconds>(deadline - Clock::now()).count();
        pollfd polled{socket_.get(), events(), 0};
        const auto limit = std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max());
        const int count = check(retry([&] { return ::poll(&polled, 1, static_cast<int>(limit)); }), "poll");
        if (count > 0) return true;
        if (left <= 0) return false;
    }
}

}  // namespace multiprocessing
