/// @file
/// Who holds, who waits, and who waits in a circle.
#include "multiprocessing/deadlock.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <vector>

#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

/// Restores what a blocked acquire does.
class Action {
public:
    explicit Action(DeadlockAction action, std::chrono::nanoseconds after = 100ms) {
        set_deadlock_action(action, after);
    }
    Action(const Action&) = delete;
    Action& operator=(const Action&) = delete;
    ~Action() { set_deadlock_action(DeadlockAction::report); }
};

/// The one deadlock that is to come.
Deadlock await_deadlock(pid_t pid = 0) {
    std::vector<Deadlock> found;
    EXPECT_TRUE(eventually([&] {
        found = deadlocks(pid);
        return !found.empty();
    }));
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? Deadlock{} : found.front();
}

/// Processes in a circle: each holds a lock and waits for the next one's.
template <typename AnyLock>
class Circle {
public:
    explicit Circle(std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) locks_.emplace_back("lock " + std::to_string(i));
        Gate held;
        std::vector<Gate> go(size);
        for (std::size_t i = 0; i < size; ++i) {
            children.push_back(std::make_unique<Child>([&, i] {
                const std::lock_guard own{locks_[i]};
                held.open();
                EXPECT_TRUE(go[i].pass());
                try {
                    const std::lock_guard next{locks_[(i + 1) % size]};
                    return 0;
                } catch (const DeadlockError&) {
                    return 7;
                }
            }));
        }
        for (std::size_t i = 0; i < size; ++i) EXPECT_TRUE(held.pass());
        for (auto& gate : go) gate.open();
    }
    std::vector<std::unique_ptr<Child>> children;

private:
    std::vector<AnyLock> locks_;
};

TEST(DeadlockTest, FindsACircleOfProcesses) {
    const Action silent(DeadlockAction::ignore);
    for (const std::size_t size : {2u, 3u, 5u}) {
        const Circle<RLock> circle(size);
        auto deadlock = await_deadlock();
        ASSERT_EQ(deadlock.size(), size);
        const auto first = std::ranges::find(deadlock, circle.children[0]->pid(), &DeadlockMember::pid);
        ASSERT_NE(first, deadlock.end());
        std::ranges::rotate(deadlock, first);
        for (std::size_t i = 0; i < size; ++i) {
            EXPECT_EQ(deadlock[i].pid, circle.children[i]->pid());
            EXPECT_EQ(deadlock[i].thread, -circle.children[i]->pid());
            EXPECT_EQ(deadlock[i].lock, "lock " + std::to_string((i + 1) % size));
        }
        EXPECT_THAT(describe(deadlock), ::testing::HasSubstr("waits for lock 'lock 1' held by process " +
                                                             std::to_string(circle.children[1]->pid())));
    }
    EXPECT_TRUE(deadlocks().empty()) << "the dead wait for nobody";
}

TEST(DeadlockTest, IsSeenFromOutside) {
    const Action silent(DeadlockAction::ignore);
    auto ends = pipe();
    Child family([&] {
        Circle<Lock> circle(3);
        const pid_t member = circle.children[1]->pid();
        write_all(ends.writer.get(), std::as_bytes(std::span(&member, 1)));
        linger();
    });
    pid_t member = 0;
    ASSERT_EQ(read_all(ends.reader.get(), std::as_writable_bytes(std::span(&member, 1))), sizeof member);
    EXPECT_TRUE(deadlocks().empty()) << "this process shares no lock with them";
    EXPECT_EQ(await_deadlock(member).size(), 3u);
    EXPECT_EQ(await_deadlock(family.pid()).size(), 3u);
    const auto uses = locks(member);
    EXPECT_EQ(std::ranges::count_if(uses, [](const LockUse& use) { return use.waits && use.kind == "Lock"; }), 3);
    EXPECT_EQ(std::ranges::count(uses, false, &LockUse::waits), 3);
    // Children of children: they end with their parent by PR_SET_PDEATHSIG.
}

