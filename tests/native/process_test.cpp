#include "multiprocessing/process.hpp"

#include <memory>
#include <vector>

#include "process_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using std::chrono::nanoseconds;

class ProcessTest : public ProcessFixture {
protected:
    Process lingering_{[] { linger(); }};
};

TEST_F(ProcessTest, RunsItsTargetInAnotherProcess) {
    RawValue<pid_t> ran_in;
    Process process([&] { ran_in.value() = ::getpid(); });
    process.start();
    EXPECT_EQ(exitcode_of(process), 0);
    EXPECT_EQ(process.pid(), ran_in.value());
    EXPECT_EQ(process.ident(), process.pid());
    EXPECT_NE(ran_in.value(), ::getpid());
}

TEST_F(ProcessTest, DoesNothingWithoutATarget) {
    EXPECT_EQ(run(Process(Process::Options{})), 0);
}

TEST_F(ProcessTest, WhatTheTargetChangesIsACopy) {
    int counter = 0;
    Process process(checked([&] { EXPECT_EQ(++counter, 1); }));
    process.start();
    EXPECT_EQ(exitcode_of(process), 0);
    EXPECT_EQ(counter, 0);
}

TEST_F(ProcessTest, FreesItsTargetOnceItIsStarted) {
    const auto captured = std::make_shared<int>(1);
    Process process([captured] {});
    EXPECT_EQ(captured.use_count(), 2);
    process.start();
    EXPECT_EQ(captured.use_count(), 1);
    EXPECT_EQ(exitcode_of(process), 0);
}

TEST_F(ProcessTest, ATargetMayKnowItsOwnProcess) {
    std::optional<Process> process;
    process.emplace(checked([&] {
        EXPECT_EQ(process->pid(), ::getpid());
        EXPECT_TRUE(process->is_alive());
        EXPECT_EQ(process->exitcode(), std::nullopt);
        EXPECT_EQ(process->name(), current_process().name);
        EXPECT_THAT(process->repr(), ::testing::HasSubstr(" started>"));
        EXPECT_EQ(message<AssertionError>([&] { process->join(); }), "can only join a child process");
    }));
    process->start();
    EXPECT_EQ(exitcode_of(*process), 0);
}

// Its life

TEST_F(ProcessTest, HasNothingToShowBeforeItsStart) {
    EXPECT_EQ(lingering_.pid(), std::nullopt);
    EXPECT_EQ(lingering_.ident(), std::nullopt);
    EXPECT_EQ(lingering_.exitcode(), std::nullopt);
    EXPECT_FALSE(lingering_.status().has_value());
    EXPECT_FALSE(lingering_.is_alive());
    EXPECT_EQ(message<ValueError>([&] { return lingering_.sentinel(); }), "process not started");
    EXPECT_EQ(message<AssertionError>([&] { lingering_.join(); }), "can only join a started process");
    EXPECT_EQ(message<AssertionError>([&] { lingering_.join(1s); }), "can only join a started process");
    const std::string cannot_signal = "can only signal a started process";
    EXPECT_EQ(message<AssertionError>([&] { lingering_.terminate(); }), cannot_signal);
    EXPECT_EQ(message<AssertionError>([&] { lingering_.kill(); }), cannot_signal);
    EXPECT_EQ(message<AssertionError>([&] { lingering_.interrupt(); }), cannot_signal);
}

TEST_F(ProcessTest, RunsUntilItEnds) {
    Gate end;
    Process process([&] { std::exit(end.pass() ? 0 : 1); });
    process.start();
    EXPECT_TRUE(process.is_alive());
    EXPECT_EQ(process.exitcode(), std::nullopt);
    EXPECT_FALSE(process.status().has_value());
    end.open();
    process.join(patience);
    EXPECT_FALSE(process.is_alive());
    EXPECT_EQ(process.exitcode(), 0);
    ASSERT_TRUE(process.status());
    EXPECT_TRUE(process.status()->exited());
    EXPECT_EQ(process_state(*process.pid()), std::nullopt) << "joining reaps";
    EXPECT_NO_THROW(process.join()) << "again";
    EXPECT_NO_THROW(process.join(0s));
    EXPECT_EQ(process.exitcode(), 0);
}

TEST_F(ProcessTest, AskingReapsToo) {
    const auto before = open_descriptors();
    {
        Process process([] {});
        process.start();
        EXPECT_TRUE(eventually([&] { return !process.is_alive(); }));
        EXPECT_EQ(process_state(*process.pid()), std::nullopt);
        EXPECT_EQ(process.exitcode(), 0);
    }
    EXPECT_EQ(open_descriptors(), before) << "and nothing remembers it";
}

