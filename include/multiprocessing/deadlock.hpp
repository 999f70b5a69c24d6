/// @file
/// Who holds which lock and who waits for it, across threads and processes; and who waits in a circle.
///
/// Nothing is registered anywhere and no name is left behind: the locks lie in arenas of their own, which each process
/// that uses them has open, and in each lock stand its owner and those that have been waiting for some time. Whoever
/// may look into a process's descriptors (/proc/PID/fd: its own user, root) can read them, while it runs or hangs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "multiprocessing/export.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// One of those that wait in a circle.
struct DeadlockMember {
    pid_t pid;
    /// Negative: a kernel thread's id; positive: a number that its program gave it, Java's thread ids for instance.
    std::int64_t thread;
    std::string lock;     ///< the name of the lock that it waits for; empty if it has none
    std::string address;  ///< where that lock lies: `inode:offset` of the arena
};

/// A circle: each waits for a lock that the next one holds, and the last for one of the first. A circle of one is a
/// thread that waits for a Lock that it holds itself. Through RLocks it is for ever; a Lock may be released by anybody,
/// so that it is a suspicion there, if mostly a justified one.
using Deadlock = std::vector<DeadlockMember>;

/// `<Deadlock: process 7 thread 7 waits for 'a', which process 8 …>`: a sentence for people.
[[nodiscard]] std::string describe(const Deadlock& deadlock);

/// All circles of threads that have been waiting for some time (some 50 ms), among the processes that share locks with
/// `pid`, or share some with those, and so on. Blocks nobody.
/// @param pid 0: this process @throws OSError ESRCH, EACCES
[[nodiscard]] std::vector<Deadlock> deadlocks(pid_t pid = 0);

/// Somebody who holds an object or waits for it.
struct LockUse {
    std::string kind;  ///< as the class is called: `Lock`, `BoundedSemaphore` is a `Semaphore`
    std::string name;  ///< empty if it has none
    std::string address;
    bool waits;
    pid_t pid;
    std::int64_t thread;  ///< as in DeadlockMember; 0 if it is not known
    bool alive;
    std::uint64_t count;  ///< how often it holds it
    std::chrono::nanoseconds waiting;
};

/// Who holds and who waits, among the same processes. Holders of semaphores are those of tracked permits.
/// @param pid 0: this process @throws OSError ESRCH, EACCES
[[nodiscard]] std::vector<LockUse> locks(pid_t pid = 0);

/// A blocked acquire found that it waits for itself. Nothing was taken.
class DeadlockError : public std::runtime_error {
public:
    explicit DeadlockError(Deadlock cycle) : runtime_error(describe(cycle)), cycle_(std::move(cycle)) {}
    [[nodiscard]] const Deadlock& cycle() const noexcept { return cycle_; }

private:
    Deadlock cycle_;
};

/// What an acquire that has been blocked for a while does when it is part of a deadlock.
enum class DeadlockAction {
    ignore,  ///< waits on and does not even look
    report,  ///< writes one line to stderr, and waits on
    /// Throws DeadlockError; where several of the circle would, the one that came last.
    raise,
    /// Throws DeadlockError in place of a report: for callers that write their own, and then wait on.
    tell,
};

/// For all of this process. At first: report, after a second.
void set_deadlock_action(DeadlockAction action, std::chrono::nanoseconds after = std::chrono::seconds(1)) noexcept;

namespace sync {
/// The circle for which this thread's last acquire was given up.
[[nodiscard]] Deadlock last_deadlock();
}  // namespace sync

}  // namespace multiprocessing
