#include "multiprocessing/process.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/ptrace.h>
#include <time.h>

#include <limits>

#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using std::chrono::nanoseconds;

/// The pid of a child that has been reaped.
pid_t reaped_pid() {
    Child child([] {});
    const auto pid = child.pid();
    EXPECT_EQ(child.exitcode(), 0);
    return pid;
}

bool reaches(pid_t pid, ProcessState state) {
    return eventually([=] { return process_state(pid) == state; });
}

/// Ends this process by a signal, whatever was set up for it.
void die_by(int signal) {
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

// Exit status

TEST(ExitStatusTest, DecodesAnExit) {
    const ExitStatus status(3 << 8);
    EXPECT_TRUE(status.exited());
    EXPECT_FALSE(status.signaled());
    EXPECT_FALSE(status.core_dumped());
    EXPECT_EQ(status.code(), 3);
    EXPECT_EQ(status.signal(), 0);
    EXPECT_EQ(status.exitcode(), 3);
    EXPECT_EQ(status.raw(), 768);
}

TEST(ExitStatusTest, DecodesASignal) {
    const ExitStatus status(SIGTERM);
    EXPECT_FALSE(status.exited());
    EXPECT_TRUE(status.signaled());
    EXPECT_FALSE(status.core_dumped());
    EXPECT_EQ(status.code(), 0);
    EXPECT_EQ(status.signal(), SIGTERM);
    EXPECT_EQ(status.exitcode(), -15);
}

TEST(ExitStatusTest, DecodesACoreDump) {
    const ExitStatus status(SIGABRT | 0x80);
    EXPECT_TRUE(status.core_dumped());
    EXPECT_EQ(status.signal(), SIGABRT);
    EXPECT_EQ(status.exitcode(), -6);
}

TEST(ExitStatusTest, TellsACrashWithACoreFromOneWithout) {
    const TemporaryDirectory directory;
    const auto crash = [&](const std::string& limit) {
        const auto script = "cd " + directory.path() + " && ulimit -c " + limit + " && kill -SEGV $$";
        return multiprocessing::waitpid(spawn({"/bin/sh", {"sh", "-c", script}, {}, {}}), patience);
    };
    const auto without = crash("0");
    ASSERT_TRUE(without);
    EXPECT_EQ(without->exitcode(), -SIGSEGV);
    EXPECT_FALSE(without->core_dumped());
    const auto with = crash("unlimited");
    ASSERT_TRUE(with);
    rlimit cores{};
    ASSERT_EQ(::getrlimit(RLIMIT_CORE, &cores), 0);
    if (cores.rlim_max != RLIM_INFINITY && ::geteuid() != 0) {
        EXPECT_TRUE(with->exited());  // the shell may not raise the limit, and says so
        return;
    }
    EXPECT_EQ(with->exitcode(), -SIGSEGV);
    EXPECT_TRUE(with->core_dumped() || std::filesystem::is_empty(directory.path()));
}

TEST(ExitStatusTest, HasEightBits) {
    for (const auto& [code, seen] : {std::pair{0, 0}, {3, 3}, {255, 255}, {300, 44}, {-1, 255}}) {
        Child child([&, wanted = code] { return wanted; });
        const auto status = child.status();
        ASSERT_TRUE(status);
        EXPECT_TRUE(status->exited());
        EXPECT_EQ(status->code(), seen);
        EXPECT_EQ(status->exitcode(), seen);
        EXPECT_EQ(status->raw(), seen << 8);
    }
}

TEST(ExitStatusTest, NamesTheSignalThatKilled) {
    for (const int signal : {SIGSEGV, SIGABRT, SIGTERM, SIGKILL, SIGUSR2}) {
        Child child([=] { die_by(signal); });
        EXPECT_EQ(child.exitcode(), -signal);
    }
}

// fork, waitpid

TEST(ForkTest, MakesAChild) {
    const auto parent = multiprocessing::getpid();
    EXPECT_EQ(parent, ::getpid());
    EXPECT_EQ(multiprocessing::getppid(), ::getppid());
    const pid_t pid = multiprocessing::fork();
    if (pid == 0) ::_exit(multiprocessing::getppid() == parent && multiprocessing::getpid() != parent ? 7 : 1);
    EXPECT_GT(pid, 0);
    EXPECT_EQ(multiprocessing::waitpid(pid).code(), 7);
}

TEST(ForkTest, ReportsThatThereAreTooManyProcesses) {
    Child child([] {
        const rlimit none{0, 0};
        check(::setrlimit(RLIMIT_NPROC, &none), "setrlimit");
        if (::geteuid() == 0) check(::setuid(65534), "setuid");  // the limit is not for root
        EXPECT_EQ(os_error([] { return multiprocessing::fork(); }), Failure(EAGAIN, "fork"));
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(WaitpidTest, ReapsOnce) {
    Child child([] { return 5; });
    child.forget();
    EXPECT_EQ(multiprocessing::waitpid(child.pid()).code(), 5);
    EXPECT_EQ(process_state(child.pid()), std::nullopt);
    const Failure no_child(ECHILD, "waitpid");
    EXPECT_EQ(os_error([&] { return multiprocessing::waitpid(child.pid()); }), no_child);
    EXPECT_EQ(os_error([&] { return multiprocessing::waitpid(child.pid(), 1s); }), no_child);
    EXPECT_EQ(os_error([&] { return try_waitpid(child.pid()); }), no_child);
}

TEST(WaitpidTest, TakesNoOthersChild) {
    const Failure no_child(ECHILD, "waitpid");
    EXPECT_EQ(os_error([] { return multiprocessing::waitpid(1); }), no_child);
    EXPECT_EQ(os_error([] { return multiprocessing::waitpid(::getpid()); }), no_child);
}

TEST(WaitpidTest, NeverTakesAnyChild) {
    Child child([] { return 5; });
    ASSERT_TRUE(reaches(child.pid(), ProcessState::zombie));
    for (const pid_t any : {-1, 0, -::getpgrp()}) {
        EXPECT_EQ(os_error([=] { return multiprocessing::waitpid(any); }), Failure(ECHILD, "waitpid"));
        EXPECT_EQ(os_error([=] { return multiprocessing::waitpid(any, 1s); }), Failure(ECHILD, "waitpid"));
        EXPECT_EQ(os_error([=] { return try_waitpid(any); }), Failure(ECHILD, "waitpid"));
    }
    EXPECT_EQ(child.exitcode(), 5);
}

TEST(WaitpidTest, TryingDoesNotWait) {
    Gate end;
    Child child([&] { return end.pass() ? 6 : 1; });
    EXPECT_EQ(try_waitpid(child.pid()), std::nullopt);
    end.open();
    std::optional<ExitStatus> status;
    ASSERT_TRUE(eventually([&] { return (status = try_waitpid(child.pid())).has_value(); }));
    child.forget();
    EXPECT_EQ(status->code(), 6);
}

TEST(WaitpidTest, TimesOut) {
    Child child([] { linger(); });
    for (const auto timeout : {nanoseconds(50ms), nanoseconds(1900us)}) {
        const auto start = Clock::now();
        EXPECT_EQ(multiprocessing::waitpid(child.pid(), timeout), std::nullopt);
        EXPECT_GE(Clock::now() - start, timeout);
    }
    for (const auto none : {nanoseconds(0), nanoseconds(-1), nanoseconds::min()}) {
        EXPECT_EQ(multiprocessing::waitpid(child.pid(), none), std::nullopt);
    }
    EXPECT_EQ(multiprocessing::waitpid(child.pid(), nanoseconds(1)), std::nullopt);
}

TEST(WaitpidTest, EndsInTimeAndLeavesNothingOpen) {
    const auto before = open_descriptors();
    Gate end;
    Child child([&] { return end.pass() ? 6 : 1; });
    Interrupter interrupter(3, [&] { end.open(); });
    EXPECT_EQ(child.exitcode(), 6);
    interrupter.stop();
    EXPECT_EQ(open_descriptors().size(), before.size() + 2) << "those of the gate";
}

TEST(WaitpidTest, TakesAnyTimeout) {
    for (const nanoseconds timeout : {nanoseconds::max(), nanoseconds(std::chrono::hours(24 * 365 * 200))}) {
        Gate end;
        Child child([&] { return end.pass() ? 6 : 1; });
        const Interrupter interrupter(3, [&] { end.open(); });
        const auto status = multiprocessing::waitpid(child.pid(), timeout);
        ASSERT_TRUE(status);
        child.forget();
        EXPECT_EQ(status->code(), 6);
    }
}

TEST(WaitpidTest, WaitsAcrossSignals) {
    Gate end;
    Child child([&] { return end.pass() ? 6 : 1; });
    const Interrupter interrupter(5, [&] { end.open(); });
    EXPECT_EQ(multiprocessing::waitpid(child.pid()).code(), 6);
    child.forget();
    EXPECT_GE(interrupter.count(), 5);
}

TEST(WaitpidTest, AStoppedChildHasNotEnded) {
    Child child([] { linger(); });
    multiprocessing::kill(child.pid(), SIGSTOP);
    ASSERT_TRUE(reaches(child.pid(), ProcessState::stopped));
    EXPECT_EQ(multiprocessing::waitpid(child.pid(), 10ms), std::nullopt);
    EXPECT_EQ(try_waitpid(child.pid()), std::nullopt);
    multiprocessing::kill(child.pid(), SIGCONT);
    multiprocessing::kill(child.pid(), SIGTERM);
    EXPECT_EQ(child.exitcode(), -SIGTERM);
}

TEST(WaitpidTest, ReportsThatDescriptorsRunOut) {
    Child child([] { linger(); });
    EXPECT_EQ(os_error_without_descriptors([&] { return multiprocessing::waitpid(child.pid(), 1s); }),
              Failure(EMFILE, "pidfd_open"));
    EXPECT_EQ(with_descriptors(0, [&] { return multiprocessing::waitpid(child.pid(), 0s); }), std::nullopt)
        << "asking takes no descriptor";
}

// pidfd_open, kill

TEST(PidfdTest, IsReadableOnceTheProcessHasEnded) {
    Gate end;
    Child child([&] { static_cast<void>(end.pass()); });
    const auto pidfd = pidfd_open(child.pid());
    EXPECT_TRUE(::fcntl(pidfd.get(), F_GETFD) & FD_CLOEXEC);
    EXPECT_FALSE(wait_readable(pidfd.get(), 0));
    end.open();
    EXPECT_TRUE(wait_readable(pidfd.get(), patience.count()));
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(wait_readable(pidfd.get(), 0)) << "and stays so";
}

TEST(PidfdTest, ReportsWhatItCannotOpen) {
    EXPECT_EQ(os_error([] { return pidfd_open(reaped_pid()); }), Failure(ESRCH, "pidfd_open"));
    EXPECT_EQ(os_error([] { return pidfd_open(-1); }), Failure(EINVAL, "pidfd_open"));
    EXPECT_EQ(os_error_without_descriptors([] { return pidfd_open(::getpid()); }), Failure(EMFILE, "pidfd_open"));
}

TEST(KillTest, SendsASignal) {
    Child child([] { linger(); });
    EXPECT_NO_THROW(multiprocessing::kill(child.pid(), 0)) << "which only asks";
    multiprocessing::kill(child.pid(), SIGUSR2);
    EXPECT_EQ(child.exitcode(), -SIGUSR2);
}

TEST(KillTest, ReachesAZombie) {
    Child child([] {});
    ASSERT_TRUE(reaches(child.pid(), ProcessState::zombie));
    EXPECT_NO_THROW(multiprocessing::kill(child.pid(), SIGKILL));
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(KillTest, ReportsWhatItCannotReach) {
    EXPECT_EQ(os_error([] { multiprocessing::kill(reaped_pid(), SIGTERM); }), Failure(ESRCH, "kill"));
    EXPECT_EQ(os_error([] { multiprocessing::kill(::getpid(), 1000); }), Failure(EINVAL, "kill"));
}

TEST(KillTest, ReportsWhatItMayNotReach) {
    Child child([] {
        // Root's first process; who is root becomes somebody else to whom it is out of reach.
        if (::geteuid() == 0) check(::setuid(65534), "setuid");
        EXPECT_EQ(os_error([] { multiprocessing::kill(1, 0); }), Failure(EPERM, "kill"));
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(SignalAtEndTest, ComesWhenTheOtherOneIsKilled) {
    Child other([] { linger(); });
    Child child([&] {
        signal_at_end_of(pidfd_open(other.pid()).release(), SIGTERM);
        linger();
    });
    multiprocessing::kill(other.pid(), SIGKILL);
    EXPECT_EQ(child.exitcode(), -SIGTERM);
}

TEST(SignalAtEndTest, ComesWhenTheOtherOneHasEndedBefore) {
    Child other([] {});
    ASSERT_TRUE(reaches(other.pid(), ProcessState::zombie));
    Child child([&] {
        signal_at_end_of(pidfd_open(other.pid()).release(), SIGUSR2);
        linger();
    });
    EXPECT_EQ(child.exitcode(), -SIGUSR2);
}

TEST(CpuCountTest, HeedsTheAffinity) {
    EXPECT_GE(cpu_count(), 1);
    EXPECT_LE(cpu_count(), ::sysconf(_SC_NPROCESSORS_CONF));
    Child child([] {
        cpu_set_t all;
        check(::sched_getaffinity(0, sizeof all, &all), "sched_getaffinity");
        EXPECT_EQ(cpu_count(), CPU_COUNT(&all));
        const int here = check(::sched_getcpu(), "sched_getcpu");
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<unsigned>(here), &one);
        check(::sched_setaffinity(0, sizeof one, &one), "sched_setaffinity");
        EXPECT_EQ(cpu_count(), 1);
    });
    EXPECT_EQ(child.exitcode(), 0);
}

// State

TEST(ProcessStateTest, RunningWhoAsks) {
    EXPECT_EQ(process_state(::getpid()), ProcessState::running);
}

TEST(ProcessStateTest, RunningAndNothingElse) {
    Child child([] {
        const auto deadline = Clock::now() + patience;
        while (Clock::now() < deadline) continue;
    });
    EXPECT_TRUE(reaches(child.pid(), ProcessState::running));
}

TEST(ProcessStateTest, SleepingStoppedAndOnAgain) {
    Child child([] { linger(); });
    EXPECT_TRUE(reaches(child.pid(), ProcessState::sleeping));
    multiprocessing::kill(child.pid(), SIGSTOP);
    EXPECT_TRUE(reaches(child.pid(), ProcessState::stopped));
    multiprocessing::kill(child.pid(), SIGCONT);
    EXPECT_TRUE(reaches(child.pid(), ProcessState::sleeping));
}

TEST(ProcessStateTest, DiskSleepWhileItCannotBeInterrupted) {
    auto life = pipe();
    Child child([&] {
        life.writer.reset();
        if (::vfork() == 0) {  // holds its parent until it ends
            char byte = 0;
            while (::read(life.reader.get(), &byte, 1) < 0) continue;
            ::_exit(0);
        }
    });
    EXPECT_TRUE(reaches(child.pid(), ProcessState::disk_sleep));
    life.writer.reset();
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(ProcessStateTest, TracingWhileItsTracerHoldsIt) {
    Child child([] {
        check(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr), "ptrace");
        ::raise(SIGSTOP);
    });
    EXPECT_TRUE(reaches(child.pid(), ProcessState::tracing));
    check(retry([&] { return ::waitpid(child.pid(), nullptr, WUNTRACED); }), "waitpid");
    check(::ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr), "ptrace");
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(ProcessStateTest, ZombieThenNothing) {
    Child child([] {});
    EXPECT_TRUE(reaches(child.pid(), ProcessState::zombie));
    EXPECT_NE(process_start_time(child.pid()), std::nullopt);
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(process_state(child.pid()), std::nullopt);
    EXPECT_EQ(process_start_time(child.pid()), std::nullopt);
}

TEST(ProcessStateTest, NothingForWhatIsNoPid) {
    for (const pid_t pid : {0, -1, std::numeric_limits<pid_t>::max()}) {
        EXPECT_EQ(process_state(pid), std::nullopt);
        EXPECT_EQ(process_start_time(pid), std::nullopt);
    }
}

TEST(ProcessStateTest, IsNotMisledByAName) {
    for (const char* name : {") R", "a) Z (b) T 1 2", ")", "(", " ", "\n) R\n"}) {
        Gate named;
        Child child([&] {
            ::prctl(PR_SET_NAME, name);
            named.open();
            linger();
        });
        ASSERT_TRUE(named.pass());
        EXPECT_TRUE(reaches(child.pid(), ProcessState::sleeping)) << name;
        const auto start = process_start_time(child.pid());
        EXPECT_GE(start, process_start_time(::getpid())) << name;
    }
}

TEST(ProcessStateTest, ReportsThatDescriptorsRunOut) {
    EXPECT_EQ(os_error_without_descriptors([] { return process_state(::getpid()); }), Failure(EMFILE, "open"));
    EXPECT_EQ(os_error_without_descriptors([] { return process_start_time(::getpid()); }), Failure(EMFILE, "open"));
}

unsigned long long ticks_since_boot() {
    timespec now{};
    check(::clock_gettime(CLOCK_BOOTTIME, &now), "clock_gettime");
    const auto per_second = ::sysconf(_SC_CLK_TCK);
    return static_cast<unsigned long long>(now.tv_sec * per_second + now.tv_nsec * per_second / 1'000'000'000);
}

TEST(StartTimeTest, IsWhenTheProcessStarted) {
    const auto before = ticks_since_boot();
    Child child([] { linger(); });
    const auto after = ticks_since_boot();
    const auto start = process_start_time(child.pid());
    EXPECT_GE(start, before);
    EXPECT_LE(start, after);
    EXPECT_EQ(process_start_time(child.pid()), start) << "and stays so";
    EXPECT_LE(process_start_time(::getpid()), start);
}

}  // namespace
}  // namespace multiprocessing
