#include "multiprocessing/synchronize.hpp"

#include <mutex>
#include <vector>

#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using std::chrono::nanoseconds;

const std::string over_released = "semaphore or lock released too many times";
const std::string not_owned = "attempt to release recursive lock not owned by thread";

/// What Lock and RLock have in common.
template <typename T>
class EveryLockTest : public ::testing::Test {
protected:
    T lock_;
};
using EveryLock = ::testing::Types<Lock, RLock>;

struct LockNames {
    template <typename T>
    static std::string GetName(int) {
        return std::is_same_v<T, Lock> ? "Lock" : "RLock";
    }
};
TYPED_TEST_SUITE(EveryLockTest, EveryLock, LockNames);

TYPED_TEST(EveryLockTest, IsFreeAtFirst) {
    EXPECT_FALSE(this->lock_.locked());
}

TYPED_TEST(EveryLockTest, IsTakenAndReleased) {
    EXPECT_TRUE(this->lock_.acquire());
    EXPECT_TRUE(this->lock_.locked());
    this->lock_.release();
    EXPECT_FALSE(this->lock_.locked());
    EXPECT_TRUE(this->lock_.acquire(true));
    this->lock_.release();
    EXPECT_TRUE(this->lock_.acquire(false));
    this->lock_.release();
    EXPECT_TRUE(this->lock_.acquire(1ms));
    this->lock_.release();
    EXPECT_FALSE(this->lock_.locked());
}

TYPED_TEST(EveryLockTest, IsLockable) {
    {
        const std::lock_guard guard{this->lock_};
        EXPECT_TRUE(this->lock_.locked());
    }
    EXPECT_FALSE(this->lock_.locked());
    TypeParam other;
    {
        const std::scoped_lock both{this->lock_, other};
        EXPECT_TRUE(other.locked());
    }
    EXPECT_TRUE(this->lock_.try_lock());
    this->lock_.unlock();
    EXPECT_FALSE(this->lock_.locked());
}

TYPED_TEST(EveryLockTest, ExcludesAnotherThread) {
    this->lock_.acquire();
    EXPECT_FALSE(in_thread([&] { return this->lock_.acquire(false); }));
    EXPECT_FALSE(in_thread([&] { return this->lock_.try_lock(); }));
    this->lock_.release();
    EXPECT_TRUE(in_thread([&] {
        const bool taken = this->lock_.acquire(false);
        this->lock_.release();
        return taken;
    }));
}

TYPED_TEST(EveryLockTest, WaitsForAllItsTime) {
    this->lock_.acquire();
    const auto start = Clock::now();
    EXPECT_FALSE(in_thread([&] { return this->lock_.acquire(50ms); }));
    EXPECT_GE(Clock::now() - start, 50ms);
    this->lock_.release();
}

TYPED_TEST(EveryLockTest, ANegativeTimeoutOnlyTries) {
    this->lock_.acquire();
    EXPECT_FALSE(in_thread([&] { return this->lock_.acquire(nanoseconds(-1)); }));
    EXPECT_FALSE(in_thread([&] { return this->lock_.acquire(nanoseconds(0)); }));
    this->lock_.release();
    EXPECT_TRUE(in_thread([&] {
        const bool taken = this->lock_.acquire(nanoseconds(-1));
        this->lock_.release();
        return taken;
    }));
}

TYPED_TEST(EveryLockTest, ACopyIsTheSameLock) {
    auto copy = this->lock_;
    copy.acquire();
    EXPECT_TRUE(this->lock_.locked());
    this->lock_.release();
    EXPECT_FALSE(copy.locked());
}

TYPED_TEST(EveryLockTest, AnotherLockIsAnother) {
    TypeParam other;
    this->lock_.acquire();
    EXPECT_FALSE(other.locked());
    EXPECT_TRUE(other.acquire(false));
}

TYPED_TEST(EveryLockTest, IsSharedWithAChild) {
    this->lock_.acquire();
    Child child([&] {
        EXPECT_TRUE(this->lock_.locked());
        EXPECT_FALSE(this->lock_.acquire(false));
        EXPECT_FALSE(this->lock_.acquire(5ms));
    });
    EXPECT_EQ(child.exitcode(), 0);
    this->lock_.release();
}

TYPED_TEST(EveryLockTest, WakesAProcessThatWaits) {
    this->lock_.acquire();
    Child child([&] {
        EXPECT_TRUE(this->lock_.acquire());
        this->lock_.release();
    });
    ASSERT_TRUE(eventually([&] { return process_state(child.pid()) == ProcessState::sleeping; }));
    this->lock_.release();
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_FALSE(this->lock_.locked());
}