TEST_F(ProcessTest, IsStartedOnce) {
    const auto start = [&] { lingering_.start(); };
    start();
    const auto pid = lingering_.pid();
    EXPECT_EQ(message<AssertionError>(start), "cannot start a process twice");
    lingering_.kill();
    lingering_.join();
    EXPECT_EQ(message<AssertionError>(start), "cannot start a process twice");
    EXPECT_EQ(lingering_.pid(), pid);
}

TEST_F(ProcessTest, IsStartedByOneOfSeveralThreads) {
    for (int round = 0; round < 20; ++round) {
        RawValue<int> runs;
        Process process([&] { runs.fetch_add(1); });
        std::atomic<int> ready{0};
        std::atomic<int> refused{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] {
                ++ready;
                while (ready < 2) continue;
                try {
                    process.start();
                } catch (const AssertionError&) {
                    ++refused;
                }
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(refused, 1);
        EXPECT_EQ(exitcode_of(process), 0);
        EXPECT_EQ(runs.value(), 1);
    }
}

TEST_F(ProcessTest, JoiningTimesOut) {
    lingering_.start();
    for (const auto timeout : {nanoseconds(50ms), nanoseconds(1900us)}) {
        const auto start = Clock::now();
        lingering_.join(timeout);
        EXPECT_GE(Clock::now() - start, timeout);
    }
    for (const auto none : {nanoseconds(0), nanoseconds(-1), nanoseconds::min(), nanoseconds(1)}) lingering_.join(none);
    EXPECT_EQ(lingering_.exitcode(), std::nullopt);
    EXPECT_TRUE(lingering_.is_alive());
}

TEST_F(ProcessTest, JoiningSurvivesSignals) {
    for (const nanoseconds timeout : {nanoseconds(patience), nanoseconds::max(), nanoseconds::max() - 1ns}) {
        Gate end;
        Process process([&] { std::exit(end.pass() ? 4 : 1); });
        process.start();
        const Interrupter interrupter(3, [&] { end.open(); });
        process.join(timeout);
        EXPECT_EQ(process.exitcode(), 4);
    }
}

TEST_F(ProcessTest, IsJoinedByManyThreads) {
    Gate end;
    Process process([&] { std::exit(end.pass() ? 4 : 1); });
    process.start();
    std::vector<std::thread> threads;
    std::atomic<int> seen{0};
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            process.join(patience);
            seen += process.exitcode().value_or(0);
        });
    }
    end.open();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(seen, 16);
}

TEST_F(ProcessTest, CopiesStandForTheSameProcess) {
    auto copy = lingering_;
    lingering_.start();
    EXPECT_EQ(copy.pid(), lingering_.pid());
    copy.set_name("renamed");
    EXPECT_EQ(lingering_.name(), "renamed");
    copy.kill();
    EXPECT_EQ(exitcode_of(lingering_), -SIGKILL);
    EXPECT_EQ(copy.exitcode(), -SIGKILL);
}

TEST_F(ProcessTest, DroppingTheHandleNeitherStopsNorJoins) {
    pid_t pid = 0;
    {
        Process dropped([] { linger(); });
        dropped.start();
        pid = *dropped.pid();
    }
    EXPECT_TRUE(eventually([&] { return process_state(pid) == ProcessState::sleeping; }));
    auto children = active_children();
    ASSERT_EQ(children.size(), 1u);
    EXPECT_EQ(children.front().pid(), pid);
    children.front().kill();
    EXPECT_EQ(exitcode_of(children.front()), -SIGKILL);
}

// Exit codes

TEST_F(ProcessTest, TellsHowItEnded) {
    EXPECT_EQ(run(Process([] { std::exit(3); })), 3);
    EXPECT_EQ(run(Process([] { std::exit(0); })), 0);
    EXPECT_EQ(run(Process([] { ::_exit(7); })), 7);
    EXPECT_EQ(run(Process([] { std::exit(255); })), 255);
    EXPECT_EQ(run(Process([] { std::exit(300); })), 44);
    EXPECT_EQ(run(Process([] { std::exit(-1); })), 255);
    EXPECT_EQ(run(Process([] {
                  ::signal(SIGSEGV, SIG_DFL);
                  ::raise(SIGSEGV);
              })),
              -SIGSEGV);
}

TEST_F(ProcessTest, GivesTheWholeStatus) {
    Process process([] { std::exit(3); });
    process.start();
    process.join(patience);
    const auto status = process.status();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->raw(), 3 << 8);
    EXPECT_EQ(status->code(), 3);
    lingering_.start();
    lingering_.kill();
    lingering_.join(patience);
    ASSERT_TRUE(lingering_.status());
    EXPECT_EQ(lingering_.status()->signal(), SIGKILL);
}

