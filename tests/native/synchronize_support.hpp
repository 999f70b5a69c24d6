/// @file
/// What the tests of the synchronization primitives share.
#pragma once

#include <sys/ptrace.h>

#include <functional>
#include <thread>
#include <utility>

#include "multiprocessing/sharedctypes.hpp"
#include "multiprocessing/synchronize.hpp"
#include "support.hpp"

namespace multiprocessing::test {

/// Runs a function in another thread and waits for its answer.
template <typename Body>
auto in_thread(Body&& body) {
    decltype(body()) answer{};
    std::thread([&] { answer = body(); }).join();
    return answer;
}

/// How long a call took.
template <typename Call>
std::chrono::nanoseconds duration_of(Call&& call) {
    const auto start = Clock::now();
    call();
    return Clock::now() - start;
}

/// Within it a survivor has to notice a death; with time for a loaded machine.
constexpr std::chrono::milliseconds soon{1'000};

/// Changes how often those that wait look around, for as long as it lives.
class LookInterval {
public:
    explicit LookInterval(std::chrono::nanoseconds interval)
        : before_(sync::look_interval.exchange(interval.count())) {}
    LookInterval(const LookInterval&) = delete;
    LookInterval& operator=(const LookInterval&) = delete;
    ~LookInterval() { sync::look_interval = before_; }

private:
    sync::Nanoseconds before_;
};

/// So long that nobody looks: a wake-up that is lost is a test that hangs.
constexpr std::chrono::minutes no_looking{10};

/// Kills a process and waits until it is gone.
inline void kill_and_reap(Child& child) {
    multiprocessing::kill(child.pid(), SIGKILL);
    EXPECT_EQ(child.exitcode(), -SIGKILL);
}

/// Whether it sleeps in the kernel.
[[nodiscard]] inline bool sleeps(const Child& child) {
    return process_state(child.pid()) == ProcessState::sleeping;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/// The sanitizers' own code makes many more instructions, in which nothing can go wrong.
constexpr int instruction_step = 293;
#elif !defined(__OPTIMIZE__)
constexpr int instruction_step = 7;
#else
constexpr int instruction_step = 1;
#endif

/// Stops a traced process, in as few instructions as can be.
inline void stop_here() {
#if defined(__x86_64__)
    asm volatile("int3" ::: "memory");
#else
    ::raise(SIGTRAP);
#endif
}

/// Whether a stopped process has called stop_here(), and was not stopped because it made one instruction, or came back
/// from a system call.
[[nodiscard]] inline bool stopped_itself(pid_t pid) {
    siginfo_t info{};
    check(::ptrace(PTRACE_GETSIGINFO, pid, nullptr, &info), "ptrace");
    return info.si_signo == SIGTRAP && (info.si_code == SI_KERNEL || info.si_code == SI_TKILL);
}

/// Has a child perform `operation`, and kills it after its first instruction; another after two; and so on, until one
/// gets through. After each calls `verify`.
/// @param prepare what a child does before, untouched
inline void kill_at_every_instruction(const std::function<void()>& prepare, const std::function<void()>& operation,
                                      const std::function<void()>& verify, int step = instruction_step) {
    const LookInterval short_one(200us);  // it is not about the time that survivors take
    static_cast<void>(sync::futex_wake(&step, 1));  // bound here, lest each child look for the functions
    bool complete = false;
    for (int instructions = 0; !complete && !::testing::Test::HasFailure(); instructions += step) {
        Child child([&] {
            prepare();
            static_cast<void>(sync::this_thread(sync::this_process()));
            ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
            stop_here();
            operation();
            stop_here();
        });
        int status = 0;
        const auto wait = [&] { retry([&] { return ::waitpid(child.pid(), &status, 0); }); };
        wait();
        ASSERT_TRUE(WIFSTOPPED(status)) << "children cannot be traced here";
        for (int i = 0; i < instructions && !complete; ++i) {
            ::ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr);
            wait();
            complete = stopped_itself(child.pid());
        }
        ::kill(child.pid(), SIGKILL);
        wait();
        child.forget();
        verify();
        if (::testing::Test::HasFailure()) ADD_FAILURE() << "killed after " << instructions << " instructions";
        if (complete) ::testing::Test::RecordProperty("instructions", instructions);
        ASSERT_LT(instructions, 100'000);
    }
}

}  // namespace multiprocessing::test
