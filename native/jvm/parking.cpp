#include "parking.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
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

#include "interrupted.hpp"
#include "multiprocessing/error.hpp"
#include "multiprocessing/jvm/live_fork.hpp"
#include "raw.hpp"
#include "repair.hpp"

namespace multiprocessing::jvm {
namespace {

/// Room for threads that start while the others are parked.
constexpr std::size_t spare_room = 64;

/// How long the JVM's threads rest at most.
constexpr long rest_ns = 10'000'000;

/// How long to wait for a signal to arrive before looking whether its thread still exists.
constexpr long patience_ns = 20'000'000;

/// The registered length; glibc's __rseq_size tells the part in use, which is smaller.
constexpr std::uint32_t rseq_length = 32;

/// Where glibc's loader keeps its locks; empty if it does not tell.
std::span<std::int32_t> find_loader() {
    auto* at = ::dlsym(RTLD_DEFAULT, "_rtld_global");
    Dl_info info{};
    void* symbol = nullptr;
    if (at == nullptr || ::dladdr1(at, &info, &symbol, RTLD_DL_SYMENT) == 0 || symbol == nullptr) return {};
    return {static_cast<std::int32_t*>(at), static_cast<ElfW(Sym)*>(symbol)->st_size / sizeof(std::int32_t)};
}

/// In the child: gives a revived thread the locks that it holds there. They are recursive ones, and know their owner by
/// its id: without that it could not unlock them, and the next to start a thread would wait for ever.
void own_locks(std::span<std::int32_t> loader, pid_t before, pid_t now) {
    enum { lock, count, owner, users, kind, words };  // as the ABI has it for 64 bits
    for (std::size_t at = 0; at + words <= loader.size(); ++at) {
        auto* mutex = &loader[at];
        const bool held = mutex[lock] != 0 && mutex[count] > 0 && mutex[owner] == before;
        if (held && mutex[kind] == PTHREAD_MUTEX_RECURSIVE_NP) mutex[owner] = now;
    }
}

std::size_t count_threads() {
    std::size_t count = 0;
    if (DIR* directory = ::opendir("/proc/self/task")) {
        while (::readdir(directory) != nullptr) ++count;
        ::closedir(directory);
    }
    return count;
}

/// @throws ForkRefused if the kernel does not tell what is needed to make a thread anew
void check_kernel() {
    int* address = nullptr;
    if (::prctl(PR_GET_TID_ADDRESS, &address) != 0) {
        throw ForkRefused("live fork needs a kernel with PR_GET_TID_ADDRESS (CONFIG_CHECKPOINT_RESTORE);"
                          " use the start method spawn");
    }
}

/// A pool's idle worker is none of those that rest: the application may have work for it next.
bool is_worker(std::string_view name) {
    return name.starts_with("ForkJoinPool");
}

void open(ParkedThread& thread) {
    thread.gate.store(1);
    raw::futex_wake(thread.gate);
}

/// The JDK's libraries that copy out of arrays, and hold no collector up with what they hand to the kernel.
bool is_harmless(std::string_view library) {
    return library.ends_with("/libjava.so") || library.ends_with("/libnio.so") || library.ends_with("/libnet.so");
}

}  // namespace

bool ParkingLot::may_be_left(const ParkedThread& thread) const {
    const auto at = instruction(*thread.interrupted);
    return sleeps(*thread.interrupted) ||
           (interrupted_call(*thread.interrupted) == -1 &&
            std::ranges::any_of(harmless_, [=](const Range& code) { return code.begin <= at && at < code.end; }));
}

void ParkingLot::blame(const char* name) {
    std::snprintf(culprit_, sizeof culprit_, "%s", name);
}

void ParkingLot::check_supported() {
    check_kernel();
    static_cast<void>(ThreadDescriptors());
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
    if (!descriptors_) {
        check_kernel();
        descriptors_.emplace();
        loader_ = find_loader();
    }
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
        end_rest();  // they stand in the old one
        await_left(0);
        void* memory = ::mmap(nullptr, needed * sizeof(ParkedThread), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw_errno("mmap");
        if (threads_ != nullptr) ::munmap(threads_, capacity_ * sizeof(ParkedThread));
        threads_ = static_cast<ParkedThread*>(memory);
        capacity_ = needed;
    }
}

void ParkingLot::on_signal(int, siginfo_t* info, void* context) {
    const int saved = errno;
    auto& lot = instance();
    if (info->si_code == SI_TIMER) {
        lot.end_rest();
    } else if (lot.parking_.load()) {  // else late: the fork it was sent for is over, or was given up
        const pid_t me = raw::gettid();
        for (auto& thread : lot.threads()) {
            if (thread.tid == me && thread.stage.load() == ParkedThread::Stage::called) {
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
        thread.stage.store(ParkedThread::Stage::parked);
        inside_.fetch_add(1);
        raw::futex_wake(inside_);
        while (thread.gate.load() == 0) raw::futex_wait(thread.gate, 0);
    } else {
        ::syscall(SYS_set_robust_list, thread.robust_list, thread.robust_list_size);
        if (__rseq_size != 0) {
            auto* area = static_cast<std::byte*>(__builtin_thread_pointer()) + __rseq_offset;
            ::syscall(SYS_rseq, area, rseq_length, 0, RSEQ_SIG);
        }
        ::prctl(PR_SET_NAME, thread.name);
        if ((thread.signal_stack.ss_flags & SS_DISABLE) == 0) ::sigaltstack(&thread.signal_stack, nullptr);
        const pid_t me = raw::gettid();
        own_locks(loader_, thread.tid, me);
        if (thread.jvms_tid != nullptr) *thread.jvms_tid = me;
    }
    thread.stage.store(ParkedThread::Stage::away);
    inside_.fetch_sub(1);
    raw::futex_wake(inside_);
}

ParkedThread* ParkingLot::free_place() {
    for (auto& thread : threads()) {
        if (thread.tid < 0) return &thread;
    }
    const auto index = count_.load();
    if (index == capacity_) return nullptr;
    auto* thread = new (&threads_[index]) ParkedThread{};
    thread->tid = -1;
    count_.store(index + 1);
    return thread;
}

ParkingLot::Found ParkingLot::add(pid_t tid) {
    for (const auto& thread : threads()) {
        if (thread.tid == tid) return Found::nobody_new;
    }
    auto* thread = free_place();
    if (thread == nullptr) return Found::no_room;
    thread->gate.store(0);
    thread->revive = false;
    thread->application = false;
    thread->in_vm = false;
    thread->jvms_tid = nullptr;
    thread->tid = tid;
    thread->stage.store(ParkedThread::Stage::called);
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
        const auto parked = inside_.load();
        if (parked >= expected_) return true;
        const long left = deadline_ns - raw::now();
        if (left <= 0) return false;
        raw::futex_wait(inside_, parked, std::min(left, patience_ns));
        for (auto& thread : threads()) {
            const auto is_parked = [&] { return thread.stage.load() == ParkedThread::Stage::parked; };
            // Ended before the signal could reach it.
            if (thread.tid > 0 && !is_parked() && ::syscall(SYS_tgkill, process_, thread.tid, 0) != 0 &&
                errno == ESRCH && !is_parked()) {
                thread.tid = -1;
                --expected_;
            }
        }
    }
}

const char* ParkingLot::park(std::chrono::milliseconds timeout) {
    process_ = raw::getpid();
    culprit_[0] = '\0';
    expected_ = 0;
    if (resting_.exchange(false)) {
        for (auto& thread : threads()) {
            if (thread.rests) {
                ++expected_;
            } else {
                thread.tid = -1;
            }
        }
    } else {
        await_left(0);
        count_.store(0);
        rest_ends_ = 0;
    }
    parking_.store(true);
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
        if (*problem == '\0' && thread.tid > 0 && *descriptors_->tid(thread.thread_pointer) != thread.tid) {
            problem = "glibc keeps thread ids where they are not expected";
        }
    }
    if (*problem != '\0') release_all();
    return problem;
}

void ParkingLot::name_culprit() {
    for (const auto& thread : threads()) {
        if (thread.tid <= 0 || thread.stage.load() == ParkedThread::Stage::parked) continue;
        std::snprintf(culprit_, sizeof culprit_, "/proc/self/task/%d/comm", thread.tid);
        const int file = ::open(culprit_, O_RDONLY | O_CLOEXEC);
        const auto length = file < 0 ? 0 : ::read(file, culprit_, sizeof culprit_ - 1);
        if (file >= 0) ::close(file);
        culprit_[std::max<ssize_t>(length - 1, 0)] = '\0';
        return;
    }
}

void ParkingLot::adopt_caller(void* robust_list, std::size_t robust_list_size) {
    tasks_.reset();  // the parent's
    reserve_.reset();
    timer_ = -1;
    *descriptors_->tid(__builtin_thread_pointer()) = raw::gettid();
    ::syscall(SYS_set_robust_list, robust_list, robust_list_size);
}

/// Marks who rests. @return the thread that is to let them go; null if all are needed now
ParkedThread* ParkingLot::choose_rest(bool child) {
    ParkedThread* waker = nullptr;
    bool asleep = true;
    for (auto& thread : threads()) {
        thread.rests = thread.tid > 0 && thread.revive;
        if (!thread.rests) continue;
        asleep = asleep && sleeps(*thread.interrupted) && !thread.in_vm;
        const std::string_view name(thread.name);
        if (name == "VM Thread") waker = &thread;
        thread.rests = &thread != waker && !is_worker(name) && (child || !thread.application);
    }
    if (asleep && waker != nullptr) return waker;
    for (auto& thread : threads()) thread.rests = false;
    return nullptr;
}

/// Has a thread called when it is time to let those go that rest.
bool ParkingLot::begin_rest(pid_t waker, long time) {
    resting_.store(true);
    if (timer_ < 0) {
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = signal_;
        event._sigev_un._tid = waker;
        if (::syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer_) != 0) {  // glibc's would allocate
            timer_ = -1;
            return false;
        }
    }
    const itimerspec when{{}, {0, time}};
    return ::syscall(SYS_timer_settime, timer_, 0, &when, nullptr) == 0;
}

