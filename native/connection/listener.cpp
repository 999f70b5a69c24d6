#include "multiprocessing/connection/listener.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <new>
#include <vector>

#include "handshake.hpp"
#include "multiprocessing/connection.hpp"
#include "multiprocessing/error.hpp"

namespace multiprocessing {
namespace {

/// So many peers may be under way to prove themselves. Who comes then takes the place of the one that began first.
constexpr std::size_t most_pending = 64;

using Clock = Handshake::Clock;

/// Beyond a hundred years a sum could overflow.
Clock::time_point after(std::chrono::nanoseconds timeout) {
    using namespace std::chrono_literals;
    return Clock::now() + std::clamp<std::chrono::nanoseconds>(timeout, 0ns, 24h * 365 * 100);
}

std::string new_directory() {
    std::string name = std::filesystem::temp_directory_path() / "pymp-XXXXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw_errno("mkdtemp");
    return name;
}

}  // namespace

struct Listener::Pending {
    Handshake handshake;
    Address from;
    Clock::time_point deadline;
};

Listener::Listener(ListenerOptions options)
    : address_("", 0), authkey_(std::move(options.authkey)), handshake_timeout_(options.handshake_timeout),
      directory_(new_directory()), creator_(::getpid()) {
    try {
        open(Address(directory_ + "/listener-" + directory_.substr(directory_.size() - 8)), options.backlog);
    } catch (...) {
        ::rmdir(directory_.c_str());
        throw;
    }
}

Listener::Listener(const Address& address, ListenerOptions options)
    : address_(address), authkey_(std::move(options.authkey)), handshake_timeout_(options.handshake_timeout),
      creator_(::getpid()) {
    open(address, options.backlog);
}

void Listener::open(const Address& address, int backlog) {
    auto at = SocketAddress::of(address);
    wake_ = Fd(check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
    // Not blocking: another process that shares it may be faster to accept.
    socket_ = Fd(check(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    const int on = 1;
    check(::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
    check(::bind(socket_.get(), at.get(), at.size), "bind");
    address_ = address;
    try {
        check(::listen(socket_.get(), backlog), "listen");
        if (address.is_unix()) return;
        at.size = sizeof at.storage;
        check(::getsockname(socket_.get(), at.get(), &at.size), "getsockname");
        address_ = at.address();
    } catch (...) {
        remove_file();
        throw;
    }
}

Listener::~Listener() {
    close();
}

Connection Listener::accept() {
    return std::move(*accept_until({}));
}

std::optional<Connection> Listener::accept(std::chrono::nanoseconds timeout) {
    return accept_until(after(timeout));
}

std::optional<Connection> Listener::accept_until(std::optional<Clock::time_point> deadline) {
    const std::lock_guard held(mutex_);
    for (;;) {
        check_open();
        if (auto connection = advance_pending()) return connection;
        if (auto connection = accept_one()) return connection;
        if (!poll_once(deadline)) return {};
    }
}

/// Waits until something can go on. @return false when the caller's time ran out
bool Listener::poll_once(std::optional<Clock::time_point> deadline) {
    using namespace std::chrono;
    std::vector<pollfd> polled{{socket_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    auto until = deadline;
    for (const auto& pending : pending_) {
        polled.push_back({pending.handshake.fileno(), pending.handshake.events(), 0});
        until = until ? std::min(*until, pending.deadline) : pending.deadline;
    }
    const auto now = Clock::now();
    if (deadline && now >= *deadline) return false;
    std::int64_t timeout = -1;
    if (until) {
        const auto left = ceil<milliseconds>(*until - now).count();
        timeout = std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max());
    }
    waiting_ = true;
    const int count = ::poll(polled.data(), polled.size(), static_cast<int>(timeout));
    waiting_ = false;
    if (count < 0 && errno != EINTR) throw_errno("poll");
    if (polled[1].revents != 0 && !closed_) {  // a forked copy of this object was closed
        std::uint64_t times = 0;
        static_cast<void>(retry([&] { return ::read(wake_.get(), &times, sizeof times); }));
    }
    return true;
}

std::optional<Connection> Listener::advance_pending() {
    for (auto pending = pending_.begin(); pending != pending_.end();) {
        const auto here = pending++;
        try {
            if (here->handshake.advance()) {
                last_accepted_ = here->from;
                Connection connection(here->handshake.release());
                pending_.erase(here);
                return connection;
            }
            if (Clock::now() >= here->deadline) throw AuthenticationError("the other side did not answer in time");
        } catch (const EOFError& error) {
            pending_.erase(here);
            throw AuthenticationError(error.what());
        } catch (const OSError& error) {
            pending_.erase(here);
            throw AuthenticationError(error.what());
        } catch (const AuthenticationError&) {
            pending_.erase(here);
            throw;
        }
    }
    return {};
}

/// Takes one peer, if there is one. @return its connection if it needs no authentication
std::optional<Connection> Listener::accept_one() {
    SocketAddress from;
    Fd socket(::accept4(socket_.get(), from.get(), &from.size, SOCK_CLOEXEC));
    if (!socket) {
        constexpr std::array not_here{EAGAIN, EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENETUNREACH, EHOSTUNREACH};
        if (std::ranges::find(not_here, errno) == not_here.end()) throw_errno("accept");
        return {};
    }
    send_at_once(socket.get(), !address_.is_unix());
    auto peer = from.address();
    if (!authkey_) {
        last_accepted_ = std::move(peer);
        return Connection(std::move(socket));
    }
    if (pending_.size() == most_pending) pending_.pop_front();
    pending_.push_back({Handshake(std::move(socket), *authkey_, Handshake::Side::server), std::move(peer),
                        after(handshake_timeout_)});
    return advance_pending();
}

void Listener::check_open() const {
    if (closed_) throw AssertionError("listener is closed");
}

std::optional<Address> Listener::last_accepted() const {
    const std::lock_guard held(mutex_);
    return last_accepted_;
}

int Listener::fileno() const {
    check_open();
    return socket_.get();
}

void Listener::close() {
    if (closed_.exchange(true)) return;
    std::unique_lock held(mutex_, std::defer_lock);
    do {  // again and again: in a forked copy of this object somebody else may take what is written
        const std::uint64_t one = 1;
        static_cast<void>(retry([&] { return ::write(wake_.get(), &one, sizeof one); }));
    } while (!held.try_lock_for(std::chrono::milliseconds(10)));
    pending_.clear();
    socket_.reset();
    wake_.reset();
    remove_file();
}

void Listener::after_fork() {
    const bool whole = mutex_.try_lock() || waiting_.exchange(false);
    new (&mutex_) std::timed_mutex;  // who held it is no thread of this process
    if (whole) {
        pending_.clear();
    } else {
        new (&pending_) std::list<Pending>;  // lost, with its descriptors, rather than read while it was changed
    }
}

void Listener::remove_file() noexcept {
    if (::getpid() != creator_ || !address_.is_unix() || address_.is_abstract()) return;
    ::unlink(address_.path().c_str());
    if (!directory_.empty()) ::rmdir(directory_.c_str());
}

}  // namespace multiprocessing
