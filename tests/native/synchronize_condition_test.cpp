/// @file
/// Condition.
#include <mutex>
#include <random>
#include <vector>

#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

class ConditionTest : public ::testing::Test {
protected:
    /// A child that waits for the condition, and then answers as `after` does.
    template <typename After>
    std::unique_ptr<Child> waiter(After after) {
        const int waiting = waiters();
        auto child = std::make_unique<Child>([this, after] {
            const std::lock_guard guard{condition_};
            EXPECT_TRUE(condition_.wait());
            woken_.fetch_add(1);
            after();
        });
        EXPECT_TRUE(eventually([&] { return waiters() == waiting + 1; }));
        return child;
    }
    std::unique_ptr<Child> waiter() {
        return waiter([] {});
    }
    [[nodiscard]] int waiters() const {
        return sync::waiters(*reinterpret_cast<const sync::ConditionState*>(condition_.block().data()));
    }
    void notify(int count) {
        const std::lock_guard guard{condition_};
        condition_.notify(count);
    }
    [[nodiscard]] int woken() { return woken_.fetch_add(0); }
    Condition condition_;
    RawValue<int> woken_;
};

TEST_F(ConditionTest, WantsItsLock) {
    EXPECT_EQ(message<AssertionError>([&] { condition_.wait(); }), "must acquire() condition before using wait()");
    EXPECT_EQ(message<AssertionError>([&] { condition_.notify(); }), "lock is not owned");
    EXPECT_EQ(message<AssertionError>([&] { condition_.notify_all(); }), "lock is not owned");
    EXPECT_FALSE(condition_.get_lock().locked());
}

TEST_F(ConditionTest, WaitsForAllItsTime) {
    const std::lock_guard guard{condition_};
    EXPECT_GE(duration_of([&] { EXPECT_FALSE(condition_.wait(30ms)); }), 30ms);
    EXPECT_FALSE(condition_.wait(-1s));
    EXPECT_TRUE(condition_.get_lock().locked());
    EXPECT_EQ(waiters(), 0);
}

TEST_F(ConditionTest, ANotificationThatNobodyWaitsForIsGone) {
    notify(3);
    const std::lock_guard guard{condition_};
    EXPECT_FALSE(condition_.wait(5ms));
}

TEST_F(ConditionTest, WakesAProcess) {
    const auto child = waiter();
    notify(1);
    EXPECT_EQ(child->exitcode(), 0);
}

TEST_F(ConditionTest, WakesAsManyAsItIsTold) {
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 6; ++i) children.push_back(waiter());
    notify(0);
    notify(2);
    EXPECT_TRUE(eventually([&] { return woken() == 2; }));
    EXPECT_EQ(waiters(), 4);
    std::this_thread::sleep_for(60ms);  // nobody is to wake, also not by the look around that comes every 40 ms
    EXPECT_EQ(woken(), 2);
    notify(1);
    EXPECT_TRUE(eventually([&] { return woken() == 3; }));
    notify(100);
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0);
    EXPECT_EQ(woken(), 6);
}

TEST_F(ConditionTest, WakesTheFirstFirst) {
    const auto first = waiter();
    const auto second = waiter();
    notify(1);
    EXPECT_EQ(first->exitcode(), 0);
    EXPECT_TRUE(sleeps(*second));
    notify(1);
    EXPECT_EQ(second->exitcode(), 0);
}

TEST_F(ConditionTest, ReleasesItsLockAltogether) {
    condition_.acquire();
    condition_.acquire();
    condition_.acquire();
    Child child([&] {
        const std::lock_guard guard{condition_};
        condition_.notify();
    });
    EXPECT_TRUE(condition_.wait());
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(condition_.repr(), "<Condition(<RLock(MainProcess, 3)>, 0)>");
    for (int i = 0; i < 3; ++i) condition_.release();
    EXPECT_FALSE(condition_.get_lock().locked());
}

