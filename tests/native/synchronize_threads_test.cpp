/// @file
/// The primitives between threads of one process, guarding memory that is not atomic: what one did is seen by the next.
/// ThreadSanitizer, which knows one process alone, checks the memory orders here.
#include <array>
#include <deque>
#include <mutex>
#include <vector>

#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

constexpr int threads = 4;
constexpr int rounds = 3'000;

/// Runs a function in several threads, each with its number.
template <typename Body>
void in_threads(Body&& body) {
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) running.emplace_back([&body, i] { body(i); });
    for (auto& thread : running) thread.join();
}

/// Takes it in each way that there is.
template <typename T>
void take(T& lock, int round) {
    switch (round % 3) {
        case 0: lock.acquire(); break;
        case 1:
            while (!lock.acquire(20us)) continue;
            break;
        default:
            while (!lock.acquire(false)) std::this_thread::yield();
    }
}

template <typename T>
void guards_a_number(T lock) {
    long number = 0;
    in_threads([&](int) {
        for (int round = 0; round < rounds; ++round) {
            take(lock, round);
            ++number;
            lock.release();
        }
    });
    EXPECT_EQ(number, long{threads} * rounds);
}

TEST(SynchronizeThreadsTest, LocksGuardANumber) {
    guards_a_number(Lock());
    guards_a_number(RLock());
    guards_a_number(Semaphore(1));
    guards_a_number(BoundedSemaphore(1));
}

TEST(SynchronizeThreadsTest, TrackedPermitsGuardANumber) {
    Semaphore semaphore(1);
    long number = 0;
    in_threads([&](int) {
        for (int round = 0; round < rounds; ++round) {
            const std::lock_guard guard{semaphore};
            ++number;
        }
    });
    EXPECT_EQ(number, long{threads} * rounds);
}

TEST(SynchronizeThreadsTest, SemaphoresHandOver) {
    Semaphore full(0), empty(1);
    long number = 0, sum = 0;
    std::thread producer([&] {
        for (int i = 1; i <= rounds; ++i) {
            empty.acquire();
            number = i;
            full.release();
        }
    });
    for (int i = 1; i <= rounds; ++i) {
        full.acquire();
        sum += number;
        empty.release();
    }
    producer.join();
    EXPECT_EQ(sum, long{rounds} * (rounds + 1) / 2);
}

TEST(SynchronizeThreadsTest, ConditionsGuardABuffer) {
    RLock lock;
    Condition not_empty(lock), not_full(lock);
    std::deque<int> buffer;
    long sum = 0;
    in_threads([&](int number) {
        for (int round = 0; round < rounds; ++round) {
            const std::lock_guard guard{lock};
            if (number % 2 == 0) {
                not_full.wait_for([&] { return buffer.size() < 3; });
                buffer.push_back(round);
                not_empty.notify();
            } else {
                while (!not_empty.wait_for([&] { return !buffer.empty(); }, 100us)) continue;
                sum += buffer.front();
                buffer.pop_front();
                not_full.notify();
            }
        }
    });
    EXPECT_EQ(sum, threads / 2 * (long{rounds} * (rounds - 1) / 2));
}

TEST(SynchronizeThreadsTest, EventsPublish) {
    for (int round = 0; round < 200; ++round) {
        Event event;
        int number = 0;
        std::thread setter([&] {
            number = round;
            event.set();
        });
        EXPECT_TRUE(event.wait());
        EXPECT_EQ(number, round);
        setter.join();
    }
}

TEST(SynchronizeThreadsTest, BarriersSeparatePhases) {
    long acted = 0;
    Barrier barrier(threads, [&] { ++acted; });
    std::array<int, threads> numbers{};
    in_threads([&](int number) {
        for (int round = 0; round < rounds / 10; ++round) {
            numbers.at(static_cast<std::size_t>(number)) = round;
            barrier.wait();
            for (const int other : numbers) ASSERT_EQ(other, round);
            ASSERT_EQ(acted, 2 * round + 1);
            barrier.wait();
        }
    });
}

}  // namespace
}  // namespace multiprocessing
