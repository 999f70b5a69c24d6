/// @file
/// Processes: fork, waitpid, kill, /proc, spawn, and the class Process with the interface of Python's
/// `multiprocessing.Process`.
///
/// Sources: fork(2), waitpid(2), pidfd_open(2), posix_spawn(3), proc(5); CPython's Lib/multiprocessing/process.py
/// and popen_fork.py.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "multiprocessing/export.hpp"
#include "multiprocessing/pipe.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// How a child ended, decoded from waitpid's status word.
class ExitStatus {
public:
    explicit ExitStatus(int raw) noexcept : raw_(raw) {}

    /// The status word as waitpid gave it.
    [[nodiscard]] int raw() const noexcept { return raw_; }
    [[nodiscard]] bool exited() const noexcept;
    [[nodiscard]] bool signaled() const noexcept;
    /// The exit code, 0 to 255; 0 if a signal ended the process.
    [[nodiscard]] int code() const noexcept;
    /// The signal that ended the process; 0 if it exited.
    [[nodiscard]] int signal() const noexcept;
    [[nodiscard]] bool core_dumped() const noexcept;
    /// Python's view: the exit code, or minus the signal.
    [[nodiscard]] int exitcode() const noexcept { return signaled() ? -signal() : code(); }

private:
    int raw_;
};

/// fork(2). Only the calling thread exists in the child.
/// @return 0 in the child, the child's pid in the parent
/// @throws OSError EAGAIN, ENOMEM
[[nodiscard]] pid_t fork();

/// Waits for one child to end and reaps it. Never waits for any child (-1): other libraries have children too.
/// @throws OSError ECHILD if `pid` is no unreaped child of this process
[[nodiscard]] ExitStatus waitpid(pid_t pid);

/// Reaps a child if it has ended; does not block.
/// @return nothing while it still runs
[[nodiscard]] std::optional<ExitStatus> try_waitpid(pid_t pid);

/// Waits at most `timeout` (monotonic clock), through a pidfd, then reaps. Negative means 0.
/// @return nothing when the time ran out
[[nodiscard]] std::optional<ExitStatus> waitpid(pid_t pid, std::chrono::nanoseconds timeout);

/// pidfd_open(2): a descriptor that becomes readable when the process ends; close-on-exec.
/// @throws OSError ESRCH, EMFILE, ENOSYS (kernel before 5.3)
[[nodiscard]] Fd pidfd_open(pid_t pid);

/// kill(2).
/// @throws OSError ESRCH, EPERM, EINVAL
void kill(pid_t pid, int signal);

/// Sends this process a signal once another one has ended: a child then ends with its parent, even if that was killed.
/// Does not block: a thread waits, which children of this process do not have. (PR_SET_PDEATHSIG would be sent when
/// the thread ends that made the child.)
/// @param pidfd of the other process; stays open for good
/// @throws OSError EAGAIN if no thread can be had
void signal_at_end_of(int pidfd, int signal);

[[nodiscard]] pid_t getpid() noexcept;
[[nodiscard]] pid_t getppid() noexcept;

/// The processors this process may run on; at least 1. Mirrors Python's `cpu_count()`, with the affinity heeded.
[[nodiscard]] int cpu_count() noexcept;

/// A process's state, as in the third field of /proc/PID/stat.
enum class ProcessState : char {
    running = 'R',
    sleeping = 'S',
    disk_sleep = 'D',
    stopped = 'T',
    tracing = 't',
    zombie = 'Z',
    dead = 'X',
    idle = 'I',
};

/// Reads a process's state.
/// @return nothing if there is no such process (any more)
[[nodiscard]] std::optional<ProcessState> process_state(pid_t pid);

/// When the process started, in clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names a process
/// for good, since pids are used again.
/// @return nothing if there is no such process (any more)
[[nodiscard]] std::optional<unsigned long long> process_start_time(pid_t pid);

/// What spawn() starts.
struct SpawnOptions {
    std::string path;                    ///< the program's file; PATH is not searched
    std::vector<std::string> arguments;  ///< argv, the first being the program's name
    /// "NAME=value" each; absent: this process's own environment
    std::optional<std::vector<std::string>> environment;
    /// The only descriptors beside 0, 1 and 2 that the program gets: the first as its fd 3, the next as 4 …
    std::vector<int> keep_fds;
    /// Its standard input; negative: as here.
    int stdin_fd = -1;
};

