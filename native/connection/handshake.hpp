/// @file
/// An authentication that goes as far as it can without waiting: so a listener can have several at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "multiprocessing/pipe.hpp"

namespace multiprocessing {

class Address;

/// Connects a socket; blocks. It is close-on-exec, and sends small messages at once (TCP_NODELAY).
[[nodiscard]] Fd connect(const Address& address);
/// Has a TCP socket send small messages at once: Python's peers of an answer would wait for an acknowledgement else.
void send_at_once(int socket, bool tcp);

/// One side of an authentication, on a connected socket, as Python's `deliver_challenge` and `answer_challenge` do it:
/// the server has its peer prove the key first, and proves that it has it then; the client the other way round. A peer
/// that does not have the key learns nothing from a server.
class Handshake {
public:
    using Clock = std::chrono::steady_clock;
    enum class Side { server, client };

    Handshake(Fd socket, std::string authkey, Side side);

    /// Goes as far as it can without waiting.
    /// @return true when it has succeeded
    /// @throws AuthenticationError, EOFError, OSError it has failed
    bool advance();
    /// Waits until advance() can go on. @return false when that is not so at the deadline
    [[nodiscard]] bool wait(Clock::time_point deadline) const;
    [[nodiscard]] int fileno() const noexcept { return socket_.get(); }
    /// What poll(2) should wait for.
    [[nodiscard]] short events() const noexcept;
    /// The socket, after success.
    [[nodiscard]] Fd release() noexcept { return std::move(socket_); }

private:
    /// What comes next from the other side.
    enum class Step { answer, challenge, verdict, nothing };

    void deliver();
    void take(const std::string& message);
    void send(std::string_view message);
    [[nodiscard]] bool flush();
    [[nodiscard]] bool receive();

    Fd socket_;
    std::string authkey_;
    Side side_;
    Step step_;
    std::string challenge_;  ///< ours
    std::string output_;     ///< framed, not yet written
    std::string input_;      ///< of the frame that comes
};

}  // namespace multiprocessing