TEST(DeadlockTest, FindsACircleOfThreads) {
    const Action raise(DeadlockAction::raise);
    RLock a("a"), b("b");
    Gate first, second;
    std::atomic<int> errors{0};
    const auto work = [&](RLock& own, RLock& next, Gate& mine, Gate& others) {
        const std::lock_guard guard{own};
        others.open();
        EXPECT_TRUE(mine.pass());
        try {
            const std::lock_guard inner{next};
        } catch (const DeadlockError& error) {
            EXPECT_EQ(error.cycle().size(), 2u);
            EXPECT_EQ(error.cycle().front().lock, next.name()) << "its own wait comes first";
            EXPECT_EQ(error.cycle().front().thread, -::gettid());
            ++errors;
        }
    };
    std::thread other(work, std::ref(a), std::ref(b), std::ref(first), std::ref(second));
    work(b, a, second, first);
    other.join();
    EXPECT_EQ(errors, 1) << "one gives up, the other goes on";
    EXPECT_FALSE(a.locked());
    EXPECT_FALSE(b.locked());
}

TEST(DeadlockTest, OneOfTheCircleGivesUp) {
    const Action raise(DeadlockAction::raise);
    Circle<Lock> circle(3);
    int gave_up = 0;
    for (auto& child : circle.children) gave_up += child->exitcode() == 7;
    EXPECT_EQ(gave_up, 1);
}

TEST(DeadlockTest, ALockMayWaitForItself) {
    const Action raise(DeadlockAction::raise);
    Lock lock("self");
    lock.acquire();
    EXPECT_THROW(lock.acquire(), DeadlockError);
    EXPECT_TRUE(lock.locked());
    lock.release();
}

TEST(DeadlockTest, IsReportedOnce) {
    const auto outcome = run_program(STDERR_FILENO, [] {
        set_deadlock_action(DeadlockAction::report, 50ms);
        Lock lock("mine");
        lock.acquire();
        EXPECT_FALSE(lock.acquire(400ms));
    });
    EXPECT_EQ(outcome.exitcode, 0);
    EXPECT_THAT(outcome.output, ::testing::MatchesRegex(
                                    "<Deadlock: process [0-9]+ thread [0-9]+ waits for lock 'mine' "
                                    "held by process [0-9]+ thread [0-9]+>\n"));
}

TEST(DeadlockTest, WaitingIsNoDeadlock) {
    const Action raise(DeadlockAction::raise, 50ms);
    RLock a("a"), b("b");
    Gate held;
    Child child([&] {
        const std::lock_guard guard{a};
        held.open();
        linger();
    });
    ASSERT_TRUE(held.pass());
    const std::lock_guard guard{b};
    EXPECT_FALSE(a.acquire(300ms));
    EXPECT_TRUE(deadlocks().empty());
}

TEST(DeadlockTest, ShowsWhoHoldsAndWhoWaits) {
    const Action silent(DeadlockAction::ignore);
    RLock lock("door");
    Semaphore seats(3, "seats");
    Condition condition;
    Barrier barrier(2);
    Gate held;
    Child holder([&] {
        lock.acquire();
        lock.acquire();
        seats.lock();
        seats.lock();
        held.open();
        linger();
    });
    ASSERT_TRUE(held.pass());
    Child waiter([&] { lock.acquire(); });
    Child sleeper([&] {
        condition.acquire();
        condition.wait();
    });
    Child early([&] { barrier.wait(); });
    const auto find = [](const std::string& kind, bool waits, pid_t pid) -> std::optional<LockUse> {
        const auto uses = locks();
        const auto found = std::ranges::find_if(
            uses, [&](const LockUse& use) { return use.kind == kind && use.waits == waits && use.pid == pid; });
        return found == uses.end() ? std::nullopt : std::optional(*found);
    };
    std::optional<LockUse> use;
    ASSERT_TRUE(eventually([&] { return (use = find("RLock", true, waiter.pid())).has_value(); }));
    EXPECT_EQ(use->name, "door");
    EXPECT_EQ(use->thread, -waiter.pid());
    EXPECT_GT(use->waiting, 1ms);
    ASSERT_TRUE(use = find("RLock", false, holder.pid()));
    EXPECT_EQ(use->count, 2u);
    EXPECT_TRUE(use->alive);
    ASSERT_TRUE(use = find("Semaphore", false, holder.pid()));
    EXPECT_EQ(use->name, "seats");
    EXPECT_EQ(use->count, 2u);
    EXPECT_TRUE(eventually([&] { return find("Condition", true, sleeper.pid()).has_value(); }));
    EXPECT_TRUE(eventually([&] { return find("Barrier", true, early.pid()).has_value(); }));
    kill_and_reap(holder);
    EXPECT_EQ(waiter.exitcode(), 0);
    EXPECT_EQ(os_error([] { static_cast<void>(locks(std::numeric_limits<int>::max() - 1)); }).first, ESRCH);
}