/// Lets those go that rest; in the child makes them. Called by the timer, too.
void ParkingLot::end_rest() {
    ending_.fetch_add(1);
    if (resting_.exchange(false)) {
        const bool stand = raw::getpid() == process_;
        for (auto& thread : threads()) {
            if (!thread.rests) continue;
            if (stand) {
                open(thread);
            } else {
                make(thread);
            }
        }
    }
    ending_.fetch_sub(1);
    raw::futex_wake(ending_);
}

void ParkingLot::await_left(std::uint32_t staying) {
    for (auto inside = inside_.load(); inside > staying; inside = inside_.load()) raw::futex_wait(inside_, inside);
    for (auto ending = ending_.load(); ending > 0; ending = ending_.load()) raw::futex_wait(ending_, ending);
}

/// Those that do not rest. One that parks at this very moment leaves at once, and nobody waits for it.
void ParkingLot::let_go() {
    std::uint32_t staying = 0;
    parking_.store(false);
    for (auto& thread : threads()) {
        if (thread.rests) {
            ++staying;
        } else if (thread.tid > 0) {
            open(thread);
        }
    }
    tasks_.reset();
    reserve_.reset();
    await_left(staying);
}

void ParkingLot::release() {
    const long now = raw::now();
    if (rest_ends_ == 0) rest_ends_ = now + rest_ns;
    const auto* waker = choose_rest(false);
    if (waker != nullptr && (now >= rest_ends_ || !begin_rest(waker->tid, rest_ends_ - now))) {
        release_all();
    } else {
        let_go();
    }
}