TYPED_TEST(EveryLockTest, WaitsAcrossSignals) {
    Gate held;
    Gate release;
    std::thread other([&] {
        this->lock_.acquire();
        held.open();
        EXPECT_TRUE(release.pass());
        this->lock_.release();
    });
    ASSERT_TRUE(held.pass());
    {
        const Interrupter interrupter(5, [&] { release.open(); });
        EXPECT_TRUE(this->lock_.acquire());
        EXPECT_GE(interrupter.count(), 5);
    }
    this->lock_.release();
    other.join();
}

TYPED_TEST(EveryLockTest, AttachesToAnother) {
    const auto arena = Arena::attach(this->lock_.block().arena()->fd());
    auto attached = TypeParam::attach(arena, this->lock_.block().offset());
    EXPECT_TRUE(attached.acquire());
    EXPECT_TRUE(this->lock_.locked());
    EXPECT_FALSE(in_thread([&] { return this->lock_.acquire(false); }));
    this->lock_.release();
    EXPECT_TRUE(this->lock_.acquire(false));
    attached.release();
    EXPECT_FALSE(this->lock_.locked());
    EXPECT_THROW(static_cast<void>(TypeParam::attach(arena, arena->size())), ValueError);
    EXPECT_THROW(static_cast<void>(Semaphore::attach(arena, this->lock_.block().offset())), ValueError);
}

/// Adds to a number that only the lock protects.
template <typename T>
void add_under(T& lock, volatile long& sum, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        const std::lock_guard guard{lock};
        sum = sum + 1;
    }
}

TYPED_TEST(EveryLockTest, ExcludesProcessesFromEachOther) {
    constexpr int processes = 4;
    constexpr int rounds = 3000;
    const auto block = Heap::instance().malloc(sizeof(long));
    auto& sum = *reinterpret_cast<volatile long*>(block.data());
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < processes; ++i) {
        children.push_back(std::make_unique<Child>([&] { add_under(this->lock_, sum, rounds); }));
    }
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0);
    EXPECT_EQ(sum, processes * rounds);
    EXPECT_FALSE(this->lock_.locked());
}

TYPED_TEST(EveryLockTest, ExcludesThreadsOfProcesses) {
    constexpr int rounds = 1000;
    const auto block = Heap::instance().malloc(sizeof(long));
    auto& sum = *reinterpret_cast<volatile long*>(block.data());
    const auto work = [&] {
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i) threads.emplace_back([&] { add_under(this->lock_, sum, rounds); });
        for (auto& thread : threads) thread.join();
    };
    Child child(work);
    work();
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(sum, 2 * 3 * rounds);
}

// Lock: nobody owns it

TEST(LockTest, IsNotTakenTwice) {
    Lock lock;
    lock.acquire();
    EXPECT_FALSE(lock.acquire(false));
    const auto start = Clock::now();
    EXPECT_FALSE(lock.acquire(20ms));
    EXPECT_GE(Clock::now() - start, 20ms);
    lock.release();
}

TEST(LockTest, IsNotReleasedTwice) {
    Lock lock;
    EXPECT_EQ(message<ValueError>([&] { lock.release(); }), over_released);
    lock.acquire();
    lock.release();
    EXPECT_EQ(message<ValueError>([&] { lock.release(); }), over_released);
    EXPECT_TRUE(lock.acquire(false));
    EXPECT_FALSE(lock.acquire(false)) << "the failed releases added nothing";
}

TEST(LockTest, AnyThreadReleasesIt) {
    Lock lock;
    lock.acquire();
    std::thread([&] { lock.release(); }).join();
    EXPECT_FALSE(lock.locked());
}

