/// @file
/// Locks whose owners and waiters die.
#include <random>
#include <vector>

#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

template <typename T>
class LockDeathTest : public ::testing::Test {
protected:
    /// A child that holds the lock until it is killed.
    std::unique_ptr<Child> holder() {
        auto child = std::make_unique<Child>([this] {
            lock_.acquire();
            held_.open();
            linger();
        });
        EXPECT_TRUE(held_.pass());
        return child;
    }
    T lock_;
    Gate held_;
};
using EveryLock = ::testing::Types<Lock, RLock>;
struct LockNames {
    template <typename T>
    static std::string GetName(int) {
        return std::is_same_v<T, Lock> ? "Lock" : "RLock";
    }
};
TYPED_TEST_SUITE(LockDeathTest, EveryLock, LockNames);

/// Whether somebody sleeps, or is about to.
bool is_contended(const BasicLock& lock) {
    const auto& state = *reinterpret_cast<const sync::LockState*>(lock.block().data());
    return (state.word & sync::LockState::contended) != 0;
}

TYPED_TEST(LockDeathTest, TheNextGetsItAndLearnsIt) {
    const auto child = this->holder();
    EXPECT_TRUE(this->lock_.locked());
    EXPECT_FALSE(this->lock_.recovered());
    kill_and_reap(*child);
    EXPECT_TRUE(eventually([&] { return !this->lock_.locked(); }));
    EXPECT_LT(duration_of([&] { EXPECT_TRUE(this->lock_.acquire()); }), soon);
    EXPECT_TRUE(this->lock_.locked());
    EXPECT_TRUE(this->lock_.recovered());
    ASSERT_TRUE(this->lock_.dead_owner());
    EXPECT_EQ(this->lock_.dead_owner()->pid, child->pid());
    EXPECT_EQ(this->lock_.dead_owner()->thread, -child->pid());
    this->lock_.release();
    EXPECT_FALSE(this->lock_.recovered());
    EXPECT_TRUE(this->lock_.acquire(false));
    EXPECT_FALSE(this->lock_.recovered()) << "it is a matter of the one who took it over";
    this->lock_.release();
}

TYPED_TEST(LockDeathTest, WhoWaitsForItWakes) {
    const auto child = this->holder();
    Child waiter([&] {
        EXPECT_TRUE(this->lock_.acquire());
        EXPECT_TRUE(this->lock_.recovered());
        this->lock_.release();
    });
    ASSERT_TRUE(eventually([&] { return sleeps(waiter); }));
    const auto waited = duration_of([&] {
        multiprocessing::kill(child->pid(), SIGKILL);  // and a zombie until the test ends
        EXPECT_EQ(waiter.exitcode(), 0);
    });
    EXPECT_LT(waited, soon);
}

TYPED_TEST(LockDeathTest, ATryGetsIt) {
    const auto child = this->holder();
    EXPECT_FALSE(this->lock_.acquire(false));
    kill_and_reap(*child);
    EXPECT_TRUE(eventually([&] { return this->lock_.acquire(false); }));
    EXPECT_TRUE(this->lock_.recovered());
    this->lock_.release();
}

TYPED_TEST(LockDeathTest, AShortTimeoutGetsIt) {
    const auto child = this->holder();
    kill_and_reap(*child);
    std::this_thread::sleep_for(15ms);  // for 10 ms the owner may be believed to live
    EXPECT_TRUE(this->lock_.acquire(1ms));
    this->lock_.release();
}