/// Starts a program with posix_spawn: signal dispositions are the default ones and no signal is blocked.
/// @return the child's pid
/// @throws OSError ENOENT, EACCES, E2BIG, EBADF …, when nothing was started
[[nodiscard]] pid_t spawn(const SpawnOptions& options);

/// A process that runs a function. Mirrors Python's `multiprocessing.Process` with the start method `fork`.
///
/// A Process is a handle: copies stand for the same process, and dropping the last one neither stops nor joins it.
/// Only the process that made it may use it; it may be used by several threads. A child ends by _exit after its target
/// returned (exit code 0) or threw (a message on stderr, exit code 1): no destructor and no atexit handler of the
/// parent runs in it. When a program exits, its daemonic children are terminated and all others are joined.
/// After close() every member but repr() throws ValueError "process object is closed".
class Process {
public:
    using Target = std::function<void()>;

    /// Python's keyword arguments.
    struct Options {
        Target target{};
        std::string name{};            ///< empty: `Process-N`, in a child `Process-N:M`
        std::optional<bool> daemon{};  ///< absent: as the current process
    };

    explicit Process(Target target) : Process(Options{std::move(target), {}, {}}) {}
    Process(std::string name, Target target) : Process(Options{std::move(target), std::move(name), {}}) {}
    explicit Process(Options options);

    /// Forks the child. Flushes stdout and stderr first, lest both processes write what was buffered.
    /// @throws AssertionError "cannot start a process twice", "daemonic processes are not allowed to have children"
    /// @throws OSError EAGAIN, ENOMEM, EMFILE
    void start();

    /// Waits until the process has ended, and reaps it.
    /// @throws AssertionError "can only join a started process", "can only join a child process"
    void join();
    /// Waits at most `timeout` (monotonic clock); negative means 0. Ask exitcode() whether it ended.
    void join(std::chrono::nanoseconds timeout);

    [[nodiscard]] bool is_alive();
    /// Sends SIGTERM; does nothing if it has ended. @throws AssertionError before start()
    void terminate();
    /// Sends SIGKILL; does nothing if it has ended.
    void kill();
    /// Sends SIGINT; does nothing if it has ended.
    void interrupt();
    /// Frees the descriptor. @throws ValueError while the process runs
    void close();

    /// Nothing before start().
    [[nodiscard]] std::optional<pid_t> pid() const;
    [[nodiscard]] std::optional<pid_t> ident() const { return pid(); }
    [[nodiscard]] std::string name() const;
    void set_name(std::string name);
    [[nodiscard]] bool daemon() const;
    /// @throws AssertionError "process has already started"
    void set_daemon(bool daemon);
    /// Nothing before start() and while it runs; else the exit code, or minus the signal that ended it.
    [[nodiscard]] std::optional<int> exitcode();
    /// How it ended, in full; nothing while it runs.
    [[nodiscard]] std::optional<ExitStatus> status();
    /// A descriptor that is readable once the process has ended; valid until close(). @throws ValueError before start()
    [[nodiscard]] int sentinel() const;
    /// The key that connections authenticate with: 32 random bytes for each program, inherited by children.
    [[nodiscard]] std::string authkey() const;
    /// Takes effect in the child if set before start().
    void set_authkey(std::string key);
    /// As Python's repr: `<Process name='Process-1' pid=7 parent=6 started>`.
    [[nodiscard]] std::string repr();

private:
    struct State;
    friend class ProcessTable;
    friend std::vector<Process> active_children();
    void signal(int number);
    explicit Process(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

/// The process that the caller runs in.
struct CurrentProcess {
    std::string name;  ///< `MainProcess` in a program's first process
    pid_t pid;
    bool daemon;
    std::string authkey;  ///< what its children inherit
};
[[nodiscard]] CurrentProcess current_process();

/// The process that started this one.
struct ParentProcess {
    std::string name;
    pid_t pid;
    int sentinel;  ///< readable once that process has ended

    [[nodiscard]] bool is_alive() const;
    /// Waits until it has ended, at most `timeout`; negative waits for ever. @return whether it has ended
    bool join(std::chrono::milliseconds timeout) const;
};
/// @return nothing in a program's first process
[[nodiscard]] std::optional<ParentProcess> parent_process();

/// The children of this process that still run. Reaps those that ended, as Python's does.
[[nodiscard]] std::vector<Process> active_children();

}  // namespace multiprocessing
