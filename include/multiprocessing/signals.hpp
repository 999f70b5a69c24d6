/// @file
/// Signals as something that can be read and waited for: a handler may do next to nothing, so this one writes the
/// signal's number to a pipe, as Python's `signal.set_wakeup_fd` does. Sources: sigaction(2), signal-safety(7).
///
/// Signals of one kind that come before the first of them was read may be one, as the kernel merges them too.
#pragma once

#include <chrono>
#include <optional>

#include "multiprocessing/export.hpp"

namespace multiprocessing {
namespace signals MULTIPROCESSING_API {

/// From now on, arrivals of a signal can be read; what it did before no longer happens. But if it is sent to one thread
/// (pthread_kill) and had a handler before, it still goes to that one: runtimes use signals so among their threads.
/// @throws OSError EINVAL for SIGKILL, SIGSTOP and what is no signal
void watch(int signal);

/// Gives a signal back what it did before watch(). Does nothing if it is not watched.
void unwatch(int signal);

/// A descriptor that is readable when a watched signal has come; close-on-exec. For wait().
[[nodiscard]] int fileno();

/// The next signal that came; blocks until one comes.
[[nodiscard]] int next();
/// Waits at most so long; negative means zero.
[[nodiscard]] std::optional<int> next(std::chrono::nanoseconds timeout);

/// To be called in a child that was forked without fork(3): it gets a pipe of its own. fork() does that by itself.
void after_fork();

}  // namespace signals
}  // namespace multiprocessing
