/// Parking: every other thread of the process waits in a signal handler, with what is needed to make it anew.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <ucontext.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "multiprocessing/pipe.hpp"
#include "thread_descriptors.hpp"

namespace multiprocessing::jvm {

/// A thread that was told to park.
struct ParkedThread {
    enum class Stage : std::uint8_t { away, called, parked };

    pid_t tid;  ///< -1: of a thread that is none any more
    std::atomic<Stage> stage;
    std::atomic<std::uint32_t> gate;  ///< 0 while it has to stay; a futex
    bool revive;                      ///< whether it continues in the child; decided by who forks
    bool application;                 ///< whether it is one of the application's, which do not rest in the parent
    bool in_vm;                       ///< whether it is a Java thread inside the VM, where it may hold locks
    bool rests;                       ///< whether it goes on later than the others
    void* thread_pointer;
    int* tid_address;  ///< where the kernel writes 0 when the thread ends
    void* robust_list;
    std::size_t robust_list_size;
    char name[16];
    stack_t signal_stack;
    ucontext_t handler;             ///< inside the handler: where it continues in the child
    const ucontext_t* interrupted;  ///< where the signal hit it
    pid_t* jvms_tid;                ///< where the JVM keeps its id; null if it keeps none
};

/// Where threads stand while their process is forked.
///
/// **Rest.** The JVM's own threads sleep most of the time. To wake each from its place for nothing, in the parent and
/// in the child, would be a third of what a fork costs: it writes to its stack and thread-local storage, which are
/// copied then, and the processors must tell each other. So, if all of them were asleep when they parked, they stay
/// where they are for ten milliseconds after the first fork: the next fork in that time finds them there, and a child
/// that ends before has never made them. What the JVM wants of them meanwhile waits that long. One goes on at once: the
/// VM Thread, which stops the others wherever they are. A timer calls it to let them go. The application's threads do
/// not rest in the parent; in the child, where they are to stay suspended, they do.
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

    /// In the parent: lets the parked threads go on; returns when each that does not rest has left the handler.
    void release();
    /// The same, but none rests.
    void release_all();

    [[nodiscard]] std::span<ParkedThread> threads();
    /// How many there can be, until prepare() is called again.
    [[nodiscard]] std::size_t capacity() const { return capacity_; }

    /// Where glibc keeps what it knows of a thread. Call after prepare().
    [[nodiscard]] const ThreadDescriptors& descriptors() const { return *descriptors_; }

    /// Whether a thread can be left behind where it is: in a system call that malloc does not make, or in code of the
    /// JDK's that neither allocates nor keeps the collector waiting.
    [[nodiscard]] bool may_be_left(const ParkedThread& thread) const;
    void blame(const char* name);

    /// In the child: makes the threads that are marked, or ends it. Those that rest it makes later.
    void revive();

    /// In a child: makes those that are still to be made, and returns when each has left the handler.
    void catch_up();

    /// The name of the thread that did not park, after park() failed.
    [[nodiscard]] const char* culprit() const { return culprit_; }

private:
    ParkingLot() = default;
    static void on_signal(int, siginfo_t*, void* context);
    void stand(ParkedThread& thread, const ucontext_t* interrupted);
    /// What find_threads() came upon.
    enum class Found { nobody_new, somebody_new, no_room, no_list };
    [[nodiscard]] Found find_threads();
    [[nodiscard]] Found add(pid_t tid);
    [[nodiscard]] ParkedThread* free_place();
    [[nodiscard]] bool await_parked(long deadline_ns);
    void await_left(std::uint32_t staying);
    void let_go();
    void name_culprit();
    void make(ParkedThread& thread);
    [[nodiscard]] ParkedThread* choose_rest(bool child);
    [[nodiscard]] bool begin_rest(pid_t waker, long time);
    void end_rest();

    struct Range {
        std::uintptr_t begin;
        std::uintptr_t end;
    };
    std::vector<Range> harmless_;  ///< code of the JDK's libraries
    std::span<std::int32_t> loader_;  ///< where glibc's loader keeps its locks

    Fd tasks_;    ///< /proc/self/task, while threads are looked for
    Fd reserve_;  ///< what the child may open instead: mending it takes two descriptors
    int signal_ = 0;
    pid_t process_ = 0;
    ParkedThread* threads_ = nullptr;
    std::size_t capacity_ = 0;
    std::atomic<std::size_t> count_{0};
    std::uint32_t expected_ = 0;
    std::atomic<bool> parking_{false};
    std::atomic<std::uint32_t> inside_{0};  ///< how many stand in the handler; a futex
    std::atomic<bool> resting_{false};      ///< whether some stay after the fork, or are not yet made
    std::atomic<std::uint32_t> ending_{0};  ///< how many are in end_rest(), and read the records; a futex
    long rest_ends_ = 0;
    int timer_ = -1;  ///< the kernel's number of it
    std::optional<ThreadDescriptors> descriptors_;
    char culprit_[64] = "";
};

}  // namespace multiprocessing::jvm
