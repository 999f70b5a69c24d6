#include "parking.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "multiprocessing/error.hpp"
#include "multiprocessing/jvm/live_fork.hpp"
#include "raw.hpp"

namespace multiprocessing::jvm {
namespace {

/// Room for threads that start while the others are parked.
constexpr std::size_t spare_room = 64;

/// How long to wait for a signal to arrive before looking whether its thread still exists.
constexpr long patience_ns = 20'000'000;

/// The registered length; glibc's __rseq_size tells the part in use, which is smaller.
constexpr std::uint32_t rseq_length = 32;

/// glibc's struct pthread starts at the thread pointer on x86-64, and ends there on aarch64.
#if defined(__x86_64__)
constexpr std::size_t thread_descriptor_offset = 0;
#else
const std::size_t thread_descriptor_offset = [] {
    const auto* size = static_cast<const std::uint32_t*>(::dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread"));
    return size == nullptr ? 0 : -static_cast<std::size_t>(*size);
}();
#endif

std::size_t count_threads() {
    std::size_t count = 0;
    if (DIR* directory = ::opendir("/proc/self/task")) {
        while (::readdir(directory) != nullptr) ++count;
        ::closedir(directory);
    }
    return count;
}

/// Where glibc keeps a thread's id, relative to its thread pointer: told to debuggers by a symbol of its own.
std::size_t find_tid_field() {
    int* address = nullptr;
    if (::prctl(PR_GET_TID_ADDRESS, &address) != 0) {
        throw ForkRefused("live fork needs a kernel with PR_GET_TID_ADDRESS (CONFIG_CHECKPOINT_RESTORE);"
                          " use the start method spawn");
    }
    const auto* field = static_cast<const std::uint32_t*>(::dlsym(RTLD_DEFAULT, "_thread_db_pthread_tid"));
    if (field == nullptr) throw ForkRefused("live fork needs glibc; use the start method spawn");
    const std::size_t offset = thread_descriptor_offset + field[2];  // {bits, count, offset}
    pid_t tid = 0;
    std::memcpy(&tid, static_cast<std::byte*>(__builtin_thread_pointer()) + offset, sizeof tid);
    if (tid != raw::gettid()) {
        throw ForkRefused("live fork does not know this glibc's threads; use the start method spawn");
    }
    return offset;
}

#if defined(__x86_64__)
std::uintptr_t stack_pointer(const ucontext_t& context) {
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
}

std::uintptr_t instruction(const ucontext_t& context) {
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
}

/// The system call that the signal interrupted; -1 if it interrupted none. Restarted ones stand before the instruction
/// with the number in rax; the others after it with -EINTR there, and their number is not known any more: -2.
long interrupted_call(const ucontext_t& context) {
    const auto& registers = context.uc_mcontext.gregs;
    const auto is_syscall = [](std::uintptr_t at) {
        return std::memcmp(reinterpret_cast<void*>(at), "\x0f\x05", 2) == 0;
    };
    const auto at = static_cast<std::uintptr_t>(registers[REG_RIP]);
    if (is_syscall(at)) return static_cast<long>(registers[REG_RAX]);
    return is_syscall(at - 2) && registers[REG_RAX] == -EINTR ? -2 : -1;
}
#elif defined(__aarch64__)
std::uintptr_t stack_pointer(const ucontext_t& context) {
    return context.uc_mcontext.sp;
}

std::uintptr_t instruction(const ucontext_t& context) {
    return static_cast<std::uintptr_t>(context.uc_mcontext.pc);
}

long interrupted_call(const ucontext_t& context) {
    constexpr std::uint32_t svc = 0xd4000001;
    const auto is_syscall = [](std::uintptr_t at) { return std::memcmp(reinterpret_cast<void*>(at), &svc, 4) == 0; };
    const auto at = static_cast<std::uintptr_t>(context.uc_mcontext.pc);
    const bool interrupted = static_cast<long>(context.uc_mcontext.regs[0]) == -EINTR;
    const bool in_call = is_syscall(at) || (is_syscall(at - 4) && interrupted);
    return in_call ? static_cast<long>(context.uc_mcontext.regs[8]) : -1;
}
#else
#error "live fork knows x86-64 and aarch64"
#endif

/// The JDK's libraries that copy out of arrays, and hold no collector up with what they hand to the kernel.
bool is_harmless(std::string_view library) {
    return library.ends_with("/libjava.so") || library.ends_with("/libnio.so") || library.ends_with("/libnet.so");
}

}  // namespace

bool ParkingLot::may_be_left(const ParkedThread& thread) const {
    switch (interrupted_call(*thread.interrupted)) {
        case -1: {
            const auto at = instruction(*thread.interrupted);
            return std::ranges::any_of(harmless_, [=](const Range& code) { return code.begin <= at && at < code.end; });
        }
        case SYS_brk:
        case SYS_mmap:
        case SYS_munmap:
        case SYS_mremap:
        case SYS_mprotect:
        case SYS_madvise:
            return false;
        default:
            return true;
    }
}

void ParkingLot::blame(const char* name) {
    std::snprintf(culprit_, sizeof culprit_, "%s", name);
}

void ParkingLot::check_supported() {
    static_cast<void>(find_tid_field());
}

ParkingLot& ParkingLot::instance() {
    static ParkingLot lot;
    return lot;
}

std::span<ParkedThread> ParkingLot::threads() {
    return {threads_, count_.load()};
}

void ParkingLot::prepare() {
    if (signal_ == 0) {
        const int number = SIGRTMIN + 7;
        struct sigaction action {};
        action.sa_sigaction = on_signal;
        action.sa_flags = SA_SIGINFO | SA_RESTART;
        ::sigfillset(&action.sa_mask);
        check(::sigaction(number, &action, nullptr), "sigaction");
        signal_ = number;
    }
    if (tid_field_ == 0) tid_field_ = find_tid_field();
    tasks_ = Fd(check(::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open"));
    reserve_ = tasks_.duplicate();
    if (harmless_.empty()) {
        const auto add = [](dl_phdr_info* library, std::size_t, void* ranges) {
            for (int i = 0; i < library->dlpi_phnum && is_harmless(library->dlpi_name); ++i) {
                const auto& segment = library->dlpi_phdr[i];
                if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
                const auto begin = library->dlpi_addr + segment.p_vaddr;
                static_cast<std::vector<Range>*>(ranges)->push_back({begin, begin + segment.p_memsz});
            }
            return 0;
        };
        ::dl_iterate_phdr(add, &harmless_);
    }
    const auto needed = count_threads() * 2 + spare_room;
    if (needed > capacity_) {
        void* memory = ::mmap(nullptr, needed * sizeof(ParkedThread), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw_errno("mmap");
        if (threads_ != nullptr) ::munmap(threads_, capacity_ * sizeof(ParkedThread));
        threads_ = static_cast<ParkedThread*>(memory);
        capacity_ = needed;
    }
}

void ParkingLot::on_signal(int, siginfo_t*, void* context) {
    const int saved = errno;
    auto& lot = instance();
    // Late: the fork it was sent for is over, or was given up.
    if (lot.closed_.load() == 0) {
        const pid_t me = raw::gettid();
        for (auto& thread : lot.threads()) {
            if (thread.tid == me && !thread.parked.load()) {
                lot.stand(thread, static_cast<const ucontext_t*>(context));
                break;
            }
        }
    }
    errno = saved;
}

void ParkingLot::stand(ParkedThread& thread, const ucontext_t* interrupted) {
    thread.thread_pointer = __builtin_thread_pointer();
    thread.interrupted = interrupted;
    ::prctl(PR_GET_TID_ADDRESS, &thread.tid_address);
    ::syscall(SYS_get_robust_list, 0, &thread.robust_list, &thread.robust_list_size);
    ::prctl(PR_GET_NAME, thread.name);
    ::sigaltstack(nullptr, &thread.signal_stack);
    ::getcontext(&thread.handler);
    // Here the thread of the parent arrives once, and in the child the one that takes its place.
    if (raw::getpid() == process_) {
        thread.parked.store(true);
        parked_.fetch_add(1);
        raw::futex_wake(parked_);
        while (closed_.load() == 0) raw::futex_wait(closed_, 0);
    } else {
        ::syscall(SYS_set_robust_list, thread.robust_list, thread.robust_list_size);
        if (__rseq_size != 0) {
            auto* area = static_cast<std::byte*>(__builtin_thread_pointer()) + __rseq_offset;
            ::syscall(SYS_rseq, area, rseq_length, 0, RSEQ_SIG);
        }
        ::prctl(PR_SET_NAME, thread.name);
        if ((thread.signal_stack.ss_flags & SS_DISABLE) == 0) ::sigaltstack(&thread.signal_stack, nullptr);
        thread.child_tid = raw::gettid();
    }
    left_.fetch_add(1);
    raw::futex_wake(left_);
}

ParkingLot::Found ParkingLot::add(pid_t tid) {
    for (const auto& thread : threads()) {
        if (thread.tid == tid) return Found::nobody_new;
    }
    const auto index = count_.load();
    if (index == capacity_) return Found::no_room;
    auto* thread = new (&threads_[index]) ParkedThread{};
    thread->tid = tid;
    count_.store(index + 1);
    if (::syscall(SYS_tgkill, process_, tid, signal_) == 0) {
        ++expected_;
    } else {
        thread->tid = -1;  // it has ended
    }
    return Found::somebody_new;
}

/// Signals the threads that were not there before.
ParkingLot::Found ParkingLot::find_threads() {
    const pid_t me = raw::gettid();
    if (::lseek(tasks_.get(), 0, SEEK_SET) != 0) return Found::no_list;
    auto found = Found::nobody_new;
    alignas(dirent64) char buffer[8192];
    long size = 0;
    while (found != Found::no_room && (size = ::syscall(SYS_getdents64, tasks_.get(), buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < size && found != Found::no_room;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
            at += entry->d_reclen;
            const pid_t tid = std::atoi(entry->d_name);
            if (tid <= 0 || tid == me) continue;
            if (const auto added = add(tid); added != Found::nobody_new) found = added;
        }
    }
    return size < 0 ? Found::no_list : found;
}

bool ParkingLot::await_parked(long deadline_ns) {
    for (;;) {
        const auto parked = parked_.load();
        if (parked >= expected_) return true;
        const long left = deadline_ns - raw::now();
        if (left <= 0) return false;
        raw::futex_wait(parked_, parked, std::min(left, patience_ns));
        for (auto& thread : threads()) {
            // Ended before the signal could reach it.
            if (thread.tid > 0 && !thread.parked.load() && ::syscall(SYS_tgkill, process_, thread.tid, 0) != 0 &&
                errno == ESRCH && !thread.parked.load()) {
                thread.tid = -1;
                --expected_;
            }
        }
    }
}

const char* ParkingLot::park(std::chrono::milliseconds timeout) {
    process_ = raw::getpid();
    count_.store(0);
    expected_ = 0;
    culprit_[0] = '\0';
    parked_.store(0);
    left_.store(0);
    closed_.store(0);
    const long deadline = raw::now() + std::chrono::nanoseconds(timeout).count();
    const char* problem = "";
    // Threads that are being started are not listed yet: again until nobody is new.
    for (auto found = Found::somebody_new; found == Found::somebody_new && *problem == '\0';) {
        found = find_threads();
        if (found == Found::no_room) problem = "threads are started faster than they can be stopped";
        if (found == Found::no_list) problem = "/proc/self/task cannot be read";
        if (*problem == '\0' && !await_parked(deadline)) {
            name_culprit();
            problem = "a thread did not stop in time";
        }
    }
    for (const auto& thread : threads()) {
        // What reviving writes into is found through this.
        if (*problem == '\0' && thread.tid > 0 && *tid_field(thread.thread_pointer) != thread.tid) {
            problem = "glibc keeps thread ids where they are not expected";
        }
    }
    if (*problem != '\0') release();
    return problem;
}

void ParkingLot::name_culprit() {
    for (const auto& thread : threads()) {
        if (thread.tid <= 0 || thread.parked.load()) continue;
        std::snprintf(culprit_, sizeof culprit_, "/proc/self/task/%d/comm", thread.tid);
        const int file = ::open(culprit_, O_RDONLY | O_CLOEXEC);
        const auto length = file < 0 ? 0 : ::read(file, culprit_, sizeof culprit_ - 1);
        if (file >= 0) ::close(file);
        culprit_[std::max<ssize_t>(length - 1, 0)] = '\0';
        return;
    }
}

pid_t* ParkingLot::tid_field(void* thread_pointer) const {
    return reinterpret_cast<pid_t*>(static_cast<std::byte*>(thread_pointer) + tid_field_);
}

void ParkingLot::adopt_caller(void* robust_list, std::size_t robust_list_size) {
    tasks_.reset();  // the parent's
    reserve_.reset();
    *tid_field(__builtin_thread_pointer()) = raw::gettid();
    ::syscall(SYS_set_robust_list, robust_list, robust_list_size);
}

void ParkingLot::release() {
    const auto parked = parked_.load();
    closed_.store(1);
    raw::futex_wake(closed_);
    tasks_.reset();
    reserve_.reset();
    // A thread that parks at this very moment leaves at once: it is counted in left_ too, and nobody waits for it.
    for (auto left = left_.load(); left < parked; left = left_.load()) raw::futex_wait(left_, left);
}

bool ParkingLot::revive() {
    constexpr int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                          CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    constexpr std::uintptr_t below = 1024;  // the handler's frame, and what is below it: not to be written over
    const auto enter = [](void* thread) -> int {
        ::setcontext(&static_cast<ParkedThread*>(thread)->handler);
        std::abort();
    };
    closed_.store(1);
    left_.store(0);
    std::uint32_t revived = 0;
    for (auto& thread : threads()) {
        if (!thread.revive || thread.tid < 0) continue;
        const auto stack = (stack_pointer(thread.handler) - below) & ~std::uintptr_t{63};
        if (::clone(enter, reinterpret_cast<void*>(stack), flags, &thread, tid_field(thread.thread_pointer),
                    thread.thread_pointer, thread.tid_address) < 0) {
            return false;
        }
        ++revived;
    }
    for (auto left = left_.load(); left < revived; left = left_.load()) raw::futex_wait(left_, left);
    return true;
}

}  // namespace multiprocessing::jvm