TEST_F(ConditionTest, GoesWithALockToo) {
    Lock lock;
    Condition condition(lock);
    EXPECT_EQ(message<AssertionError>([&] { condition.wait(); }), "must acquire() condition before using wait()");
    lock.acquire();
    Child child([&] {
        const std::lock_guard guard{lock};
        condition.notify();
    });
    EXPECT_TRUE(condition.wait());
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(lock.locked());
    lock.release();
    EXPECT_EQ(condition.repr(), "<Condition(<Lock(owner=None)>, 0)>");
}

TEST_F(ConditionTest, WaitsForAPredicate) {
    const RawValue<int> number;
    Child child([&] {
        for (int i = 1; i <= 3; ++i) {
            const std::lock_guard guard{condition_};
            RawValue<int>(number).value() = i;
            condition_.notify_all();
        }
    });
    const std::lock_guard guard{condition_};
    EXPECT_EQ(condition_.wait_for([&] { return number.value() == 3 ? 42 : 0; }), 42);
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_FALSE(condition_.wait_for([] { return false; }, 10ms));
    EXPECT_TRUE(condition_.wait_for([] { return true; }, -1ms));
}

TEST_F(ConditionTest, AttachesToAnother) {
    const auto arena = Arena::attach(condition_.block().arena()->fd());
    const auto& lock = condition_.get_lock().block();
    auto attached = Condition::attach(arena, condition_.block().offset(), RLock::attach(lock.arena(), lock.offset()));
    const auto child = waiter();
    {
        const std::lock_guard guard{attached};
        attached.notify();
    }
    EXPECT_EQ(child->exitcode(), 0);
}

