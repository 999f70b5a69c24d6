#include "multiprocessing/connection/frame.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "../transfer.hpp"
#include "multiprocessing/error.hpp"
#include "multiprocessing/synchronize/futex.hpp"
#include "multiprocessing/synchronize/habit.hpp"

namespace multiprocessing {
namespace {

constexpr std::uint64_t most_in_short_header = 0x7fffffff;
constexpr std::size_t short_header = 4;
constexpr std::size_t long_header = 12;
/// A message up to that size is put behind its header and written with it: cheaper than to gather the two.
constexpr std::size_t most_to_copy = 4096;
/// What is allocated without more ado.
constexpr std::uint64_t first_chunk = 1 << 20;

void put_big_endian(std::byte* to, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0; value >>= 8) to[i] = static_cast<std::byte>(value & 0xff);
}

std::uint64_t big_endian(std::span<const std::byte> from) {
    std::uint64_t value = 0;
    for (const auto byte : from) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
}

/// Room for descriptors beside a message.
struct Control {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(most_descriptors * sizeof(int))> bytes;

    void put(msghdr& header, std::span<const int> descriptors) {
        header.msg_control = bytes.data();
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        std::memset(bytes.data(), 0, header.msg_controllen);
        auto* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }

    static void take(msghdr& header, std::vector<Fd>& into) {
        for (auto* rights = CMSG_FIRSTHDR(&header); rights != nullptr; rights = CMSG_NXTHDR(&header, rights)) {
            if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
            const auto count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int), sizeof fd);
                into.emplace_back(fd);
            }
        }
        // The kernel cuts off what there is no room for in the table of descriptors.
        if (header.msg_flags & MSG_CTRUNC) throw OSError(EMFILE, "recvmsg");
    }
};

/// @param flags of recvmsg(2) @return as that
ssize_t receive(int fd, std::span<std::byte> buffer, std::vector<Fd>& descriptors, int flags) {
    Control control;
    iovec data{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    const auto got = ::recvmsg(fd, &header, MSG_CMSG_CLOEXEC | flags);
    if (got >= 0) Control::take(header, descriptors);
    return got;
}

/// What read_soon() answers if nothing has come.
constexpr ssize_t nothing = -2;

/// Whether a read that does not wait has found nothing, or is not possible here. All else is the answer: a socket tells
/// an error once.
bool is_no_answer(int error) noexcept {
    return error == EAGAIN || error == EINTR || error == EOPNOTSUPP || error == EINVAL || error == ENOSYS ||
           error == EPERM;
}

/// Looks for what comes within moments before who reads it goes to sleep: if the other side runs on another processor,
/// to be woken takes several times as long. There are habits for the descriptors of this process; some share one.
/// @param read_now does not wait
template <typename Read>
ssize_t read_soon(int fd, Read&& read_now) {
    static std::array<sync::Habit, 64> habits;
    // Longer than it takes to wake the other side: if both sleep, the one that looks next is to see the other's answer.
    constexpr sync::Nanoseconds moment = 30'000;
    constexpr std::uint16_t seldom = 1023;
    auto& habit = habits[static_cast<std::size_t>(fd) % habits.size()];
    if (!habit.is_due()) return nothing;
    auto got = read_now();
    if (got >= 0 || !is_no_answer(errno)) return got;  // which says nothing of a wait
    for (const auto deadline = sync::monotonic_now() + moment; errno == EAGAIN && sync::monotonic_now() < deadline;) {
        got = read_now();
        if (got < 0 && is_no_answer(errno)) continue;
        habit.was_of_use();
        return got;
    }
    habit.was_of_no_use(seldom);
    return nothing;
}

}  // namespace

Channel Channel::of(int fd) {
    struct stat status {};
    check(::fstat(fd, &status), "fstat");
    if (!S_ISSOCK(status.st_mode)) return {fd, Kind::file};
    int domain = 0;
    socklen_t size = sizeof domain;
    check(::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size), "getsockopt");
    return {fd, domain == AF_UNIX ? Kind::unix_socket : Kind::socket};
}

FrameWriter::FrameWriter(Channel channel, std::uint64_t size, std::span<const int> descriptors)
    : channel_(channel), header_left_(size > most_in_short_header ? long_header : short_header),
      descriptors_(descriptors) {
    if (!descriptors.empty() && channel.kind != Channel::Kind::unix_socket) {
        throw ValueError("descriptors can be sent over AF_UNIX sockets only");
    }
    if (descriptors.size() > most_descriptors) throw ValueError("too many descriptors for one message");
    // The header's bytes are the last ones of the array.
    put_big_endian(&header_[0], 0xffffffff, short_header);
    if (header_left_ == long_header) {
        put_big_endian(&header_[short_header], size, long_header - short_header);
    } else {
        put_big_endian(&header_[long_header - short_header], size, short_header);
    }
}

