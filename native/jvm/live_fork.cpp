#include "multiprocessing/jvm/live_fork.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "application_threads.hpp"
#include "gathering.hpp"
#include "hotspot.hpp"
#include "multiprocessing/error.hpp"
#include "parking.hpp"
#include "raw.hpp"
#include "repair.hpp"

namespace multiprocessing::jvm {
namespace {

struct BlockedSignals {
    sigset_t before;
    BlockedSignals() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
};

/// clone(2) as fork(2) calls it, without glibc's: that one takes locks that a parked thread may hold, and gives the
/// stacks of all other threads away.
pid_t raw_fork(const ForkOptions& options) {
    int* tid_address = nullptr;
    ::prctl(PR_GET_TID_ADDRESS, &tid_address);
    const long flags = SIGCHLD | CLONE_CHILD_CLEARTID | (options.sibling ? CLONE_PARENT : 0) |
                       (options.pid_cell != nullptr ? CLONE_PARENT_SETTID : 0);
#if defined(__x86_64__)
    return static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, options.pid_cell, tid_address, nullptr));
#else
    return static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, options.pid_cell, nullptr, tid_address));
#endif
}

bool contains(const std::vector<const std::byte*>& threads, const std::byte* thread) {
    return std::ranges::find(threads, thread) != threads.end();
}

/// Where HotSpot keeps each thread's Thread, from nearly its beginning to nearly its end.
/// @throws ForkRefused if this one keeps it elsewhere
pthread_key_t thread_key(const ThreadDescriptors& descriptors, const std::byte* caller) {
    static const pthread_key_t key = [&] {
        const auto found = descriptors.key_of(caller);
        if (!found) throw ForkRefused("live fork does not know this JVM's threads; use the start method spawn");
        return *found;
    }();
    return key;
}

/// HotSpot's Thread of a thread; null before it has one, when it is gone, and if it is none of the JVM's.
const std::byte* vm_thread(const ParkedThread& thread, pthread_key_t key) {
    return static_cast<const std::byte*>(ParkingLot::instance().descriptors().specific(thread.thread_pointer, key));
}

/// Whether a thread that the JVM does not list is a Java thread all the same, and takes its locks: not yet since it is
/// just being started, or not any more since it is ending. At its very beginning it has but the name of its creator,
/// which is inside the VM and goes on to start it.
bool begins_or_ends(const ParkedThread& thread, std::span<const ParkedThread> parked, pthread_key_t key) {
    if (thread.jvms_tid != nullptr) return false;
    return vm_thread(thread, key) != nullptr || std::ranges::any_of(parked, [&](const ParkedThread& other) {
               return other.tid > 0 && other.in_vm && std::string_view(other.name) == thread.name;
           });
}

/// Decides who continues in the child: the JVM's own threads, and the application's that are inside the VM.
/// @return false if one that is to be left behind may hold a lock of malloc's or the JVM's
bool choose(const Hotspot& hotspot, const std::vector<const std::byte*>& application, pthread_key_t key) {
    auto& lot = ParkingLot::instance();
    const auto parked = lot.threads();
    const pid_t launcher = raw::getpid();
    for (auto& thread : parked) {
        if (thread.tid <= 0) continue;
        const auto* own = vm_thread(thread, key);
        thread.revive = thread.tid == launcher ||  // the launcher's thread, which waits for main
                        (own != nullptr && !hotspot.is_java_thread(own));
    }
    for (std::size_t i = 0; i < hotspot.thread_count(); ++i) {
        const auto* java_thread = hotspot.thread(i);
        auto* tid = hotspot.thread_id_field(java_thread);
        if (tid == nullptr) continue;
        const auto here = std::ranges::find(parked, *tid, &ParkedThread::tid);
        if (here == parked.end()) continue;
        here->jvms_tid = tid;
        const int state = hotspot.thread_state(java_thread);
        here->application = contains(application, java_thread);
        here->revive = !here->application || state != thread_in_native;
        here->in_vm = state != thread_in_native && state != thread_blocked;
    }
    const auto bad = std::ranges::find_if(parked, [&](const ParkedThread& thread) {
        return thread.tid > 0 && !thread.revive &&
               (!lot.may_be_left(thread) || begins_or_ends(thread, parked, key));
    });
    if (bad != parked.end()) lot.blame(bad->name);
    return bad == parked.end();
}