TEST_F(ProcessTest, IsEndedBySignals) {
    for (const auto& [send, signal] : {std::pair{&Process::terminate, SIGTERM}, {&Process::kill, SIGKILL},
                                       {&Process::interrupt, SIGINT}}) {
        Process process([] { linger(); });
        process.start();
        (process.*send)();
        EXPECT_EQ(exitcode_of(process), -signal);
    }
}

TEST_F(ProcessTest, SignalsDoNothingOnceItHasEnded) {
    Process process([] { std::exit(3); });
    process.start();
    ASSERT_TRUE(wait_readable(process.sentinel(), patience.count()));
    process.terminate();  // not joined yet
    process.join();
    process.terminate();
    process.kill();
    process.interrupt();
    EXPECT_EQ(process.exitcode(), 3);
}

// Closing

TEST_F(ProcessTest, IsNotClosedWhileItRuns) {
    lingering_.start();
    EXPECT_EQ(message<ValueError>([&] { lingering_.close(); }),
              "Cannot close a process while it is still running. You should first call join() or terminate().");
    EXPECT_TRUE(lingering_.is_alive()) << "and stays usable";
}

void expect_closed(Process& process) {
    const std::vector<std::function<void()>> members{
        [&] { process.start(); }, [&] { process.join(); }, [&] { process.join(1s); },
        [&] { static_cast<void>(process.is_alive()); }, [&] { process.terminate(); }, [&] { process.kill(); },
        [&] { process.interrupt(); }, [&] { static_cast<void>(process.pid()); },
        [&] { static_cast<void>(process.ident()); }, [&] { static_cast<void>(process.name()); },
        [&] { process.set_name("x"); }, [&] { static_cast<void>(process.daemon()); },
        [&] { process.set_daemon(true); }, [&] { static_cast<void>(process.exitcode()); },
        [&] { static_cast<void>(process.status()); }, [&] { static_cast<void>(process.sentinel()); },
        [&] { static_cast<void>(process.authkey()); }, [&] { process.set_authkey("x"); }};
    for (std::size_t i = 0; i < members.size(); ++i) {
        EXPECT_EQ(message<ValueError>(members[i]), "process object is closed") << "member " << i;
    }
    EXPECT_THAT(process.repr(), ::testing::HasSubstr(" closed"));
    EXPECT_NO_THROW(process.close()) << "again";
}

TEST_F(ProcessTest, IsUselessOnceItIsClosed) {
    Process process([] {});
    process.start();
    ASSERT_TRUE(wait_readable(process.sentinel(), patience.count()));
    process.close();  // not joined: closing reaps
    EXPECT_FALSE(has_children());
    expect_closed(process);
}

TEST_F(ProcessTest, MayBeClosedBeforeItsStart) {
    lingering_.close();
    expect_closed(lingering_);
}

TEST_F(ProcessTest, ClosingFreesItsDescriptor) {
    const auto before = open_descriptors();
    Process process([] {});
    process.start();
    EXPECT_EQ(open_descriptors().size(), before.size() + 1);
    process.join(patience);
    process.close();
    EXPECT_EQ(open_descriptors(), before);
}

// Sentinel

TEST_F(ProcessTest, ItsSentinelShowsTheEnd) {
    lingering_.start();
    const int sentinel = lingering_.sentinel();
    EXPECT_EQ(lingering_.sentinel(), sentinel);
    EXPECT_TRUE(::fcntl(sentinel, F_GETFD) & FD_CLOEXEC);
    EXPECT_FALSE(wait_readable(sentinel, 0));
    lingering_.kill();
    EXPECT_TRUE(wait_readable(sentinel, patience.count()));
    EXPECT_EQ(exitcode_of(lingering_), -SIGKILL);
    EXPECT_TRUE(wait_readable(lingering_.sentinel(), 0)) << "valid until close()";
}

// repr

TEST_F(ProcessTest, DescribesItselfAsPythonDoes) {
    const auto parent = " parent=" + std::to_string(::getpid());
    Process process("worker", [] { linger(); });
    EXPECT_EQ(process.repr(), "<Process name='worker'" + parent + " initial>");
    process.start();
    const auto start = "<Process name='worker' pid=" + std::to_string(*process.pid()) + parent;
    EXPECT_EQ(process.repr(), start + " started>");
    process.terminate();
    ASSERT_EQ(exitcode_of(process), -SIGTERM);
    EXPECT_EQ(process.repr(), start + " stopped exitcode=-SIGTERM>");
    process.close();
    EXPECT_EQ(process.repr(), "<Process name='worker'" + parent + " closed>");
}

TEST_F(ProcessTest, DescribesItsEnd) {
    for (const int code : {0, 3}) {
        Process process([=] { ::_exit(code); });
        process.start();
        ASSERT_TRUE(wait_readable(process.sentinel(), patience.count()));
        EXPECT_THAT(process.repr(), ::testing::EndsWith(" stopped exitcode=" + std::to_string(code) + ">"));
    }
}

