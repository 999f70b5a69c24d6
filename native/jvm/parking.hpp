/// Parking: every other thread of the process waits in a signal handler, with what is needed to make it anew.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <ucontext.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "multiprocessing/pipe.hpp"

namespace multiprocessing::jvm {

/// A thread that was told to park.
struct ParkedThread {
    pid_t tid;
    std::atomic<bool> parked;
    bool revive;  ///< whether it continues in the child; decided by who forks
    void* thread_pointer;
    int* tid_address;  ///< where the kernel writes 0 when the thread ends
    void* robust_list;
    std::size_t robust_list_size;
    char name[16];
    stack_t signal_stack;
    ucontext_t handler;          ///< inside the handler: where it continues in the child
    const ucontext_t* interrupted;  ///< where the signal hit it
    pid_t child_tid;             ///< its id in the child
};

class ParkingLot {
public:
    /// The one of this process: there is one signal, and one handler.
    [[nodiscard]] static ParkingLot& instance();

    /// @throws ForkRefused if the kernel or the C library lack what reviving needs
    static void check_supported();

    /// Installs the handler, and makes room. Allocates; call before park().
    /// @throws OSError; ForkRefused if the kernel or the C library lack what reviving needs
    void prepare();

    /// In the child: makes the calling thread's own records fit its new id.
    void adopt_caller(void* robust_list, std::size_t robust_list_size);

    /// Parks all threads but the caller. From its return to release() no memory may be allocated and no lock taken: a
    /// parked thread may hold malloc's.
    /// @return an empty text, or why it failed; then nobody is parked
    [[nodiscard]] const char* park(std::chrono::milliseconds timeout);

    /// Lets the parked threads of this process go on; returns when each has left the handler.
    void release();

    [[nodiscard]] std::span<ParkedThread> threads();

    /// Whether a thread can be left behind where it is: in a system call that malloc does not make, or in code of the
    /// JDK's that neither allocates nor keeps the collector waiting.
    [[nodiscard]] bool may_be_left(const ParkedThread& thread) const;
    void blame(const char* name);

    /// In the child: makes the threads that are marked, and returns when each has left the handler.
    /// @return whether the kernel made them all
    [[nodiscard]] bool revive();

    /// The name of the thread that did not park, after park() failed.
    [[nodiscard]] const char* culprit() const { return culprit_; }

private:
    ParkingLot() = default;
    static void on_signal(int, siginfo_t*, void* context);
    void stand(ParkedThread& thread, const ucontext_t* interrupted);
    /// What find_threads() came upon.
    enum class Found { nobody_new, somebody_new, no_room, no_list };
    [[nodiscard]] Found find_threads();
    [[nodiscard]] bool await_parked(long deadline_ns);
    void name_culprit();
    [[nodiscard]] pid_t* tid_field(void* thread_pointer) const;
    [[nodiscard]] Found add(pid_t tid);

    struct Range {
        std::uintptr_t begin;
        std::uintptr_t end;
    };
    std::vector<Range> harmless_;  ///< code of the JDK's libraries

    Fd tasks_;    ///< /proc/self/task, while threads are looked for
    Fd reserve_;  ///< what the child may open instead: mending it takes two descriptors
    int signal_ = 0;
    pid_t process_ = 0;
    ParkedThread* threads_ = nullptr;
    std::size_t capacity_ = 0;
    std::atomic<std::size_t> count_{0};
    std::size_t expected_ = 0;
    std::atomic<std::uint32_t> closed_{1};  ///< 0 while threads are to park; a futex
    std::atomic<std::uint32_t> parked_{0};  ///< how many stand in the handler; a futex
    std::atomic<std::uint32_t> left_{0};    ///< how many have left it since; a futex
    std::size_t tid_field_ = 0;             ///< where glibc keeps a thread's id, from its thread pointer
    char culprit_[64] = "";
};

}  // namespace multiprocessing::jvm
