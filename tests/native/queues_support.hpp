/// @file
/// What the tests of the queues share.
#pragma once

#include <sys/stat.h>

#include <vector>

#include "multiprocessing/queues.hpp"
#include "multiprocessing/synchronize/membarrier.hpp"
#include "synchronize_support.hpp"

namespace multiprocessing::test {

/// Bytes that are different for each number, so that torn or mixed messages are seen. (Not inlined, since GCC 12 then
/// warns of what is not there.)
[[nodiscard, gnu::noinline]] inline Bytes pattern(std::uint64_t number, std::size_t size) {
    Bytes bytes(size);
    std::uint64_t state = number * 0x9e3779b97f4a7c15 + 1;
    for (auto& byte : bytes) {
        state = state * 6364136223846793005 + 1442695040888963407;
        byte = static_cast<std::byte>(state >> 56);
    }
    return bytes;
}

/// A message that says who sent it, and as which of his, and that is as long as these numbers want it.
struct Numbered {
    std::uint32_t sender;
    std::uint32_t number;

    [[nodiscard]] std::uint64_t seed() const { return std::uint64_t{sender} << 32 | number; }
    [[nodiscard]] Bytes bytes(std::size_t largest) const {
        auto bytes = pattern(seed(), sizeof(Numbered) + seed() * 0x9e3779b9 % (largest + 1));
        std::memcpy(bytes.data(), this, sizeof(Numbered));
        return bytes;
    }
    /// @throws AssertionError if it is torn
    static Numbered of(const Bytes& bytes, std::size_t largest) {
        Numbered numbered{};
        if (bytes.size() < sizeof numbered) throw AssertionError("short message");
        std::memcpy(&numbered, bytes.data(), sizeof numbered);
        if (numbered.bytes(largest) != bytes) throw AssertionError("torn message");
        return numbered;
    }
};

/// Changes how many messages in a row make a writer the keeper, for as long as it lives.
class KeepAfter {
public:
    explicit KeepAfter(std::uint32_t messages) : before_(queues::keep_after.exchange(messages)) {}
    KeepAfter(const KeepAfter&) = delete;
    KeepAfter& operator=(const KeepAfter&) = delete;
    ~KeepAfter() { queues::keep_after = before_; }

private:
    std::uint32_t before_;
};

/// The state behind a queue.
[[nodiscard]] inline queues::QueueState& state_of(const ByteQueue& queue) {
    return *reinterpret_cast<queues::QueueState*>(queue.block().data());
}

}  // namespace multiprocessing::test