TYPED_TEST(LockDeathTest, ExitingIsDyingToo) {
    Child child([&] { this->lock_.acquire(); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(this->lock_.acquire());
    EXPECT_TRUE(this->lock_.recovered());
    this->lock_.release();
}

TYPED_TEST(LockDeathTest, OneOfManyGetsItAndThenTheOthers) {
    const auto child = this->holder();
    const RawValue<int> recovered;
    std::vector<std::unique_ptr<Child>> waiters;
    for (int i = 0; i < 4; ++i) {
        waiters.push_back(std::make_unique<Child>([&] {
            const std::lock_guard guard{this->lock_};
            if (this->lock_.recovered()) RawValue<int>(recovered).fetch_add(1);
        }));
    }
    for (auto& waiter : waiters) ASSERT_TRUE(eventually([&] { return sleeps(*waiter); }));
    kill_and_reap(*child);
    for (auto& waiter : waiters) EXPECT_EQ(waiter->exitcode(), 0);
    EXPECT_EQ(recovered.value(), 1);
}

TYPED_TEST(LockDeathTest, AWaiterThatDiesHarmsNobody) {
    this->lock_.acquire();
    Child victim([&] { this->lock_.acquire(); });
    Child other([&] {
        this->lock_.acquire();
        this->lock_.release();
    });
    ASSERT_TRUE(eventually([&] { return sleeps(victim) && sleeps(other); }));
    kill_and_reap(victim);
    this->lock_.release();
    EXPECT_EQ(other.exitcode(), 0);
    EXPECT_TRUE(this->lock_.acquire(false));
    EXPECT_FALSE(this->lock_.recovered());
    this->lock_.release();
}

TYPED_TEST(LockDeathTest, AThreadThatEndsKeepsIt) {
    std::thread([&] { this->lock_.acquire(); }).join();
    EXPECT_TRUE(this->lock_.locked());
    EXPECT_FALSE(in_thread([&] { return this->lock_.acquire(60ms); })) << "its process lives";
}

TYPED_TEST(LockDeathTest, SurvivesAKillAtAnyInstruction) {
    auto& lock = this->lock_;
    kill_at_every_instruction([] {},
                              [&] {
                                  lock.acquire();
                                  lock.release();
                              },
                              [&] {
                                  ASSERT_TRUE(lock.acquire(1s));
                                  lock.release();
                                  ASSERT_FALSE(lock.locked());
                              });
}

TYPED_TEST(LockDeathTest, SurvivesAKillAtAnyInstructionOfATakeOver) {
    auto& lock = this->lock_;
    const auto leave_to_the_dead = [&] {
        const pid_t pid = multiprocessing::fork();
        if (pid == 0) {
            lock.acquire();
            ::_exit(0);
        }
        static_cast<void>(multiprocessing::waitpid(pid));
    };
    leave_to_the_dead();
    kill_at_every_instruction([] {}, [&] { static_cast<void>(lock.acquire(false)); },
                              [&] {
                                  ASSERT_TRUE(lock.acquire(1s));
                                  lock.release();
                                  leave_to_the_dead();
                              },
                              instruction_step * 67);
}

TYPED_TEST(LockDeathTest, SurvivesAKillAtAnyInstructionOfAContendedRelease) {
    const LookInterval short_one(200us);
    auto& lock = this->lock_;
    Gate gate;
    const RawValue<int> passed;
    Child waiter([&] {
        while (gate.pass()) {
            const std::lock_guard guard{lock};
            RawValue<int>(passed).fetch_add(1);
        }
    });
    int rounds = 0;
    kill_at_every_instruction(
        [&] {
            lock.acquire();
            gate.open();
            EXPECT_TRUE(eventually([&] { return is_contended(lock); }));
        },
        [&] { lock.release(); },
        [&] {
            ++rounds;
            ASSERT_TRUE(eventually([&] { return passed.value() == rounds; }));
        });
}

// Many processes take a lock and are killed at random.

struct Guarded {
    std::atomic<int> inside;
    std::atomic<long> entered;
    std::atomic<long> violations;
    std::atomic<long> recoveries;
};

template <typename T>
void enter_again_and_again(T& lock, Guarded& shared, int id) {
    std::mt19937 random(static_cast<unsigned>(id));
    for (;;) {
        if (random() % 4 == 0) {
            if (!lock.acquire(std::chrono::microseconds(random() % 200))) continue;
        } else {
            lock.acquire();
        }
        if (lock.recovered()) {
            ++shared.recoveries;
        } else if (shared.inside != 0) {
            ++shared.violations;  // neither was it left by a dead one
        }
        shared.inside = id;
        for (auto i = random() % 200; i > 0; --i) {
            if (shared.inside != id) ++shared.violations;
        }
        shared.inside = 0;
        ++shared.entered;
        lock.release();
    }
}

TYPED_TEST(LockDeathTest, RandomKillsLeaveItWhole) {
    auto& lock = this->lock_;
    const auto block = Heap::instance().malloc(sizeof(Guarded));
    auto& shared = *reinterpret_cast<Guarded*>(block.data());
    std::mt19937 random(42);
    int id = 0;
    const auto start = [&] {
        return std::make_unique<Child>([&, me = ++id] { enter_again_and_again(lock, shared, me); });
    };
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 4; ++i) children.push_back(start());
    for (const auto end = Clock::now() + killing_time(); Clock::now() < end;) {
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
        auto& victim = children[random() % children.size()];
        kill_and_reap(*victim);
        victim = start();
        const long before = shared.entered;
        ASSERT_TRUE(eventually([&] { return shared.entered > before; })) << "nobody gets in any more";
    }
    children.clear();
    EXPECT_EQ(shared.violations, 0);
    EXPECT_GT(shared.recoveries, 0) << "no kill hit an owner";
    EXPECT_TRUE(lock.acquire(1s));
    lock.release();
}

// No wake-up gets lost: here nobody looks for himself

TYPED_TEST(LockDeathTest, NoWakeUpIsLost) {
    const LookInterval none(no_looking);
    auto& lock = this->lock_;
    const auto block = Heap::instance().malloc(sizeof(long));
    auto& sum = *reinterpret_cast<volatile long*>(block.data());
    constexpr int processes = 3, threads = 2, rounds = 200'000;
    const auto work = [&](unsigned seed) {
        std::mt19937 random(seed);
        for (int i = 0; i < rounds;) {
            // Those that give up must hand on the wake-up that they may have got.
            if (random() % 3 == 0 ? lock.acquire(std::chrono::microseconds(random() % 50)) : lock.acquire()) {
                for (auto spin = random() % 500; spin > 0; --spin) sum = sum + 0;
                sum = sum + 1;
                ++i;
                lock.release();
            }
        }
    };
    std::vector<std::unique_ptr<Child>> children;
    for (unsigned i = 0; i < processes; ++i) {
        children.push_back(std::make_unique<Child>([&, i] {
            std::thread other(work, 100 + i);
            work(i);
            other.join();
        }));
    }
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0);
    EXPECT_EQ(sum, processes * threads * rounds);
}

}  // namespace
}  // namespace multiprocessing