TEST_F(ConditionTest, ServesMoreThanItHasPlacesFor) {
    constexpr int many = static_cast<int>(sync::ConditionState::places) + 10;
    std::vector<std::thread> threads;
    for (int i = 0; i < many; ++i) {
        threads.emplace_back([&] {
            const std::lock_guard guard{condition_};
            EXPECT_TRUE(condition_.wait());
            woken_.fetch_add(1);
        });
    }
    EXPECT_TRUE(eventually([&] { return waiters() == many; }));
    notify(5);
    EXPECT_TRUE(eventually([&] { return woken() == 5; }));
    for (int i = 5; i < many; ++i) {
        EXPECT_TRUE(eventually([&] {
            notify(1);
            return woken() > i;
        }));
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(waiters(), 0);
}

TEST_F(ConditionTest, WakesTheWholeCrowd) {
    constexpr int many = static_cast<int>(sync::ConditionState::places) + 10;
    std::vector<std::thread> threads;
    for (int i = 0; i < many; ++i) {
        threads.emplace_back([&] {
            const std::lock_guard guard{condition_};
            EXPECT_TRUE(condition_.wait());
        });
    }
    EXPECT_TRUE(eventually([&] { return waiters() == many; }));
    {
        const std::lock_guard guard{condition_};
        condition_.notify_all();
    }
    for (auto& thread : threads) thread.join();
}

// Death

TEST_F(ConditionTest, ANotifyDoesNotGoToTheDead) {
    const auto dead = waiter();
    const auto living = waiter();
    kill_and_reap(*dead);
    EXPECT_LT(duration_of([&] {
                  notify(1);
                  EXPECT_EQ(living->exitcode(), 0);
              }),
              soon);
}

TEST_F(ConditionTest, NotifyDoesNotWaitForTheDead) {
    const auto dead = waiter();
    kill_and_reap(*dead);
    EXPECT_LT(duration_of([&] { notify(1); }), soon);
    EXPECT_EQ(waiters(), 0);
}

TEST_F(ConditionTest, ANotificationThatDiedIsHandedOn) {
    const auto victim = waiter();
    const auto other = waiter();
    condition_.acquire();
    condition_.notify();  // it wakes, and waits for the lock
    kill_and_reap(*victim);
    condition_.release();
    EXPECT_EQ(other->exitcode(), 0);
}

TEST_F(ConditionTest, ButNotToWhoCameLater) {
    const auto victim = waiter();
    condition_.acquire();
    condition_.notify();
    kill_and_reap(*victim);
    EXPECT_FALSE(condition_.wait(200ms)) << "nobody else waited when it was sent";
    condition_.release();
}

TEST_F(ConditionTest, SurvivesAKillAtAnyInstructionOfAWait) {
    kill_at_every_instruction([&] { condition_.acquire(); },
                              [&] {
                                  condition_.wait(0s);
                                  condition_.release();
                              },
                              [&] {
                                  ASSERT_TRUE(condition_.acquire(1s));
                                  ASSERT_EQ(waiters(), 0);
                                  condition_.notify_all();
                                  ASSERT_FALSE(condition_.wait(0s));
                                  condition_.release();
                              },
                              instruction_step * 7);
}

TEST_F(ConditionTest, SurvivesAKillAtAnyInstructionOfANotify) {
    const LookInterval short_one(200us);
    Child waiter([&] {
        const std::lock_guard guard{condition_};
        for (;;) {
            condition_.wait();
            woken_.fetch_add(1);
        }
    });
    kill_at_every_instruction(
        [&] {
            EXPECT_TRUE(eventually([&] { return waiters() == 1; }));
            condition_.acquire();
        },
        [&] {
            condition_.notify();
            condition_.release();
        },
        [&] {
            const int before = woken();
            ASSERT_TRUE(eventually([&] {
                if (!condition_.acquire(1s)) return false;
                condition_.notify();
                condition_.release();
                return woken() > before;
            }));
        },
        instruction_step * 11);
}

/// Items go from a producer to consumers through a count that a condition guards, and consumers are killed. There is
/// one notification for each item, so that an item whose notification got lost would lie there for ever. Who is killed
/// after it had the lock again, and before it took the item, leaves a lock that says so: then all are told to look.
TEST_F(ConditionTest, RandomKillsLoseNoNotification) {
    const RawValue<long> items;
    const RawValue<long> taken;
    std::mt19937 random(3);
    const auto mend = [&] {
        if (condition_.get_lock().recovered()) condition_.notify_all();
    };
    const auto start = [&] {
        return std::make_unique<Child>([&] {
            RawValue<long> count = items;
            for (;;) {
                const std::lock_guard guard{condition_};
                condition_.wait_for([&] {
                    mend();
                    return count.value() > 0;
                });
                count.value() = count.value() - 1;
                RawValue<long>(taken).fetch_add(1);
            }
        });
    };
    std::vector<std::unique_ptr<Child>> consumers;
    for (int i = 0; i < 4; ++i) consumers.push_back(start());
    for (const auto end = Clock::now() + killing_time(); Clock::now() < end;) {
        for (auto n = random() % 4; n > 0; --n) {
            const std::lock_guard guard{condition_};
            mend();
            RawValue<long>(items).value() += 1;
            condition_.notify();
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
        auto& victim = consumers[random() % consumers.size()];
        kill_and_reap(*victim);
        victim = start();
        ASSERT_TRUE(eventually([&] {
            const std::lock_guard guard{condition_};
            mend();
            return items.value() == 0;
        })) << "an item lies there and nobody was told";
    }
    EXPECT_GT(taken.value(), 0);
}

TEST_F(ConditionTest, NoWakeUpIsLost) {
    const LookInterval none(no_looking);
    const RawValue<long> turn;
    constexpr int processes = 3;
    constexpr long rounds = 3000;
    std::vector<std::unique_ptr<Child>> children;
    for (long me = 0; me < processes; ++me) {
        children.push_back(std::make_unique<Child>([&, me] {
            RawValue<long> mine = turn;
            for (long round = 0; round < rounds; ++round) {
                const std::lock_guard guard{condition_};
                condition_.wait_for([&] { return mine.value() % processes == me; });
                mine.value() += 1;
                condition_.notify_all();
            }
        }));
    }
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0);
    EXPECT_EQ(turn.value(), processes * rounds);
}

}  // namespace
}  // namespace multiprocessing