TEST(LockTest, AnyProcessReleasesIt) {
    Lock lock;
    lock.acquire();
    Child child([&] { lock.release(); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_FALSE(lock.locked());
}

// RLock: its owner is a thread of a process

TEST(RLockTest, IsTakenAgainByItsOwner) {
    RLock lock;
    EXPECT_TRUE(lock.acquire());
    EXPECT_TRUE(lock.acquire(false));
    EXPECT_TRUE(lock.acquire(1ms));
    lock.release();
    lock.release();
    EXPECT_TRUE(lock.locked()) << "not before the last release";
    EXPECT_FALSE(in_thread([&] { return lock.acquire(false); }));
    lock.release();
    EXPECT_FALSE(lock.locked());
}

TEST(RLockTest, CountsAThousandfold) {
    RLock lock;
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(lock.acquire(false));
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(lock.locked());
        lock.release();
    }
    EXPECT_FALSE(lock.locked());
}

TEST(RLockTest, NobodyReleasesAFreeOne) {
    RLock lock;
    EXPECT_EQ(message<AssertionError>([&] { lock.release(); }), not_owned);
    lock.acquire();
    lock.release();
    EXPECT_EQ(message<AssertionError>([&] { lock.release(); }), not_owned);
    EXPECT_TRUE(lock.acquire(false));
}

TEST(RLockTest, NoOtherThreadReleasesIt) {
    RLock lock;
    lock.acquire();
    EXPECT_EQ(in_thread([&] { return message<AssertionError>([&] { lock.release(); }); }), not_owned);
    EXPECT_TRUE(lock.locked());
    lock.release();
}

TEST(RLockTest, CopiesHaveOneOwner) {
    RLock lock;
    auto copy = lock;
    lock.acquire();
    EXPECT_TRUE(copy.acquire(false));
    copy.release();
    copy.release();
    EXPECT_FALSE(lock.locked());
}

TEST(RLockTest, WhatTheParentHoldsIsNotTheChilds) {
    RLock lock;
    lock.acquire();
    lock.acquire();
    Child child([&] {
        EXPECT_FALSE(lock.acquire(false));
        EXPECT_EQ(message<AssertionError>([&] { lock.release(); }), not_owned);
        EXPECT_TRUE(lock.acquire());
        EXPECT_TRUE(lock.acquire(false));
        lock.release();
        EXPECT_TRUE(lock.locked()) << "it counts from one";
        lock.release();
    });
    ASSERT_TRUE(eventually([&] { return process_state(child.pid()) == ProcessState::sleeping; }));
    lock.release();
    EXPECT_TRUE(lock.locked()) << "once is not enough";
    EXPECT_FALSE(multiprocessing::waitpid(child.pid(), 20ms));
    lock.release();
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_FALSE(lock.locked());
}

TEST(RLockTest, WhatTheParentHoldsIsNotTheGrandchilds) {
    RLock lock;
    Child child([&] {
        lock.acquire();
        Child grandchild([&] {
            EXPECT_FALSE(lock.acquire(false));
            EXPECT_EQ(message<AssertionError>([&] { lock.release(); }), not_owned);
        });
        EXPECT_EQ(grandchild.exitcode(), 0);
        lock.release();
    });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(lock.acquire(false));
}

TEST(RLockTest, ANewThreadIsNotItsDeadOwner) {
    RLock lock;
    std::thread([&] { lock.acquire(); }).join();
    EXPECT_FALSE(in_thread([&] { return lock.acquire(false); })) << "even if it has the same pthread_t";
}

TEST(RLockTest, AttachedTwiceItIsTheSame) {
    RLock lock;
    auto again = RLock::attach(lock.block().arena(), lock.block().offset());
    lock.acquire();
    EXPECT_TRUE(again.acquire(false));
    again.release();
    EXPECT_TRUE(lock.locked());
    again.release();
    EXPECT_FALSE(lock.locked());
}

// Names and texts

TYPED_TEST(EveryLockTest, HasAName) {
    EXPECT_EQ(this->lock_.name(), "");
    EXPECT_EQ(TypeParam("left fork").name(), "left fork");
    EXPECT_EQ(TypeParam(std::string(100, 'x')).name(), std::string(63, 'x'));
    const TypeParam named("shared");
    EXPECT_EQ(TypeParam::attach(named.block().arena(), named.block().offset()).name(), "shared");
}

TEST(LockTest, SaysWhoHoldsIt) {
    Lock lock;
    EXPECT_EQ(lock.repr(), "<Lock(owner=None)>");
    lock.acquire();
    EXPECT_EQ(lock.repr(), "<Lock(owner=MainProcess)>");
    EXPECT_EQ(in_thread([&] { return lock.repr(); }), "<Lock(owner=SomeOtherThread)>");
    Child child([&] { EXPECT_EQ(lock.repr(), "<Lock(owner=SomeOtherProcess)>"); });
    EXPECT_EQ(child.exitcode(), 0);
    lock.release();
    EXPECT_THAT(in_thread([&] {
                    const std::lock_guard guard{lock};
                    return lock.repr();
                }),
                ::testing::MatchesRegex("<Lock\\(owner=MainProcess.Thread-[0-9]+\\)>"));
}

TEST(RLockTest, SaysWhoHoldsItAndHowOften) {
    RLock lock;
    EXPECT_EQ(lock.repr(), "<RLock(None, 0)>");
    lock.acquire();
    lock.acquire();
    EXPECT_EQ(lock.repr(), "<RLock(MainProcess, 2)>");
    EXPECT_EQ(in_thread([&] { return lock.repr(); }), "<RLock(SomeOtherThread, nonzero)>");
    Child child([&] { EXPECT_EQ(lock.repr(), "<RLock(SomeOtherProcess, nonzero)>"); });
    EXPECT_EQ(child.exitcode(), 0);
    lock.release();
    lock.release();
}

}  // namespace
}  // namespace multiprocessing