const Hotspot& hotspot() {
    static const Hotspot instance;
    return instance;
}

void check_collector() {
    if (hotspot().uses_zgc()) {
        throw ForkRefused(
            "a JVM with ZGC cannot be forked: its heap would be shared between parent and child; run with -XX:+UseG1GC,"
            " or use the start method spawn");
    }
    if (hotspot().shares_heap()) {
        throw ForkRefused(
            "a JVM whose heap is shared memory cannot be forked; run without -XX:AllocateHeapAt and -XX:+UseSHM, or use"
            " the start method spawn");
    }
}

void check_shadow_stack() {
#if defined(__x86_64__)
    constexpr int shadow_stack_status = 0x5005;
    unsigned long features = 0;
    if (::syscall(SYS_arch_prctl, shadow_stack_status, &features) == 0 && features != 0) {
        throw ForkRefused("live fork cannot revive threads that have shadow stacks; use the start method spawn");
    }
#endif
}

std::mutex& one_at_a_time() {
    static std::mutex mutex;
    return mutex;
}

/// The monitor of the calling thread's Thread object, held. Another thread that joins the caller, or asks whether it
/// is alive, takes it for a moment: in the child it would never give it back, and the child needs it to rename itself.
class CallersMonitor {
public:
    explicit CallersMonitor(JNIEnv* env) : env_(env) {
        if (tool_interface(env)->GetCurrentThread(&thread_) != JVMTI_ERROR_NONE ||
            env->MonitorEnter(thread_) != JNI_OK) {
            throw ForkRefused("live fork does not know its caller; use the start method spawn");
        }
    }
    CallersMonitor(const CallersMonitor&) = delete;
    CallersMonitor& operator=(const CallersMonitor&) = delete;
    ~CallersMonitor() {
        env_->MonitorExit(thread_);
        env_->DeleteLocalRef(thread_);
    }

private:
    JNIEnv* env_;
    jthread thread_ = nullptr;
};

/// What a fork server's children would have to copy or to give back for nothing: the free part of eden holds only what
/// is garbage. For a server alone, since another JVM is about to use it again.
void drop_free_memory(std::span<std::byte> free) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* begin = free.data();
    std::size_t space = free.size();
    if (std::align(page, page, begin, space) == nullptr) return;
    ::madvise(begin, space / page * page, MADV_DONTNEED);  // if it fails, all is as it was
}

/// With all other threads parked. @return how many bytes were moved
std::size_t gather(Gathered which, std::chrono::milliseconds park_timeout) {
    constexpr std::size_t of_a_thread = 3;
    auto& lot = ParkingLot::instance();
    lot.prepare();
    std::vector<std::uintptr_t> in_use(of_a_thread * (lot.capacity() + 1));
    const BlockedSignals blocked;
    if (const char* problem = lot.park(park_timeout); *problem != '\0') {
        throw ForkRefused(std::string("a JVM's memory was not gathered: ") + problem);
    }
    // From here to release_all() nothing may allocate or lock.
    auto free = in_use.begin();
    const auto keep = [&](const void* address) { *free++ = reinterpret_cast<std::uintptr_t>(address); };
    keep(__builtin_frame_address(0));
    keep(__builtin_thread_pointer());
    for (const auto& thread : lot.threads()) {
        if (thread.tid <= 0) continue;
        keep(thread.interrupted);
        keep(thread.thread_pointer);
        keep(thread.signal_stack.ss_sp);
    }
    const auto moved = gather_memory(which, std::span(in_use.begin(), free));
    lot.release_all();
    return moved;
}

/// Who has forked so often will fork more: once, its class archive is gathered, which costs about as much as it has
/// saved after as many forks again.
void gather_archive_in_time(std::chrono::milliseconds park_timeout) {
    constexpr int often = 50;
    static pid_t process = 0;
    static int forks = 0;
    if (std::exchange(process, raw::getpid()) != process) forks = 0;
    if (++forks != often) return;
    try {
        gather(Gathered::of_files, park_timeout);
    } catch (const ForkRefused&) {
        // The fork that comes now says it as well, if it is still so; and is as good, only slower.
    }
}

