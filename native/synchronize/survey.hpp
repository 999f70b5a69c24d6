/// @file
/// A view of all lock arenas that a process has open, and of those of the processes that it meets there.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "multiprocessing/synchronize/barrier_state.hpp"
#include "multiprocessing/synchronize/condition_state.hpp"
#include "multiprocessing/synchronize/lock_state.hpp"
#include "multiprocessing/synchronize/semaphore_state.hpp"

namespace multiprocessing::sync {

/// Maps arenas to read, for as long as it lives.
class Survey {
public:
    /// Maps what `pid` has open, what those have open who hold or wait for something there, and so on.
    /// @throws OSError ESRCH, EACCES if nothing can be learnt of `pid` itself; others it does without
    explicit Survey(pid_t pid);
    Survey(const Survey&) = delete;
    Survey& operator=(const Survey&) = delete;
    ~Survey();

    template <typename State>
    struct Found {
        std::string address;
        const State* state;
    };
    [[nodiscard]] const std::vector<Found<LockState>>& locks() const { return locks_; }
    [[nodiscard]] const std::vector<Found<SemaphoreState>>& semaphores() const { return semaphores_; }
    [[nodiscard]] const std::vector<Found<ConditionState>>& conditions() const { return conditions_; }
    [[nodiscard]] const std::vector<Found<BarrierState>>& barriers() const { return barriers_; }

private:
    struct Mapping {
        const std::byte* data;
        std::size_t size;
    };
    friend void say_goodbye() noexcept;
    Survey() = default;
    void visit(pid_t pid);
    void map(const std::string& descriptor);
    void scan(ino_t inode, const Mapping& arena);
    /// A process that stands in an object: to be visited.
    void meet(ProcessId process);

    bool writable_ = false;
    std::map<std::pair<dev_t, ino_t>, Mapping> arenas_{};
    std::set<pid_t> met_{};
    std::vector<pid_t> to_visit_{};
    std::vector<Found<LockState>> locks_{};
    std::vector<Found<SemaphoreState>> semaphores_{};
    std::vector<Found<ConditionState>> conditions_{};
    std::vector<Found<BarrierState>> barriers_{};
};

}  // namespace multiprocessing::sync
