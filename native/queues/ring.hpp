/// @file
/// What both sides of a queue know of its rings.
#pragma once

#include <algorithm>
#include <cstring>

#include "multiprocessing/queues/queue_state.hpp"

#if defined(__SANITIZE_THREAD__)
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
#endif

namespace multiprocessing::queues {

/// What the first unit of a record says: the payload's bytes in the low half, the kind and the caller's tag above.
enum class Kind : std::uint8_t { none = 0, whole = 1, first = 2, more = 3, last = 4, abort = 5 };

struct Record {
    std::uint32_t size;
    Kind kind;
    std::uint8_t tag;
};

/// The tag of an `abort` whose writer lives and gave its message up: nothing was lost.
constexpr std::uint8_t given_up = 1;

constexpr std::size_t unit = 8;

/// The payload of a message that is taken without the lock: copying it in vain costs little.
constexpr std::size_t small = 512;

constexpr std::uint64_t pack(Record record) {
    return record.size | static_cast<std::uint64_t>(record.kind) << 32 | std::uint64_t{record.tag} << 40;
}
constexpr Record unpack(std::uint64_t bits) {
    return {static_cast<std::uint32_t>(bits), static_cast<Kind>(bits >> 32 & 0xff),
            static_cast<std::uint8_t>(bits >> 40)};
}

/// The units of a record with so many bytes of payload.
constexpr std::uint32_t units(std::size_t size) {
    return static_cast<std::uint32_t>(1 + (size + unit - 1) / unit);
}

inline Segment& ring_number(QueueState& queue, std::uint32_t number) noexcept {
    return queue.ring[number % QueueState::rings];
}

/// Lets ThreadSanitizer ignore reads: of what may be overwritten meanwhile.
class KnownRaces {
#if defined(__SANITIZE_THREAD__)
public:
    KnownRaces() noexcept { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
    ~KnownRaces() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
    KnownRaces(const KnownRaces&) = delete;
    KnownRaces& operator=(const KnownRaces&) = delete;
#endif
};

/// A ring's memory, as a circle.
class Circle {
public:
    Circle(QueueState& queue, const Segment& ring) noexcept
        : Circle(queue, ring.offset, ring.mask) {}

    /// As the constructor, for a ring whose place another may take at the same time.
    [[nodiscard]] static Circle glimpse_of(QueueState& queue, const Segment& ring) noexcept {
        [[maybe_unused]] const KnownRaces known;
        return {queue, __atomic_load_n(&ring.offset, __ATOMIC_ACQUIRE), __atomic_load_n(&ring.mask, __ATOMIC_ACQUIRE)};
    }

    void store(std::uint32_t position, std::uint64_t value) const noexcept { std::memcpy(at(position), &value, unit); }
    [[nodiscard]] std::uint64_t load(std::uint32_t position) const noexcept {
        std::uint64_t value;
        std::memcpy(&value, at(position), unit);
        return value;
    }
    void write(std::uint32_t position, const std::byte* from, std::size_t size) const noexcept {
        if (size == 0) return;
        const auto here = std::min(size, until_end(position));
        std::memcpy(at(position), from, here);
        if (here < size) std::memcpy(data_, from + here, size - here);
    }
    void read(std::uint32_t position, std::byte* to, std::size_t size) const noexcept {
        if (size == 0) return;
        const auto here = std::min(size, until_end(position));
        // Not memcpy(): where they know that the size is small compilers put slow instructions in its place.
        std::memmove(to, at(position), here);
        if (here < size) std::memmove(to + here, data_, size - here);
    }

    /// As load() and read(), for what another may overwrite at the same time, which the caller finds out afterwards.
    [[nodiscard]] std::uint64_t glimpse(std::uint32_t position) const noexcept {
        [[maybe_unused]] const KnownRaces known;
        return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(at(position)), __ATOMIC_ACQUIRE);
    }
    void glimpse(std::uint32_t position, std::byte* to, std::size_t size) const noexcept {
        [[maybe_unused]] const KnownRaces known;
        read(position, to, size);
    }

private:
    Circle(QueueState& queue, std::uint64_t offset, std::uint32_t mask) noexcept
        : data_(reinterpret_cast<std::byte*>(&queue) + offset), mask_(mask) {}
    [[nodiscard]] std::byte* at(std::uint32_t position) const noexcept {
        return data_ + std::size_t{position & mask_} * unit;
    }
    [[nodiscard]] std::size_t until_end(std::uint32_t position) const noexcept {
        return (std::size_t{mask_} + 1 - (position & mask_)) * unit;
    }
    std::byte* data_;
    std::uint32_t mask_;
};

/// Under the put lock that a dead writer left: ends the message it was in the middle of. @return whether one was lost
bool mend_writing(QueueState& queue) noexcept;

}  // namespace multiprocessing::queues