/// One attempt. @return the pid, 0 in the child, -errno; nothing if it is to be tried again
std::optional<pid_t> attempt(const ForkOptions& options, const ApplicationThreads& application) {
    auto& lot = ParkingLot::instance();
    const auto key = thread_key(lot.descriptors(), application.caller());
    void* robust_list = nullptr;
    std::size_t robust_list_size = 0;
    ::syscall(SYS_get_robust_list, 0, &robust_list, &robust_list_size);
    pid_t* callers_tid = hotspot().thread_id_field(application.caller());
    pid_t pid = 0;
    {
        const BlockedSignals blocked;
        if (const char* problem = lot.park(options.park_timeout); *problem != '\0') {
            const std::string who = *lot.culprit() != '\0' ? std::string(": ") + lot.culprit() : "";
            throw ForkRefused(std::string("live fork was given up: ") + problem + who);
        }
        // From here to release() nothing may allocate or lock.
        if (!choose(hotspot(), application.java_threads(), key)) {
            lot.release_all();
            return std::nullopt;
        }
        if (options.sibling) drop_free_memory(hotspot().free_eden());
        pid = raw_fork(options);
        if (pid == 0) {
            lot.adopt_caller(robust_list, robust_list_size);
            repair_before_revival();
            hotspot().clear_use_perf_data();
            if (callers_tid != nullptr) *callers_tid = raw::gettid();
            lot.revive();
        } else {
            const int error = errno;
            lot.release();
            if (pid < 0) pid = -error;
        }
    }
    return pid;
}

}  // namespace

ForkResult live_fork(JNIEnv* env, const ForkOptions& options) {
    check_collector();
    check_shadow_stack();
    const CallersMonitor monitor(env);  // before the mutex: another caller may hold this one's monitor
    const std::lock_guard guard{one_at_a_time()};
    ParkingLot::instance().catch_up();
    prepare_repair(env);  // here, since the first time it loads classes
    rehearse_repair(env);
    if (!options.sibling) gather_archive_in_time(options.park_timeout);
    const auto begin = std::chrono::steady_clock::now();
    const auto patience_ends = begin + options.lock_patience;
    const auto gives_up = patience_ends + options.park_timeout;
    auto brief_ends = begin + options.brief_patience;
    while (std::chrono::steady_clock::now() < gives_up) {
        {
            ApplicationThreads application(env);
            const auto held = application.held_lock();
            const bool essential = held && held->essential;
            const auto now = std::chrono::steady_clock::now();
            if (essential) brief_ends = now + options.brief_patience;  // only what comes after it counts
            if (!held || now >= (essential ? patience_ends : brief_ends)) {
                prepare_repair(env);
                ParkingLot::instance().prepare();
                if (const auto pid = attempt(options, application)) {
                    if (*pid < 0) throw OSError(-*pid, "clone");
                    if (*pid == 0) {
                        repair_java(env, application.survivors());
                        application.leave_suspended(!held || (!essential && !held->of_pool));
                    }
                    return {*pid, essential ? held->who : ""};
                }
            }
        }
        std::this_thread::sleep_for(std::chrono::microseconds(200));  // they run on meanwhile
    }
    throw ForkRefused("live fork was given up: thread \"" + std::string(ParkingLot::instance().culprit()) +
                      "\" runs native code all the time, and may hold malloc's lock or keep the collector waiting; fork"
                      " when it is idle, or use the start method forkserver");
}

std::size_t gather_memory(std::chrono::milliseconds park_timeout) {
    const std::lock_guard guard{one_at_a_time()};
    ParkingLot::instance().catch_up();
    return gather(Gathered::all, park_timeout);
}

std::vector<jobject> application_threads(JNIEnv* env) {
    return ApplicationThreads::list(env);
}

std::optional<std::string> fork_obstacle(JNIEnv* env, bool any_collector) {
    try {
        if (any_collector) {
            static_cast<void>(hotspot());
        } else {
            check_collector();
        }
        check_shadow_stack();
        ParkingLot::check_supported();
        if (!any_collector) ApplicationThreads::check_supported(env);
        return std::nullopt;
    } catch (const ForkRefused& refusal) {
        return refusal.what();
    }
}

}  // namespace multiprocessing::jvm
