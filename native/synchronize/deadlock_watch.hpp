/// @file
/// The part of a blocked acquire that looks for deadlocks.
#pragma once

#include "multiprocessing/synchronize/lock_state.hpp"

namespace multiprocessing::sync {

class DeadlockWatch {
public:
    DeadlockWatch(const LockState& lock, ProcessId process, ThreadId thread, InDeadlock what) noexcept
        : lock_(lock), process_(process), thread_(thread), what_(what) {}

    /// To be asked at each look. Reports a deadlock if that is what this process wants.
    /// @return whether the acquire is to be given up, for a deadlock that it is part of
    [[nodiscard]] bool finds(const Wait& wait) noexcept;

private:
    const LockState& lock_;
    const ProcessId process_;
    const ThreadId thread_;
    const InDeadlock what_;
};

}  // namespace multiprocessing::sync
