#include "bindings_connection.hpp"

#include <string>

#include "multiprocessing/fifo.hpp"
#include "multiprocessing/signals.hpp"

namespace multiprocessing::bindings {
namespace {

std::string text(const std::int8_t* data, int length) {
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(std::max(length, 0))};
}

std::optional<std::string> key_of(const std::int8_t* key, int length) {
    return length < 0 ? std::nullopt : std::optional(text(key, length));
}

Address address_of(const std::int8_t* host, int length, int port) {
    return port < 0 ? Address(text(host, length)) : Address(text(host, length), port);
}

Listener& listener_at(std::int64_t handle) noexcept {
    return *pointer<Listener>(handle);
}

/// A connection whose descriptor stays the caller's.
template <typename Use>
int with_connection(const char* name, int fd, Use&& use) noexcept {
    return guarded_connection(name, [&] {
        struct Lent {
            Connection connection;
            ~Lent() { static_cast<void>(connection.detach().release()); }
        } lent{Connection(Fd(fd))};
        use(lent.connection);
        return 0;
    });
}

std::optional<Address> which_address(std::int64_t listener, int last) {
    return last != 0 ? listener_at(listener).last_accepted() : listener_at(listener).address();
}

}  // namespace

int failed_text(std::int8_t* to, int capacity) noexcept {
    return copy(last_text, to, capacity);
}

int connection_kind(int fd) noexcept {
    return guarded("fstat", [=] { return static_cast<int>(Channel::of(fd).kind); });
}

std::int64_t connection_pipe(int duplex) noexcept {
    return guarded_connection(duplex != 0 ? "socketpair" : "pipe2", [=] {
        auto [first, second] = Pipe(duplex != 0);
        const int low = first.detach().release();
        return std::int64_t{second.detach().release()} << 32 | static_cast<std::uint32_t>(low);
    });
}

int connection_send(int fd, int kind, std::int64_t address, std::int64_t size) noexcept {
    return guarded_connection("write", [=] {
        const auto length = static_cast<std::size_t>(size);
        FrameWriter(channel(fd, kind), length).write({pointer<const std::byte>(address), length});
        return 0;
    });
}

std::int64_t connection_receive(int fd, int kind, std::int64_t address, std::int64_t capacity) noexcept {
    return guarded_connection("read", [=]() -> std::int64_t {
        FrameReader reader(channel(fd, kind));
        if (reader.size() > static_cast<std::uint64_t>(capacity)) {
            rest_to_receive = reader.size();
            return -ENOBUFS;
        }
        reader.read({pointer<std::byte>(address), static_cast<std::size_t>(reader.size())});
        return static_cast<std::int64_t>(reader.size());
    });
}

int connection_descriptors(std::int32_t* fds, int capacity) noexcept {
    const auto count = std::min(came_along.size(), static_cast<std::size_t>(capacity));
    for (std::size_t i = 0; i < count; ++i) fds[i] = came_along[i].release();
    came_along.clear();
    return static_cast<int>(count);
}

int client_connect(const std::int8_t* host, int length, int port, const std::int8_t* key, int key_length,
                   std::int64_t timeout_ns) noexcept {
    return guarded_connection("connect", [=] {
        auto connection = Client(address_of(host, length, port), key_of(key, key_length),
                                 std::chrono::nanoseconds(timeout_ns));
        return connection.detach().release();
    });
}

int deliver_challenge(int fd, const std::int8_t* key, int key_length) noexcept {
    return with_connection("write", fd, [=](Connection& connection) {
        multiprocessing::deliver_challenge(connection, text(key, key_length));
    });
}

int answer_challenge(int fd, const std::int8_t* key, int key_length) noexcept {
    return with_connection("read", fd, [=](Connection& connection) {
        multiprocessing::answer_challenge(connection, text(key, key_length));
    });
}

std::int64_t listener_open(const std::int8_t* host, int length, int port, int backlog, const std::int8_t* key,
                           int key_length, std::int64_t handshake_timeout_ns) noexcept {
    return guarded_connection("listen", [=] {
        ListenerOptions options{backlog, key_of(key, key_length), std::chrono::nanoseconds(handshake_timeout_ns)};
        auto* listener = port < 0 && length == 0 ? new Listener(std::move(options))
                                                 : new Listener(address_of(host, length, port), std::move(options));
        return reinterpret_cast<std::int64_t>(listener);
    });
}

int listener_accept(std::int64_t listener, std::int64_t timeout_ns) noexcept {
    return guarded_connection("accept", [=] {
        if (timeout_ns < 0) return listener_at(listener).accept().detach().release();
        auto connection = listener_at(listener).accept(std::chrono::nanoseconds(timeout_ns));
        return connection ? connection->detach().release() : connection_timed_out;
    });
}

int listener_fileno(std::int64_t listener) noexcept {
    return guarded_connection("fileno", [=] { return listener_at(listener).fileno(); });
}

int listener_port(std::int64_t listener, int last) noexcept {
    return guarded_connection("getsockname", [=] {
        const auto address = which_address(listener, last);
        return address ? address->port() : -2;
    });
}

int listener_host(std::int64_t listener, int last, std::int8_t* to, int capacity) noexcept {
    return guarded_connection("getsockname", [=] {
        const auto address = which_address(listener, last);
        return address ? copy(address->host(), to, capacity) : 0;
    });
}

void listener_close(std::int64_t listener) noexcept {
    listener_at(listener).close();
}

void listener_remove_file(std::int64_t listener) noexcept {
    listener_at(listener).remove_file();
}

void listener_after_fork(std::int64_t listener) noexcept {
    listener_at(listener).after_fork();
}

void listener_release(std::int64_t listener) noexcept {
    delete &listener_at(listener);
}

int mkfifo(const std::int8_t* path, int length, int mode) noexcept {
    return guarded("mkfifo", [=] {
        fifo::make(text(path, length), static_cast<mode_t>(mode));
        return 0;
    });
}

int open_fifo(const std::int8_t* path, int length, int write) noexcept {
    return guarded("open", [=] {
        auto connection = write != 0 ? fifo::writer(text(path, length)) : fifo::reader(text(path, length));
        return connection.detach().release();
    });
}

int signal_watch(int signal) noexcept {
    return guarded("sigaction", [=] {
        signals::watch(signal);
        return 0;
    });
}

int signal_unwatch(int signal) noexcept {
    return guarded("sigaction", [=] {
        signals::unwatch(signal);
        return 0;
    });
}

int signal_next() noexcept {
    return guarded("read", [] { return signals::next(); });
}

int signal_after_fork() noexcept {
    return guarded("pipe2", [] {
        signals::after_fork();
        return 0;
    });
}

}  // namespace multiprocessing::bindings
