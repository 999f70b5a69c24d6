/// @file
/// Messages from one process to another.
///
/// `queue.throughput_100B` and `queue.pingpong` are the limit: a ring in shared memory that knows one writer and one
/// reader only, neither of whom may die, and blocks on a futex. The library's own queue is there beside it.
#include <array>
#include <atomic>
#include <cstring>

#include "figures.hpp"
#include "multiprocessing/process.hpp"
#include "multiprocessing/queues.hpp"

namespace bench {
namespace {

namespace sync = multiprocessing::sync;
using multiprocessing::Bytes;

constexpr std::size_t message_size = 100;

/// What a C program would write for the purpose: messages of up to 120 bytes.
class BareRing {
public:
    BareRing() : block_(multiprocessing::Heap::instance().malloc(sizeof(Shared))) {}

    void put(const Bytes& message) {
        auto& ring = shared();
        const auto tail = ring.tail.load(std::memory_order_relaxed);
        while (tail - ring.seen_head == places) {
            ring.seen_head = ring.head.load(std::memory_order_acquire);
            if (tail - ring.seen_head == places) wait(ring.head, ring.seen_head, ring.writer_waits);
        }
        auto& place = ring.place[tail % places];
        place.size = message.size();
        std::memcpy(place.data, message.data(), message.size());
        ring.tail.store(tail + 1, std::memory_order_seq_cst);
        wake(ring.tail, tail, ring.reader_waits);
    }
    std::size_t get(std::byte* buffer) {
        auto& ring = shared();
        const auto head = ring.head.load(std::memory_order_relaxed);
        while (head == ring.seen_tail) {
            ring.seen_tail = ring.tail.load(std::memory_order_acquire);
            if (head == ring.seen_tail) wait(ring.tail, head, ring.reader_waits);
        }
        const auto& place = ring.place[head % places];
        const auto size = place.size;
        std::memcpy(buffer, place.data, size);
        ring.head.store(head + 1, std::memory_order_seq_cst);
        wake(ring.head, head, ring.writer_waits);
        return size;
    }

private:
    static constexpr std::uint32_t places = 1024;
    using Word = std::atomic<std::uint32_t>;

    struct Shared {
        alignas(64) Word tail;
        std::uint32_t seen_head;
        alignas(64) Word head;
        std::uint32_t seen_tail;
        /// Bit 31 and below it the value that was seen: never taken back.
        alignas(64) Word reader_waits;
        Word writer_waits;
        struct alignas(64) Place {
            std::size_t size;
            std::byte data[120];
        };
        Place place[places];
    };

    static constexpr std::uint32_t flag = std::uint32_t{1} << 31;

    static void wait(const Word& word, std::uint32_t seen, Word& waits) {
        for (int i = 0; i < 500; ++i) {
            if (word.load(std::memory_order_relaxed) != seen) return;
        }
        waits.store(flag | seen, std::memory_order_seq_cst);
        if (word.load(std::memory_order_seq_cst) == seen) sync::futex_wait(&word, seen, sync::forever);
    }
    static void wake(const Word& word, std::uint32_t before, const Word& waits) {
        if (waits.load(std::memory_order_relaxed) == (flag | before)) sync::futex_wake(&word, 1);
    }
    [[nodiscard]] Shared& shared() const { return *reinterpret_cast<Shared*>(block_.data()); }

    multiprocessing::Block block_;
};

std::size_t take(BareRing& ring) {
    static std::array<std::byte, 128> buffer;
    return ring.get(buffer.data());
}

template <template <typename> typename Queue>
std::size_t take(Queue<Bytes>& queue) {
    return queue.get().size();
}

/// Another process that takes what it is sent: it is told how much, and answers when it has it all.
template <typename Queue>
class Consumer {
public:
    Consumer() : process_({.target = [this] { consume(); }, .name = {}, .daemon = true}) {
        process_.start();
        throughput(1);  // it runs
    }

    std::chrono::nanoseconds throughput(long iterations) {
        return time(1, [&](long) {
            announce(iterations);
            for (long i = 0; i < iterations; ++i) there_.put(message_);
            take(back_);
        });
    }

    /// There and back again is one iteration.
    std::chrono::nanoseconds pingpong(long iterations) {
        return time(iterations, [&](long) {
            announce(1);
            there_.put(message_);
            take(back_);
        });
    }

private:
    void announce(long count) { count_.store(count, std::memory_order_release); }

    [[noreturn]] void consume() {
        for (;;) {
            take(there_);
            const long count = count_.load(std::memory_order_acquire);
            for (long i = 1; i < count; ++i) take(there_);
            back_.put(message_);
        }
    }

    const Bytes message_{message_size};
    Queue there_;
    Queue back_;
    multiprocessing::Block block_ = multiprocessing::Heap::instance().malloc(sizeof(std::atomic<long>));
    std::atomic<long>& count_ = *reinterpret_cast<std::atomic<long>*>(block_.data());
    multiprocessing::Process process_;
};

template <typename Queue>
void add(Figures& figures, const std::string& group, const std::string& suffix) {
    static const auto consumer = []() -> Consumer<Queue>& {
        static Consumer<Queue> instance;
        return instance;
    };
    figures[group + ".throughput_100B" + suffix] = [](long n) { return consumer().throughput(n); };
    figures[group + ".pingpong" + suffix] = [](long n) { return consumer().pingpong(n); };
}

}  // namespace

void add_queue(Figures& figures) {
    add<BareRing>(figures, "queue", "");
    add<multiprocessing::Queue<Bytes>>(figures, "queue", "_library");
    add<multiprocessing::SimpleQueue<Bytes>>(figures, "simplequeue", "_library");
}

}  // namespace bench
