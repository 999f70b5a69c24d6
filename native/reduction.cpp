#include "multiprocessing/reduction.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "multiprocessing/error.hpp"

namespace multiprocessing {
namespace {

constexpr std::size_t most_at_once = 253;  // SCM_MAX_FD of the kernel

/// A message of one byte, with room for descriptors beside it.
struct Message {
    unsigned char count = 0;
    iovec data{&count, 1};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(most_at_once * sizeof(int))> control{};
    msghdr header{};

    explicit Message(std::size_t fds) {
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        if (fds > 0) {
            header.msg_control = control.data();
            header.msg_controllen = CMSG_SPACE(fds * sizeof(int));
        }
    }
};

void send_some(int socket, std::span<const int> fds) {
    Message message(fds.size());
    message.count = static_cast<unsigned char>(fds.size());
    if (!fds.empty()) {
        auto* rights = CMSG_FIRSTHDR(&message.header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
    }
    check(retry([&] { return ::sendmsg(socket, &message.header, MSG_NOSIGNAL); }), "sendmsg");
}

/// @return how many came
std::size_t receive_some(int socket, std::vector<Fd>& into) {
    Message message(most_at_once);
    const auto got = check(retry([&] { return ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC); }), "recvmsg");
    std::size_t received = 0;
    auto& header = message.header;
    for (auto* rights = CMSG_FIRSTHDR(&header); rights != nullptr; rights = CMSG_NXTHDR(&header, rights)) {
        if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
        const auto count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int), sizeof fd);
            into.emplace_back(fd);
            ++received;
        }
    }
    if (got == 0) throw OSError(ECONNRESET, "recvmsg");
    // The kernel cuts off what there is no room for in the table of descriptors.
    if (received != message.count) throw OSError(EMFILE, "recvmsg");
    return received;
}

}  // namespace

void send_fds(int socket, std::span<const int> fds) {
    for (;;) {
        const auto batch = fds.first(std::min(fds.size(), most_at_once));
        send_some(socket, batch);
        if (batch.size() < most_at_once) return;
        fds = fds.subspan(batch.size());
    }
}

std::vector<Fd> receive_fds(int socket) {
    std::vector<Fd> fds;
    while (receive_some(socket, fds) == most_at_once) continue;
    return fds;
}

}  // namespace multiprocessing
