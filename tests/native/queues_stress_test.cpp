/// @file
/// Queues under load: nothing is lost, doubled, torn or out of order, and nobody sleeps on.
#include <map>

#include "queues_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
constexpr std::uint32_t rounds = 2'000;
#else
constexpr std::uint32_t rounds = 20'000;
#endif

/// How the queue is made, and how large its messages are.
struct Load {
    const char* name;
    int maxsize;
    std::size_t limit;
    std::size_t largest;
    std::uint32_t messages;
};

class QueueLoadTest : public ::testing::TestWithParam<Load> {
protected:
    static constexpr std::uint32_t senders = 3, receivers = 3;

    /// Checks what it gets until it is told to end. @return the sum of the seeds
    static std::uint64_t receive(Queue<>& queue) {
        std::map<std::uint32_t, std::uint32_t> next;
        std::uint64_t sum = 0;
        for (;;) {
            const auto bytes = queue.get();
            if (bytes.empty()) return sum;
            const auto message = Numbered::of(bytes, GetParam().largest);
            EXPECT_GE(message.number, next[message.sender]) << "out of order";
            next[message.sender] = message.number + 1;
            sum += message.seed();
        }
    }
    static void send(Queue<>& queue, std::uint32_t sender) {
        for (std::uint32_t i = 0; i < GetParam().messages; ++i) {
            queue.put(Numbered{sender, i}.bytes(GetParam().largest));
        }
    }
    static std::uint64_t expected() {
        std::uint64_t sum = 0;
        for (std::uint32_t sender = 1; sender <= senders; ++sender) {
            for (std::uint32_t i = 0; i < GetParam().messages; ++i) sum += Numbered{sender, i}.seed();
        }
        return sum;
    }

    const LookInterval none_{no_looking};
    Queue<> queue_{GetParam().maxsize, GetParam().limit};
    RawValue<std::uint64_t> sum_{std::uint64_t{0}};
};

TEST_P(QueueLoadTest, Processes) {
    std::vector<std::unique_ptr<Child>> to_end;
    for (std::uint32_t i = 0; i < receivers; ++i) {
        to_end.push_back(std::make_unique<Child>([&] { sum_.fetch_add(receive(queue_)); }));
    }
    std::vector<std::unique_ptr<Child>> sending;
    for (std::uint32_t sender = 1; sender <= senders; ++sender) {
        sending.push_back(std::make_unique<Child>([&, sender] { send(queue_, sender); }));
    }
    for (auto& child : sending) ASSERT_EQ(child->exitcode(), 0);
    for (std::uint32_t i = 0; i < receivers; ++i) queue_.put({});
    for (auto& child : to_end) ASSERT_EQ(child->exitcode(), 0);
    EXPECT_EQ(sum_.value(), expected());
    EXPECT_EQ(queue_.qsize(), 0);
    EXPECT_EQ(queue_.lost(), 0u);
}

TEST_P(QueueLoadTest, Threads) {
    std::vector<std::thread> receiving;
    for (std::uint32_t i = 0; i < receivers; ++i) {
        receiving.emplace_back([&] { sum_.fetch_add(receive(queue_)); });
    }
    std::vector<std::thread> sending;
    for (std::uint32_t sender = 1; sender <= senders; ++sender) {
        sending.emplace_back([&, sender] { send(queue_, sender); });
    }
    for (auto& thread : sending) thread.join();
    for (std::uint32_t i = 0; i < receivers; ++i) queue_.put({});
    for (auto& thread : receiving) thread.join();
    EXPECT_EQ(sum_.value(), expected());
    EXPECT_EQ(queue_.qsize(), 0);
}

INSTANTIATE_TEST_SUITE_P(Loads, QueueLoadTest,
                         ::testing::Values(Load{"Unbounded", 0, 0, 200, rounds},
                                           Load{"UnboundedLarge", 0, 0, 50'000, rounds / 20},
                                           Load{"OneItem", 1, 0, 100, rounds / 4},
                                           Load{"FewItems", 5, 0, 5'000, rounds / 4},
                                           Load{"SmallRing", 0, 4096, 500, rounds / 2},
                                           Load{"Pieces", 0, 4096, 20'000, rounds / 20},
                                           Load{"ItemsAndBytes", 3, 4096, 3'000, rounds / 10}),
                         [](const auto& load) { return load.param.name; });

/// Back and forth between more than there are processors, one message at a time: each wake-up counts.
TEST(QueueWakeUpTest, NoneIsLost) {
    const LookInterval none(no_looking);
    SimpleQueue<int> there, back;
    std::vector<std::unique_ptr<Child>> echoes;
    constexpr int partners = 4;
    for (int i = 0; i < partners; ++i) {
        echoes.push_back(std::make_unique<Child>([&] {
            for (int message = there.get(); message >= 0; message = there.get()) back.put(message);
        }));
    }
    for (std::uint32_t i = 0; i < rounds; ++i) {
        const int burst = static_cast<int>(i % 7 + 1);
        for (int k = 0; k < burst; ++k) there.put(k);
        int sum = 0;
        for (int k = 0; k < burst; ++k) sum += back.get();
        ASSERT_EQ(sum, burst * (burst - 1) / 2);
    }
    for (int i = 0; i < partners; ++i) there.put(-1);
    for (auto& echo : echoes) EXPECT_EQ(echo->exitcode(), 0);
}

/// Those who give up waiting take no wake-up with them.
TEST(QueueWakeUpTest, WhoGivesUpLeavesItToOthers) {
    const LookInterval none(no_looking);
    Queue<std::uint32_t> queue(2);
    std::atomic<std::uint32_t> received{0}, sent{0};
    const auto count = rounds / 4;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {  // patient
            while (queue.get() != 0) ++received;
        });
        threads.emplace_back([&] {  // impatient
            while (received + 10 < count) {
                try {
                    if (queue.get(std::chrono::microseconds(20)) != 0) ++received;
                } catch (const Empty&) {
                }
            }
        });
        threads.emplace_back([&, i] {
            while (sent++ < count) {
                for (bool done = false; !done;) {
                    try {
                        if (i == 0) queue.put(1);
                        else queue.put(1, std::chrono::microseconds(20));
                        done = true;
                    } catch (const Full&) {
                    }
                }
            }
        });
    }
    for (std::size_t i : {2, 5}) threads[i].join();
    for (std::size_t i : {1, 4}) threads[i].join();
    for (int i = 0; i < 2; ++i) queue.put(0);
    for (std::size_t i : {0, 3}) threads[i].join();
    EXPECT_EQ(received, count);
}

}  // namespace
}  // namespace multiprocessing