TEST_F(ProcessTest, DescribesADaemon) {
    lingering_.set_daemon(true);
    EXPECT_THAT(lingering_.repr(), ::testing::EndsWith(" initial daemon>"));
}

TEST_F(ProcessTest, IsUnknownToOtherProcesses) {
    lingering_.start();
    Process waiting([] {});
    EXPECT_EQ(run(Process(checked([&] {
                  const auto parent = " parent=" + std::to_string(::getppid());
                  EXPECT_EQ(lingering_.repr(), "<Process name='" + lingering_.name() + "' pid=" +
                                                   std::to_string(*lingering_.pid()) + parent + " unknown>");
                  EXPECT_EQ(lingering_.exitcode(), std::nullopt);
                  EXPECT_EQ(message<AssertionError>([&] { lingering_.join(); }), "can only join a child process");
                  EXPECT_EQ(message<AssertionError>([&] { return lingering_.is_alive(); }),
                            "can only test a child process");
                  EXPECT_EQ(message<AssertionError>([&] { lingering_.kill(); }), "can only signal a child process");
                  EXPECT_EQ(message<AssertionError>([&] { waiting.start(); }),
                            "can only start a process object created by current process");
              }))),
              0);
    EXPECT_TRUE(lingering_.is_alive());
}

// When starting fails

TEST_F(ProcessTest, MayBeStartedAgainIfItCouldNotBe) {
    Child child([] {
        rlimit before{};
        check(::getrlimit(RLIMIT_NPROC, &before), "getrlimit");
        if (::geteuid() == 0) check(::setuid(65534), "setuid");  // the limit is not for root
        const rlimit no_more{0, before.rlim_max};
        check(::setrlimit(RLIMIT_NPROC, &no_more), "setrlimit");
        const auto descriptors = open_descriptors();
        Process process([] {});
        EXPECT_EQ(os_error([&] { process.start(); }), Failure(EAGAIN, "fork"));
        EXPECT_EQ(process.pid(), std::nullopt);
        EXPECT_THAT(process.repr(), ::testing::EndsWith(" initial>"));
        EXPECT_EQ(open_descriptors(), descriptors);
        check(::setrlimit(RLIMIT_NPROC, &before), "setrlimit");
        EXPECT_EQ(run(process), 0);
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST_F(ProcessTest, NeedsADescriptor) {
    EXPECT_EQ(os_error_without_descriptors([&] { lingering_.start(); }), Failure(EMFILE, "pidfd_open"));
    EXPECT_EQ(lingering_.pid(), std::nullopt);
    EXPECT_FALSE(has_children());
    EXPECT_NO_THROW(lingering_.start()) << "as soon as there is one";
}

TEST_F(ProcessTest, NeedsOneDescriptorAndNoMore) {
    EXPECT_EQ(run(Process([] { ::_exit(3); })), 3);  // now a sanitizer has seen its classes
    EXPECT_EQ(with_descriptors(1, [] { return run(Process([] { ::_exit(3); })); }), 3);
}

// Nothing is left

TEST_F(ProcessTest, FiftyOfThemLeaveNothing) {
    const auto before = open_descriptors();
    {
        std::vector<Process> processes;
        for (int i = 0; i < 50; ++i) {
            processes.emplace_back([=] { ::_exit(i); });
            processes.back().start();
        }
        for (int i = 0; i < 50; ++i) EXPECT_EQ(exitcode_of(processes[static_cast<std::size_t>(i)]), i);
    }
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_FALSE(has_children());
}

TEST_F(ProcessTest, StartingReapsThoseThatEnded) {
    const auto before = open_descriptors();
    for (int i = 0; i < 20; ++i) {
        Process process([] {});
        process.start();
        ASSERT_TRUE(wait_readable(process.sentinel(), patience.count()));
    }
    EXPECT_LE(open_descriptors().size(), before.size() + 1);
    EXPECT_TRUE(active_children().empty());
    EXPECT_EQ(open_descriptors(), before);
}

#if !defined(__SANITIZE_ADDRESS__)  // its allocator does not survive a fork among threads that allocate
TEST_F(ProcessTest, AreStartedByManyThreads) {
    std::vector<std::thread> threads;
    std::atomic<int> sum{0};
    for (int i = 1; i <= 4; ++i) {
        threads.emplace_back([i, &sum] {
            for (int round = 0; round < 10; ++round) {
                Process process([i] { ::_exit(i); });
                process.start();
                static_cast<void>(active_children());
                sum += exitcode_of(process).value_or(-1000);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(sum, 10 * (1 + 2 + 3 + 4));
}
#endif

}  // namespace
}  // namespace multiprocessing
