/// @file
/// Where a Listener listens. Mirrors the addresses of Python's `multiprocessing.connection`: a tuple of host and port
/// is AF_INET, a string a path of AF_UNIX, a string that begins with NUL a name in Linux's abstract namespace.
#pragma once

#include <sys/socket.h>

#include <string>

#include "multiprocessing/export.hpp"
#include "multiprocessing/pipe.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// An address of a socket. A value.
class Address {
public:
    /// A path, or a name in the abstract namespace if it begins with NUL (AF_UNIX). At most 107 bytes.
    /// @throws ValueError too long, or a NUL inside of a path
    Address(std::string path);  // NOLINT: as in Python, a string is an address
    Address(const char* path) : Address(std::string(path)) {}  // NOLINT
    /// Host and port.
    /// @param host a name or number; empty: all addresses of this machine; with a colon: AF_INET6
    /// @param port 0: one that is free
    Address(std::string host, int port);

    [[nodiscard]] bool is_unix() const noexcept { return port_ < 0; }
    /// Whether it is a name in the abstract namespace: no file.
    [[nodiscard]] bool is_abstract() const noexcept { return is_unix() && !host_.empty() && host_[0] == '\0'; }
    /// The path or the abstract name, with its NUL; empty for a peer without a name.
    [[nodiscard]] const std::string& path() const noexcept { return host_; }
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    [[nodiscard]] int port() const noexcept { return port_; }
    /// As Python prints it: `('127.0.0.1', 4711)`, `'/tmp/socket'`.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Address&, const Address&) = default;

private:
    std::string host_;
    int port_ = -1;
};

/// An address as the kernel knows it.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    /// Looks the host up, which may take as long as that takes.
    /// @throws OSError ENOENT "getaddrinfo" if there is no such host
    [[nodiscard]] static SocketAddress of(const Address& address);
    [[nodiscard]] Address address() const;
    [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

}  // namespace multiprocessing
