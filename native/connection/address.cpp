#include "multiprocessing/connection/address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "multiprocessing/error.hpp"

namespace multiprocessing {
namespace {

constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

SocketAddress unix_address(const std::string& path) {
    SocketAddress result;
    auto& to = reinterpret_cast<sockaddr_un&>(result.storage);
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, longest_path);
    // An abstract name ends where the address does, a path with a NUL.
    const bool abstract = !path.empty() && path[0] == '\0';
    result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
    return result;
}

/// What getaddrinfo(3) has no errno for.
int errno_of(int error) {
    switch (error) {
        case EAI_SYSTEM: return errno;
        case EAI_MEMORY: return ENOMEM;
        case EAI_AGAIN: return EAGAIN;
        default: return ENOENT;
    }
}

SocketAddress inet_address(const std::string& host, int port) {
    addrinfo hints{};
    hints.ai_family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const auto service = std::to_string(port);
    if (const int error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), service.c_str(), &hints, &found)) {
        throw OSError(errno_of(error), "getaddrinfo", "host \"" + host + "\": " + ::gai_strerror(error));
    }
    SocketAddress result;
    std::memcpy(&result.storage, found->ai_addr, found->ai_addrlen);
    result.size = found->ai_addrlen;
    ::freeaddrinfo(found);
    return result;
}

template <typename Storage, typename Field>
std::string numeric(int family, const Storage& storage, Field field) {
    char text[INET6_ADDRSTRLEN];
    return ::inet_ntop(family, &(storage.*field), text, sizeof text);
}

}  // namespace

Address::Address(std::string path) : host_(std::move(path)) {
    if (host_.size() > longest_path) throw ValueError("AF_UNIX path too long: " + to_string());
    if (!is_abstract() && host_.find('\0') != std::string::npos) throw ValueError("NUL in a path: " + to_string());
}

Address::Address(std::string host, int port) : host_(std::move(host)), port_(port) {
    if (port < 0 || port > 65535) throw ValueError("port must be 0-65535: " + std::to_string(port));
    if (host_.find('\0') != std::string::npos) throw ValueError("NUL in the name of a host");
}

std::string Address::to_string() const {
    std::string text = "'";
    for (const char c : host_) text += c == '\0' ? "\\x00" : std::string(1, c);
    text += "'";
    return is_unix() ? text : "(" + text + ", " + std::to_string(port_) + ")";
}

SocketAddress SocketAddress::of(const Address& address) {
    return address.is_unix() ? unix_address(address.path()) : inet_address(address.host(), address.port());
}

Address SocketAddress::address() const {
    if (storage.ss_family == AF_INET) {
        const auto& from = reinterpret_cast<const sockaddr_in&>(storage);
        return {numeric(AF_INET, from, &sockaddr_in::sin_addr), ntohs(from.sin_port)};
    }
    if (storage.ss_family == AF_INET6) {
        const auto& from = reinterpret_cast<const sockaddr_in6&>(storage);
        return {numeric(AF_INET6, from, &sockaddr_in6::sin6_addr), ntohs(from.sin6_port)};
    }
    const auto& from = reinterpret_cast<const sockaddr_un&>(storage);
    const std::size_t length = size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
    if (length > 0 && from.sun_path[0] == '\0') return Address(std::string(from.sun_path, length));
    return Address(std::string(from.sun_path, ::strnlen(from.sun_path, length)));
}

}  // namespace multiprocessing