// Identity

TEST(IdentityTest, AForkedChildIsAnother) {
    const auto parent = sync::this_process();
    const auto thread = sync::this_thread(parent);
    EXPECT_EQ(sync::pid_of(parent), ::getpid());
    EXPECT_EQ(thread, -::gettid());
    EXPECT_EQ(parent >> 32, *process_start_time(::getpid()) & 0xffff'ffff);
    EXPECT_TRUE(sync::is_alive(parent));
    Child child([&] {
        const auto mine = sync::this_process();
        EXPECT_NE(mine, parent);
        EXPECT_EQ(sync::pid_of(mine), ::getpid());
        EXPECT_EQ(sync::this_thread(mine), -::gettid());
        EXPECT_TRUE(sync::is_alive(parent));
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(IdentityTest, SoIsOneThatWasCloned) {
    const auto parent = sync::this_process();
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (pid == 0) {
        const auto mine = sync::this_process();
        ::_exit(mine != parent && sync::pid_of(mine) == ::syscall(SYS_getpid) ? 0 : 1);
    }
    EXPECT_EQ(exitcode_of(pid), 0) << "without glibc's knowledge";
}

TEST(IdentityTest, TellsTheDead) {
    const pid_t pid = multiprocessing::fork();
    if (pid == 0) linger();
    const auto start = static_cast<sync::ProcessId>(*process_start_time(pid));
    const auto process = start << 32 | static_cast<sync::ProcessId>(pid);
    EXPECT_TRUE(sync::is_alive(process));
    EXPECT_FALSE(sync::is_alive(process + (sync::ProcessId{1} << 32))) << "the same pid, but later";
    multiprocessing::kill(pid, SIGKILL);
    EXPECT_TRUE(eventually([&] { return process_state(pid) == ProcessState::zombie; }));
    EXPECT_FALSE(sync::is_alive(process)) << "a zombie";
    static_cast<void>(multiprocessing::waitpid(pid));
    EXPECT_FALSE(sync::is_alive(process));
}

TEST(IdentityTest, IsAliveWhileAThreadLives) {
    auto ends = pipe();
    Child child([&] {
        std::thread([] { linger(); }).detach();
        const std::byte token{1};
        write_all(ends.writer.get(), std::span(&token, 1));
        ::syscall(SYS_exit, 0);  // the first thread alone
    });
    std::byte token{};
    ASSERT_EQ(read_all(ends.reader.get(), std::span(&token, 1)), 1u);
    const auto start = static_cast<sync::ProcessId>(*process_start_time(child.pid()));
    const auto process = start << 32 | static_cast<sync::ProcessId>(child.pid());
    EXPECT_TRUE(eventually([&] { return process_state(child.pid()) == ProcessState::zombie; }));
    EXPECT_TRUE(sync::is_alive(process));
}

}  // namespace
}  // namespace multiprocessing