void ParkingLot::release_all() {
    resting_.store(false);
    for (auto& thread : threads()) thread.rests = false;
    let_go();
}

void ParkingLot::make(ParkedThread& thread) {
    constexpr int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                          CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    constexpr std::uintptr_t below = 1024;  // the handler's frame, and what is below it: not to be written over
    const auto enter = [](void* parked) -> int {
        ::setcontext(&static_cast<ParkedThread*>(parked)->handler);
        std::abort();
    };
    const auto stack = (stack_pointer(thread.handler) - below) & ~std::uintptr_t{63};
    if (::clone(enter, reinterpret_cast<void*>(stack), flags, &thread, descriptors_->tid(thread.thread_pointer),
                thread.thread_pointer, thread.tid_address) < 0) {
        constexpr std::string_view text = "a forked JVM could not make its threads: EAGAIN\n";
        static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
        ::_exit(revival_failed);
    }
}

void ParkingLot::revive() {
    parking_.store(false);
    auto* waker = choose_rest(true);
    std::uint32_t revivals = 0;
    for (const auto& thread : threads()) revivals += thread.tid > 0 && thread.revive ? 1 : 0;
    inside_.store(revivals);
    for (auto& thread : threads()) {
        if (thread.tid > 0 && thread.revive && !thread.rests) make(thread);
    }
    if (waker == nullptr || !begin_rest(*descriptors_->tid(waker->thread_pointer), rest_ns)) catch_up();
}

void ParkingLot::catch_up() {
    if (raw::getpid() == process_) return;
    end_rest();
    await_left(0);
}

}  // namespace multiprocessing::jvm
