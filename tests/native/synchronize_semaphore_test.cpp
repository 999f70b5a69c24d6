/// @file
/// Semaphore and BoundedSemaphore.
#include <mutex>
#include <random>
#include <vector>

#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

const std::string over_released = "semaphore or lock released too many times";

TEST(CountingSemaphoreTest, HandsOutItsPermits) {
    Semaphore semaphore(2);
    EXPECT_EQ(semaphore.get_value(), 2);
    EXPECT_TRUE(semaphore.acquire());
    EXPECT_TRUE(semaphore.acquire(false));
    EXPECT_EQ(semaphore.get_value(), 0);
    EXPECT_TRUE(semaphore.locked());
    EXPECT_FALSE(semaphore.acquire(false));
    semaphore.release();
    EXPECT_FALSE(semaphore.locked());
    EXPECT_TRUE(semaphore.acquire(1ms));
    EXPECT_EQ(Semaphore().get_value(), 1);
}

TEST(CountingSemaphoreTest, GrowsBeyondItsFirstValue) {
    Semaphore semaphore(0);
    for (int i = 0; i < 1000; ++i) semaphore.release();
    EXPECT_EQ(semaphore.get_value(), 1000);
}

TEST(CountingSemaphoreTest, HasALimit) {
    Semaphore semaphore(std::numeric_limits<int>::max());
    EXPECT_EQ(message<ValueError>([&] { semaphore.release(); }), over_released);
    EXPECT_EQ(semaphore.get_value(), std::numeric_limits<int>::max());
}

TEST(CountingSemaphoreTest, IsNotNegative) {
    EXPECT_EQ(os_error([] { Semaphore(-1); }), Failure(EINVAL, "sem_init"));
    EXPECT_EQ(os_error([] { BoundedSemaphore(-1); }), Failure(EINVAL, "sem_init"));
}

TEST(CountingSemaphoreTest, WaitsForAllItsTime) {
    Semaphore semaphore(0);
    EXPECT_GE(duration_of([&] { EXPECT_FALSE(semaphore.acquire(50ms)); }), 50ms);
    EXPECT_LT(duration_of([&] { EXPECT_FALSE(semaphore.acquire(-1s)); }), 40ms);
    EXPECT_EQ(semaphore.get_value(), 0);
}

TEST(CountingSemaphoreTest, SaysWhatItHas) {
    EXPECT_EQ(Semaphore(2).repr(), "<Semaphore(value=2)>");
    BoundedSemaphore bounded(3);
    bounded.acquire();
    EXPECT_EQ(bounded.repr(), "<BoundedSemaphore(value=2, maxvalue=3)>");
    EXPECT_EQ(Semaphore(1, "tables").name(), "tables");
}

TEST(CountingSemaphoreTest, ABoundedOneIsNotReleasedTooOften) {
    BoundedSemaphore semaphore(2);
    EXPECT_EQ(message<ValueError>([&] { semaphore.release(); }), over_released);
    semaphore.acquire();
    semaphore.release();
    EXPECT_EQ(message<ValueError>([&] { semaphore.release(); }), over_released);
    EXPECT_EQ(message<ValueError>([&] { semaphore.unlock(); }), over_released);
    EXPECT_EQ(semaphore.get_value(), 2);
}

