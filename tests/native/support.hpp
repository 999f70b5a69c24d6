/// @file
/// What the tests share: waiting with a deadline, children that do not outlive their test, signals at the wrong moment.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "multiprocessing/error.hpp"
#include "multiprocessing/pipe.hpp"
#include "multiprocessing/process.hpp"

namespace multiprocessing::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// How long a test waits, before it fails, for what should come at once.
constexpr std::chrono::milliseconds patience{20'000};

/// How long processes are killed at random: MULTIPROCESSING_KILL_SECONDS, a whole number, in place of 1.5 s.
inline std::chrono::milliseconds killing_time() {
    const char* seconds = std::getenv("MULTIPROCESSING_KILL_SECONDS");
    return seconds == nullptr ? 1500ms : std::chrono::seconds(std::stoul(seconds));
}

/// Kills a test that hangs: no test waits for longer than it.
class Watchdog : public ::testing::EmptyTestEventListener {
    void OnTestStart(const ::testing::TestInfo&) override {
        const auto limit = 50s + std::chrono::duration_cast<std::chrono::seconds>(killing_time());
        ::alarm(static_cast<unsigned>(limit.count()));
    }
    void OnTestEnd(const ::testing::TestInfo&) override { ::alarm(0); }
};
inline const bool watched = (::testing::UnitTest::GetInstance()->listeners().Append(new Watchdog), true);

/// Asks again and again until `condition` holds. @return false when patience ran out
template <typename Condition>
[[nodiscard]] bool eventually(Condition&& condition) {
    const auto deadline = Clock::now() + patience;
    while (!condition()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(200us);
    }
    return true;
}

/// errno and the name of the call that failed.
using Failure = std::pair<int, std::string>;

/// The OSError that `call` must throw.
template <typename Call>
[[nodiscard]] Failure os_error(Call&& call) {
    try {
        call();
    } catch (const OSError& error) {
        return {error.error(), error.call()};
    }
    return {0, "nothing was thrown"};
}

/// The text of the `Error` that `call` must throw.
template <typename Error, typename Call>
[[nodiscard]] std::string message(Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// The descriptors that this process has open. Numbers are dealt from below: nobody here gets up to the last.
[[nodiscard]] inline std::set<int> open_descriptors() {
    std::set<int> result;
    for (int fd = 0; fd < 1024; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0) result.insert(fd);
    }
    return result;
}

/// Whether this process has any child that it has not reaped, running or dead.
[[nodiscard]] inline bool has_children() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/// Calls a function while this process may open `more` descriptors and no others. @return its answer
template <typename Call>
auto with_descriptors(unsigned more, Call&& call) {
    // A sanitizer needs a descriptor to look at an object of a class that it has not seen yet.
    static_cast<void>(os_error([] { throw OSError(0, "seen"); }));
    std::cout.flush();
    std::clog.flush();
    rlimit before{};
    check(::getrlimit(RLIMIT_NOFILE, &before), "getrlimit");
    rlimit limit{0, before.rlim_max};
    for (unsigned free = 0; free < more || ::fcntl(static_cast<int>(limit.rlim_cur), F_GETFD) >= 0; ++limit.rlim_cur) {
        free += ::fcntl(static_cast<int>(limit.rlim_cur), F_GETFD) < 0;
    }
    check(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    auto answer = call();
    check(::setrlimit(RLIMIT_NOFILE, &before), "setrlimit");
    return answer;
}

/// The OSError that `call` must throw when no descriptor is left.
template <typename Call>
[[nodiscard]] Failure os_error_without_descriptors(Call&& call) {
    return with_descriptors(0, [&] { return os_error(call); });
}

/// Flushes what a test printed, then ends this process at once. 1 if an expectation failed in it.
[[noreturn]] inline void leave(int code = 0) {
    std::cout.flush();
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : code);
}

/// Waits to be killed, but not for ever.
[[noreturn]] inline void linger() {
    const auto deadline = Clock::now() + patience;
    while (Clock::now() < deadline) ::poll(nullptr, 0, 1000);
    ::_exit(97);
}

/// A forked child that runs a function and ends with its answer as exit code; 1 if an expectation failed in it or
/// something was thrown. Killed and reaped, if need be, with the object.
class Child {
public:
    template <typename Body>
    explicit Child(Body&& body) {
        std::cout.flush();
        std::fflush(nullptr);
        pid_ = multiprocessing::fork();
        if (pid_ != 0) return;
        try {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if constexpr (std::is_void_v<decltype(body())>) {
                body();
                leave();
            } else {
                leave(body());
            }
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
        }
        ::_exit(1);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (reaped_) return;
        ::kill(pid_, SIGKILL);
        retry([this] { return ::waitpid(pid_, nullptr, 0); });
    }

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Reaped by somebody else.
    void forget() { reaped_ = true; }
    /// Waits until it has ended, with patience. @return nothing if it did not
    std::optional<ExitStatus> status() {
        const auto status = multiprocessing::waitpid(pid_, patience);
        reaped_ = status.has_value();
        return status;
    }
    /// As Python counts it. @return nothing if it did not end in time
    std::optional<int> exitcode() {
        const auto ended = status();
        return ended ? std::optional(ended->exitcode()) : std::nullopt;
    }

private:
    pid_t pid_ = -1;
    bool reaped_ = false;
};

/// Waits for a child with patience, then kills it. @return its exit code as Python counts it
[[nodiscard]] inline int exitcode_of(pid_t pid) {
    if (const auto status = multiprocessing::waitpid(pid, patience)) return status->exitcode();
    multiprocessing::kill(pid, SIGKILL);
    return multiprocessing::waitpid(pid).exitcode();
}

/// Lets another thread or process pass, once for each open().
class Gate {
public:
    void open() {
        const std::byte token{1};
        write_all(ends_.writer.get(), std::span(&token, 1));
    }
    /// @return false when patience ran out
    [[nodiscard]] bool pass() {
        std::byte token{};
        return wait_readable(ends_.reader.get(), patience.count()) &&
               read_all(ends_.reader.get(), std::span(&token, 1)) == 1;
    }

private:
    PipeEnds ends_ = pipe();
};

/// What can be read from `fd` until its end, or until patience runs out.
[[nodiscard]] inline std::string read_text(int fd) {
    std::string text;
    char buffer[4096];
    while (wait_readable(fd, patience.count())) {
        const auto got = check(retry([&] { return ::read(fd, buffer, sizeof buffer); }), "read");
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
    return text + "(no end)";
}

/// What a program did.
struct Outcome {
    std::string output;  ///< on the one descriptor that was watched
    std::optional<int> exitcode;
};

/// Runs a function as a program of its own, its descriptor `fd` (1 or 2) being a pipe, and exits as programs do.
template <typename Body>
[[nodiscard]] Outcome run_program(int fd, Body&& body) {
    auto ends = pipe();
    Child child([&] {
        check(::dup2(ends.writer.get(), fd), "dup2");
        ends.writer.reset();
        ends.reader.reset();
        body();
        std::exit(::testing::Test::HasFailure() ? 1 : 0);
    });
    ends.writer.reset();
    auto output = read_text(ends.reader.get());
    return {std::move(output), child.exitcode()};
}

/// Changes what a signal does, for as long as it lives.
class Disposition {
public:
    Disposition(int signal, void (*handler)(int)) : signal_(signal) {
        struct sigaction action {};
        action.sa_handler = handler;  // without SA_RESTART: system calls are interrupted
        check(::sigaction(signal, &action, &before_), "sigaction");
    }
    Disposition(const Disposition&) = delete;
    Disposition& operator=(const Disposition&) = delete;
    ~Disposition() { ::sigaction(signal_, &before_, nullptr); }

private:
    int signal_;
    struct sigaction before_ {};
};

/// As many signals as it takes.
constexpr int until_stopped = std::numeric_limits<int>::max();

/// Interrupts what the thread that made it blocks in, `times` times, and then does what that waits for.
class Interrupter {
public:
    explicit Interrupter(int times, std::function<void()> then = {})
        : thread_([this, times, then = std::move(then), target = ::pthread_self(), tid = ::gettid()] {
              for (int i = 0; i < times && !stop_; ++i) interrupt(target, tid);
              if (then) then();
          }) {}
    Interrupter(const Interrupter&) = delete;
    Interrupter& operator=(const Interrupter&) = delete;
    ~Interrupter() { stop(); }

    /// Ends it early, and waits for what it does then.
    void stop() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    /// The signals that interrupted something.
    [[nodiscard]] int count() const { return handled - before_; }

private:
    void interrupt(pthread_t target, pid_t tid) {
        const int before = handled;
        if (!eventually([&] { return stop_ || blocks(tid); }) || stop_) return;
        ::pthread_kill(target, SIGUSR1);
        static_cast<void>(eventually([&] { return handled > before; }));
    }
    [[nodiscard]] static bool blocks(pid_t tid) {
        std::ifstream file("/proc/self/task/" + std::to_string(tid) + "/stat");
        std::string line;
        std::getline(file, line);
        const auto end = line.rfind(") ");
        return end != std::string::npos && line[end + 2] == 'S';
    }

    static inline std::atomic<int> handled{0};
    const int before_ = handled;
    Disposition disposition_{SIGUSR1, [](int) { ++handled; }};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

/// A directory that goes with the object.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        if (::mkdtemp(path_.data()) == nullptr) throw_errno("mkdtemp");
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = std::filesystem::temp_directory_path() / "multiprocessing-XXXXXX";
};

}  // namespace multiprocessing::test
