/// @file
/// The side that is connected to. Mirrors Python's `multiprocessing.connection.Listener`.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

#include "multiprocessing/connection/address.hpp"
#include "multiprocessing/export.hpp"
#include "multiprocessing/pipe.hpp"

namespace multiprocessing MULTIPROCESSING_API {

class Connection;
class Handshake;

/// The other side does not have the key, or not the manners. Mirrors Python's `AuthenticationError`.
class AuthenticationError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// How long one side of an authentication waits for the other.
constexpr std::chrono::seconds default_handshake_timeout{10};

struct ListenerOptions {
    /// How many connections may wait to be accepted.
    int backlog = 1;
    /// The key that both sides must have; none: no authentication. (Python before 3.13 takes an empty key for none.)
    std::optional<std::string> authkey = {};
    /// How long a peer may take to prove that it has the key.
    std::chrono::nanoseconds handshake_timeout = default_handshake_timeout;
};

/// A bound and listening socket. accept() and close() may be called by several threads at once.
///
/// Authentications of several peers go on at the same time: one that is silent holds up nobody else, and after
/// `handshake_timeout` it is cut off. Those that have begun go on with the next accept().
class Listener {
public:
    /// Listens on a socket of AF_UNIX, in a directory of its own that nobody else may enter.
    explicit Listener(ListenerOptions options = {});
    /// @throws OSError EADDRINUSE, EACCES ...
    explicit Listener(const Address& address, ListenerOptions options = {});
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    /// The next peer that has proved to have the key; blocks until there is one.
    /// @throws AuthenticationError a peer failed to, as in Python; the next call waits for another one
    /// @throws AssertionError "listener is closed", also while it waits
    [[nodiscard]] Connection accept();
    /// Waits at most so long; negative means zero.
    [[nodiscard]] std::optional<Connection> accept(std::chrono::nanoseconds timeout);

    /// Where it listens, with the port that was free.
    [[nodiscard]] const Address& address() const noexcept { return address_; }
    /// Where the connection came from that was accepted last.
    [[nodiscard]] std::optional<Address> last_accepted() const;
    /// The socket: readable when somebody wants to connect.
    [[nodiscard]] int fileno() const;
    /// Stops listening, and removes the socket's file; in a forked child the file stays, it is the parent's. Ends
    /// accept() in other threads. Closing twice is harmless.
    void close();
    /// Removes the socket's file now; nobody can connect any more. For the end of a process that does not close().
    void remove_file() noexcept;
    /// To be called in a forked child before all else, where a thread of the parent may have been in accept(): drops
    /// what that thread was about to do.
    void after_fork();

private:
    struct Pending;
    void open(const Address& address, int backlog);
    std::optional<Connection> accept_until(std::optional<std::chrono::steady_clock::time_point> deadline);
    bool poll_once(std::optional<std::chrono::steady_clock::time_point> deadline);
    std::optional<Connection> advance_pending();
    std::optional<Connection> accept_one();
    void check_open() const;

    Address address_;
    std::optional<std::string> authkey_;
    std::chrono::nanoseconds handshake_timeout_;
    std::string directory_;
    pid_t creator_;
    Fd socket_;
    Fd wake_;
    std::atomic<bool> closed_{false};
    std::atomic<bool> waiting_{false};  ///< in poll(2), where nothing is half done
    mutable std::timed_mutex mutex_;
    std::list<Pending> pending_;
    std::optional<Address> last_accepted_;
};

}  // namespace multiprocessing