TEST(CountingSemaphoreTest, AnotherProcessReleasesIt) {
    Semaphore semaphore(0);
    Child child([&] {
        for (int i = 0; i < 5; ++i) semaphore.release();
    });
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(semaphore.acquire());
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(CountingSemaphoreTest, AttachesToAnother) {
    BoundedSemaphore semaphore(3, "seats");
    const auto arena = Arena::attach(semaphore.block().arena()->fd());
    auto attached = BoundedSemaphore::attach(arena, semaphore.block().offset());
    attached.acquire();
    EXPECT_EQ(semaphore.get_value(), 2);
    EXPECT_EQ(attached.repr(), "<BoundedSemaphore(value=2, maxvalue=3)>");
    EXPECT_EQ(message<ValueError>([&] { static_cast<void>(Lock::attach(arena, semaphore.block().offset())); }),
              "no Lock lies there");
}

TEST(CountingSemaphoreTest, APlainPermitDiesWithItsTaker) {
    Semaphore semaphore(2);
    Child child([&] { semaphore.acquire(); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(semaphore.get_value(), 1) << "it might have been a message";
}

TEST(CountingSemaphoreTest, ATrackedPermitComesBack) {
    Semaphore semaphore(3);
    Gate held;
    Child child([&] {
        semaphore.lock();
        semaphore.lock();
        semaphore.lock();
        semaphore.unlock();
        held.open();
        linger();
    });
    ASSERT_TRUE(held.pass());
    EXPECT_EQ(semaphore.get_value(), 1);
    kill_and_reap(child);
    EXPECT_TRUE(eventually([&] { return semaphore.get_value() == 3; }));
}

TEST(CountingSemaphoreTest, WhoWaitsGetsADeadOnesPermit) {
    BoundedSemaphore semaphore(1);
    Gate held;
    Child child([&] {
        semaphore.lock();
        held.open();
        linger();
    });
    ASSERT_TRUE(held.pass());
    Child waiter([&] { semaphore.lock(); });
    ASSERT_TRUE(eventually([&] { return sleeps(waiter); }));
    EXPECT_LT(duration_of([&] {
                  multiprocessing::kill(child.pid(), SIGKILL);
                  EXPECT_EQ(waiter.exitcode(), 0);
              }),
              soon);
    EXPECT_TRUE(eventually([&] { return semaphore.get_value() == 1; })) << "of the other one, which is dead as well";
    EXPECT_EQ(semaphore.repr(), "<BoundedSemaphore(value=1, maxvalue=1)>");
}

TEST(CountingSemaphoreTest, TracksMoreProcessesOneAfterTheOther) {
    Semaphore semaphore(2);
    for (int i = 0; i < 60; ++i) {
        Child child([&] { semaphore.lock(); });
        EXPECT_EQ(child.exitcode(), 0);
        std::lock_guard guard{semaphore};
    }
    EXPECT_TRUE(eventually([&] { return semaphore.get_value() == 2; }));
}

TEST(CountingSemaphoreTest, MoreHoldersThanPlacesAreUntracked) {
    constexpr int many = static_cast<int>(sync::SemaphoreState::places) + 6;
    Semaphore semaphore(many);
    Gate held;
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < many; ++i) {
        children.push_back(std::make_unique<Child>([&] {
            semaphore.lock();
            held.open();
            linger();
        }));
        ASSERT_TRUE(held.pass());
    }
    EXPECT_EQ(semaphore.get_value(), 0);
    children.clear();
    EXPECT_TRUE(eventually([&] { return semaphore.get_value() == many - 6; }));
}

TEST(CountingSemaphoreTest, SurvivesAKillAtAnyInstruction) {
    Semaphore semaphore(2);
    const auto use = [&] {
        semaphore.lock();
        semaphore.unlock();
    };
    const auto verify = [&] { ASSERT_TRUE(eventually([&] { return semaphore.get_value() == 2; })); };
    kill_at_every_instruction(use, use, verify);
    kill_at_every_instruction([] {}, use, verify, instruction_step * 199);  // taking a place first
}

TEST(CountingSemaphoreTest, SurvivesAKillAtAnyInstructionOfAReclaim) {
    Semaphore semaphore(2);
    const auto leave_to_the_dead = [&] {
        const pid_t pid = multiprocessing::fork();
        if (pid == 0) {
            semaphore.lock();
            semaphore.lock();
            ::_exit(0);
        }
        static_cast<void>(multiprocessing::waitpid(pid));
    };
    leave_to_the_dead();
    kill_at_every_instruction([] {}, [&] { static_cast<void>(semaphore.try_lock()); },
                              [&] {
                                  ASSERT_TRUE(eventually([&] { return semaphore.get_value() == 2; }));
                                  leave_to_the_dead();
                              },
                              instruction_step * 67);
}

TEST(CountingSemaphoreTest, SurvivesAKillAtAnyInstructionOfAPost) {
    const LookInterval short_one(200us);
    Semaphore semaphore(0);
    const RawValue<int> passed;
    Child waiter([&] {
        for (;;) {
            semaphore.acquire();
            RawValue<int>(passed).fetch_add(1);
        }
    });
    const auto& word = reinterpret_cast<const sync::SemaphoreState*>(semaphore.block().data())->word;
    kill_at_every_instruction(
        [&] { EXPECT_TRUE(eventually([&] { return (word & 0xffff'ffff) == sync::SemaphoreState::contended; })); },
        [&] { semaphore.release(); },
        [&] {
            // Whether it was posted or not: what comes next gets through, and nothing too much.
            const int before = passed.value();
            semaphore.release();
            ASSERT_TRUE(eventually([&] { return passed.value() > before && semaphore.get_value() == 0; }));
            ASSERT_LE(passed.value(), before + 2);
        });
}

/// Random kills of those that take permits by lock(): none gets lost and there is never one too many.
TEST(CountingSemaphoreTest, RandomKillsLoseNoPermit) {
    constexpr int permits = 3;
    BoundedSemaphore semaphore(permits);
    const RawValue<long> entered;
    std::mt19937 random(7);
    const auto start = [&](unsigned seed) {
        return std::make_unique<Child>([&, seed] {
            std::mt19937 own(seed);
            std::thread sibling([&] {
                for (;;) {
                    std::lock_guard guard{semaphore};
                    RawValue<long>(entered).fetch_add(1);
                }
            });
            for (;;) {
                semaphore.lock();
                for (auto i = own() % 200; i > 0; --i) asm volatile("" ::: "memory");
                RawValue<long>(entered).fetch_add(1);
                semaphore.unlock();
            }
        });
    };
    std::vector<std::unique_ptr<Child>> children;
    for (unsigned i = 0; i < 5; ++i) children.push_back(start(i));
    unsigned seed = 100;
    for (const auto end = Clock::now() + killing_time(); Clock::now() < end;) {
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
        auto& victim = children[random() % children.size()];
        kill_and_reap(*victim);
        victim = start(++seed);
        const long before = entered.value();
        ASSERT_TRUE(eventually([&] { return entered.value() > before; })) << "the permits are lost";
        ASSERT_LE(semaphore.get_value(), permits);
    }
    children.clear();
    EXPECT_TRUE(eventually([&] { return semaphore.get_value() == permits; })) << semaphore.repr();
    for (int i = 0; i < permits; ++i) EXPECT_TRUE(semaphore.acquire(false));
    EXPECT_FALSE(semaphore.acquire(false));
}

TEST(CountingSemaphoreTest, NoWakeUpIsLost) {
    const LookInterval none(no_looking);
    Semaphore items(0);
    constexpr int consumers = 3, producers = 2, each = 60'000;
    std::vector<std::unique_ptr<Child>> children;
    for (unsigned c = 0; c < consumers; ++c) {
        children.push_back(std::make_unique<Child>([&, c] {
            std::mt19937 random(c);
            for (int i = 0; i < each * producers / consumers;) {
                if (random() % 4 == 0 ? items.acquire(std::chrono::microseconds(random() % 30)) : items.acquire()) ++i;
            }
        }));
    }
    for (int p = 0; p < producers; ++p) {
        children.push_back(std::make_unique<Child>([&] {
            for (int i = 0; i < each; ++i) items.release();
        }));
    }
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0);
    EXPECT_EQ(items.get_value(), 0);
}

/// What Semaphore does, step by step, against a plain number.
TEST(CountingSemaphoreTest, BehavesLikeItsModel) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        const int bound = static_cast<int>(random() % 4) + 1;
        BoundedSemaphore semaphore(bound);
        int value = bound;
        for (int step = 0; step < 200; ++step) {
            const bool tracked = random() % 2 == 0;
            if (random() % 2 == 0) {
                ASSERT_EQ(tracked ? semaphore.try_lock() : semaphore.acquire(false), value > 0) << "seed " << seed;
                if (value > 0) --value;
            } else {
                const auto text = message<ValueError>([&] { tracked ? semaphore.unlock() : semaphore.release(); });
                ASSERT_EQ(text, value == bound ? over_released : "nothing was thrown") << "seed " << seed;
                if (value < bound) ++value;
            }
            ASSERT_EQ(semaphore.get_value(), value) << "seed " << seed << " step " << step;
        }
    }
}

}  // namespace
}  // namespace multiprocessing
