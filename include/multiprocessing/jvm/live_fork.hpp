/// @file
/// Live fork: fork() of a running HotSpot JVM whose child is a whole JVM.
///
/// fork() copies one thread, and a JVM needs a dozen more. Live fork parks every thread, forks, and makes in the child
/// each thread that the JVM needs anew, on its old stack and thread-local storage, where it was parked:
///
///     suspend application threads (JVMTI) → find threads → park → fork → release → resume
///                                                            └ child: repair → revive
///
/// The JVM's threads that were asleep at the fork go on ten milliseconds later than the others, in the parent and in
/// the child; if the next fork or the child's end comes sooner, they need not be woken, or made, at all.
///
/// Application threads do not continue in the child. Those that were inside the VM are revived all the same, since they
/// may hold the VM's locks: they run to their next transition, and stay suspended there.
/// Sources: clone(2), prctl(2), set_robust_list(2), rseq(2); the JVM Tool Interface; HotSpot's vmStructs.
#pragma once

#include <jni.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "multiprocessing/jvm/fork_refused.hpp"

namespace multiprocessing::jvm {

struct ForkOptions {
    /// The child becomes the caller's sibling: its parent is the caller's parent (CLONE_PARENT).
    bool sibling = false;
    /// Where the kernel writes the child's pid before the child can run; may be null. In memory that the child's parent
    /// shares it learns of the child even if this process is killed before it can tell. To be resident.
    pid_t* pid_cell = nullptr;
    /// How long the other threads may take to stop.
    std::chrono::milliseconds park_timeout{2000};
    /// How long to wait for a moment at which no application thread is inside of System.out, logging, class loading or
    /// another part of the JDK that a child cannot do without.
    std::chrono::milliseconds lock_patience{2000};
    /// The same, at which none that runs is in the JDK's code where it may hold a lock: in java.util.concurrent,
    /// where charsets or resources are found, or in a synchronized method.
    std::chrono::milliseconds brief_patience{100};
};

struct ForkResult {
    /// 0 in the child; in the parent, and in its parent's view, the child's pid.
    pid_t pid;
    /// The thread that was at such a place all the time: what it holds is held for good in the child. Mostly empty.
    std::string held;
};

/// Forks this JVM. Called in native code by an attached thread; one fork at a time in a process.
/// @throws ForkRefused
/// @throws OSError EAGAIN, ENOMEM when the kernel makes no process
[[nodiscard]] ForkResult live_fork(JNIEnv* env, const ForkOptions& options = {});

/// For a JVM that makes many children and does little else, once it has settled: moves its memory so that each fork,
/// and each child's end, costs less (see gathering.hpp). Parks all other threads meanwhile, for tens of milliseconds.
/// @return how many bytes were moved; 0 if the kernel has no large folios to give
/// @throws ForkRefused if a thread does not stop in time; OSError
std::size_t gather_memory(std::chrono::milliseconds park_timeout = std::chrono::milliseconds{2000});

/// The application's threads but the caller, which do not continue in a child. Local references.
/// @throws ForkRefused
[[nodiscard]] std::vector<jobject> application_threads(JNIEnv* env);

/// Why this JVM cannot be forked at all; nothing if it can.
/// @param any_collector asks for another JVM of this kind, with a collector that can be forked and no agent
[[nodiscard]] std::optional<std::string> fork_obstacle(JNIEnv* env, bool any_collector = false);

}  // namespace multiprocessing::jvm