void FrameWriter::write(std::span<const std::byte> piece) {
    if (header_left_ > 0 && piece.size() <= most_to_copy && descriptors_.empty()) {
        std::array<std::byte, long_header + most_to_copy> frame;
        std::memcpy(frame.data(), &header_[long_header - header_left_], header_left_);
        if (!piece.empty()) std::memcpy(&frame[header_left_], piece.data(), piece.size());
        const auto whole = std::span<const std::byte>(frame).first(header_left_ + piece.size());
        header_left_ = 0;
        write_parts(whole);
    } else {
        write_parts(piece);
    }
}

void FrameWriter::write_parts(std::span<const std::byte> piece) {
    while (header_left_ > 0 || !piece.empty()) {
        const auto put = static_cast<std::size_t>(header_left_ > 0 ? gather(piece) : write_some(piece));
        const auto of_header = std::min(put, header_left_);
        header_left_ -= of_header;
        piece = piece.subspan(put - of_header);
    }
}

ssize_t FrameWriter::write_some(std::span<const std::byte> piece) const {
    return check(retry([&] {
        return channel_.kind == Channel::Kind::file
                   ? transfer::write(channel_.fd, piece.data(), piece.size())
                   : transfer::send(channel_.fd, piece.data(), piece.size(), MSG_NOSIGNAL);
    }), "write");
}

ssize_t FrameWriter::gather(std::span<const std::byte> piece) {
    std::array<iovec, 2> parts{
        iovec{&header_[long_header - header_left_], header_left_},
        iovec{const_cast<std::byte*>(piece.data()), piece.size()}};
    const std::size_t count = piece.empty() ? 1 : 2;
    if (channel_.kind == Channel::Kind::file) {
        return check(retry([&] { return ::writev(channel_.fd, parts.data(), static_cast<int>(count)); }), "write");
    }
    Control control;
    msghdr header{};
    header.msg_iov = parts.data();
    header.msg_iovlen = count;
    if (!descriptors_.empty()) control.put(header, descriptors_);
    const auto put = check(retry([&] { return ::sendmsg(channel_.fd, &header, MSG_NOSIGNAL); }), "write");
    descriptors_ = {};  // they went with the first byte
    return put;
}

FrameReader::FrameReader(Channel channel, std::vector<Fd>* descriptors) : channel_(channel) {
    std::array<std::byte, 8> header;
    const auto head = std::span(header).first(short_header);
    if (read_header(head, descriptors) < head.size()) {
        throw OSError(EPROTO, "read", "got end of file during message");
    }
    size_ = big_endian(head);
    if (size_ == 0xffffffff) {
        read(header);
        size_ = big_endian(header);
    } else if (size_ > most_in_short_header) {
        throw OSError(EMSGSIZE, "read", "bad message length");
    }
}

std::size_t FrameReader::read_header(std::span<std::byte> header, std::vector<Fd>* descriptors) {
    const auto read_either = [&](auto&& now, auto&& whenever) {
        const auto got = read_soon(channel_.fd, now);
        return got == nothing ? retry(whenever) : got;
    };
    ssize_t got = 0;
    if (descriptors != nullptr && channel_.kind == Channel::Kind::unix_socket) {
        const auto read = [&](int flags) { return receive(channel_.fd, header, *descriptors, flags); };
        got = check(read_either([&] { return read(MSG_DONTWAIT); }, [&] { return read(0); }), "recvmsg");
    } else {
        got = check(read_either([&] { return transfer::read_now(channel_.fd, header.data(), header.size()); },
                                [&] { return transfer::read(channel_.fd, header.data(), header.size()); }),
                    "read");
    }
    const auto done = static_cast<std::size_t>(got);
    if (done == 0) throw EOFError();
    return done < header.size() ? done + multiprocessing::read_all(channel_.fd, header.subspan(done)) : done;
}

void FrameReader::read(std::span<std::byte> piece) {
    if (multiprocessing::read_all(channel_.fd, piece) < piece.size()) {
        throw OSError(EPROTO, "read", "got end of file during message");
    }
}

std::vector<std::byte> FrameReader::read_all() {
    std::vector<std::byte> message;
    for (std::uint64_t done = 0; done < size_;) {
        const auto chunk = std::min(size_ - done, std::max(first_chunk, done));
        message.resize(static_cast<std::size_t>(done + chunk));
        read(std::span(message).subspan(static_cast<std::size_t>(done)));
        done += chunk;
    }
    return message;
}

}  // namespace multiprocessing
