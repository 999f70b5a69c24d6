#include <memory>
#include <regex>
#include <vector>

#include "multiprocessing/process.hpp"
#include "process_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProcessTreeTest : public ProcessFixture {};

/// The value that a child's target returns, handed over in shared memory.
template <typename Body>
std::string text_from_child(Body body) {
    auto ends = pipe();
    Process process([&] {
        const std::string text = body();
        write_all(ends.writer.get(), std::as_bytes(std::span(text)));
    });
    process.start();
    ends.writer.reset();
    auto text = read_text(ends.reader.get());
    EXPECT_EQ(exitcode_of(process), 0);
    return text;
}

// Names

TEST_F(ProcessTreeTest, NumbersTheProcesses) {
    const auto number = [](const Process& process) {
        std::smatch parts;
        const auto name = process.name();
        return std::regex_match(name, parts, std::regex("Process-(\\d+)")) ? std::stoi(parts[1]) : -1;
    };
    const Process first([] {});
    const Process named("a name", [] {});
    const Process third([] {});
    EXPECT_GE(number(first), 1);
    EXPECT_EQ(number(third), number(first) + 2) << "one with a name is counted too";
    EXPECT_EQ(named.name(), "a name");
}

TEST_F(ProcessTreeTest, NumbersThoseOfAChildBelowIt) {
    Process process(checked([] {
        const auto own = current_process().name;
        EXPECT_EQ(Process([] {}).name(), own + ":1");
        Process second(checked([own] {
            EXPECT_EQ(current_process().name, own + ":2");
            EXPECT_EQ(Process([] {}).name(), own + ":2:1");
        }));
        EXPECT_EQ(second.name(), own + ":2");
        EXPECT_EQ(run(second), 0);
    }));
    EXPECT_TRUE(std::regex_match(process.name(), std::regex("Process-\\d+")));
    EXPECT_EQ(run(process), 0);
}

TEST_F(ProcessTreeTest, ANamedProcessNumbersItsChildrenAllTheSame) {
    EXPECT_EQ(run(Process("named", checked([] {
                  EXPECT_TRUE(std::regex_match(Process([] {}).name(), std::regex("Process-\\d+:1")));
              }))),
              0);
}

TEST_F(ProcessTreeTest, ANameMayBeChanged) {
    Process process("before", [] { linger(); });
    process.set_name("after");
    EXPECT_EQ(process.name(), "after");
    process.start();
    process.set_name("later");
    EXPECT_EQ(process.name(), "later");
    EXPECT_EQ(text_from_child([] { return current_process().name; }).substr(0, 8), "Process-");
    EXPECT_EQ(Process("same", [] {}).name(), Process("same", [] {}).name());
}

TEST_F(ProcessTreeTest, TheChildKnowsItsNameOfTheStart) {
    Process process("before", checked([] { EXPECT_EQ(current_process().name, "after"); }));
    process.set_name("after");
    EXPECT_EQ(run(process), 0);
}

// Current and parent process

TEST_F(ProcessTreeTest, TheFirstProcessIsTheMainProcess) {
    const auto self = current_process();
    EXPECT_EQ(self.name, "MainProcess");
    EXPECT_EQ(self.pid, ::getpid());
    EXPECT_FALSE(self.daemon);
    EXPECT_EQ(parent_process(), std::nullopt);
}

TEST_F(ProcessTreeTest, AChildKnowsItselfAndItsParent) {
    const auto test = ::getpid();
    EXPECT_EQ(run(Process("child", checked([=] {
                  EXPECT_EQ(current_process().name, "child");
                  EXPECT_EQ(current_process().pid, ::getpid());
                  const auto parent = parent_process();
                  ASSERT_TRUE(parent);
                  EXPECT_EQ(parent->name, "MainProcess");
                  EXPECT_EQ(parent->pid, test);
                  EXPECT_TRUE(parent->is_alive());
                  EXPECT_FALSE(parent->join(0ms));
                  const auto start = Clock::now();
                  EXPECT_FALSE(parent->join(30ms));
                  EXPECT_GE(Clock::now() - start, 30ms);
                  EXPECT_FALSE(wait_readable(parent->sentinel, 0));
                  EXPECT_THAT(active_children(), IsEmpty());
              }))),
              0);
}

TEST_F(ProcessTreeTest, AGrandchildKnowsItsParent) {
    EXPECT_EQ(run(Process("middle", checked([] {
                  const auto middle = ::getpid();
                  EXPECT_EQ(run(Process(checked([=] {
                                const auto parent = parent_process();
                                ASSERT_TRUE(parent);
                                EXPECT_EQ(parent->name, "middle");
                                EXPECT_EQ(parent->pid, middle);
                            }))),
                            0);
              }))),
              0);
}

TEST_F(ProcessTreeTest, AnOrphanLearnsOfItsParentsDeath) {
    auto ends = pipe();
    Process parent([&] {
        Process orphan([&] {
            const auto mine = parent_process();
            std::string seen = mine->is_alive() ? "alive, " : "dead already, ";
            write_all(ends.writer.get(), std::as_bytes(std::span(seen)));
            seen = mine->join(patience) ? "ended, " : "lives on, ";
            seen += mine->is_alive() ? "alive" : "dead";
            write_all(ends.writer.get(), std::as_bytes(std::span(seen)));
        });
        orphan.start();
        linger();
    });
    parent.start();
    ends.writer.reset();
    ASSERT_TRUE(wait_readable(ends.reader.get(), patience.count()));
    parent.kill();
    EXPECT_EQ(read_text(ends.reader.get()), "alive, ended, dead");
    EXPECT_EQ(exitcode_of(parent), -SIGKILL);
}

// Children

TEST_F(ProcessTreeTest, ActiveChildrenAreThoseThatRun) {
    Gate end;
    Process quick([&] { static_cast<void>(end.pass()); });
    Process slow([] { linger(); });
    const Process unstarted([] {});
    EXPECT_THAT(active_children(), IsEmpty());
    const auto pids = [] {
        std::set<pid_t> result;
        for (const auto& child : active_children()) result.insert(*child.pid());
        return result;
    };
    quick.start();
    slow.start();
    EXPECT_EQ(pids(), (std::set{*quick.pid(), *slow.pid()}));
    end.open();
    ASSERT_TRUE(wait_readable(quick.sentinel(), patience.count()));
    EXPECT_THAT(pids(), ElementsAre(*slow.pid()));
    EXPECT_EQ(process_state(*quick.pid()), std::nullopt) << "asking reaps";
    EXPECT_EQ(quick.exitcode(), 0) << "and its exit code is kept";
    slow.kill();
    slow.join();
    EXPECT_THAT(active_children(), IsEmpty());
}

TEST_F(ProcessTreeTest, AnotherMayHaveReapedAChild) {
    Process process([] {});
    process.start();
    EXPECT_EQ(exitcode_of(*process.pid()), 0);
    EXPECT_EQ(os_error([&] { return process.exitcode(); }), Failure(ECHILD, "waitpid")) << "nobody can tell";
    EXPECT_EQ(os_error([&] { process.join(); }), Failure(ECHILD, "waitpid"));
    EXPECT_EQ(run(Process([] {})), 0) << "others go on";
    EXPECT_THAT(active_children(), IsEmpty());
}

TEST_F(ProcessTreeTest, AProgramEndsThoughAnotherReapedItsChild) {
    const auto outcome = run_program(STDERR_FILENO, [] {
        Process process([] {});
        process.start();
        EXPECT_EQ(exitcode_of(*process.pid()), 0);
    });
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(outcome.exitcode, 0);
}

// A fork that the library was not asked for

TEST_F(ProcessTreeTest, ABareForkHasChildrenOfItsOwn) {
    Process parents([] { linger(); });
    parents.start();
    Child child([&] {
        EXPECT_EQ(current_process().pid, ::getpid());
        EXPECT_THAT(active_children(), IsEmpty());
        const auto pid = ::getpid();
        EXPECT_EQ(run(Process(checked([=] { EXPECT_EQ(parent_process()->pid, pid); }))), 0);
        EXPECT_EQ(message<AssertionError>([&] { parents.join(); }), "can only join a child process");
        EXPECT_NO_THROW(parents.close()) << "which concerns the handle alone";
    });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(parents.is_alive());
}

TEST_F(ProcessTreeTest, ABareForkLeavesItsParentsChildrenAlone) {
    Process daemon({[] { linger(); }, {}, true});
    daemon.start();
    const auto outcome = run_program(STDERR_FILENO, [] {});
    EXPECT_EQ(outcome.exitcode, 0) << "it does not wait for them";
    EXPECT_TRUE(daemon.is_alive()) << "nor does it stop them";
}

// Daemons

TEST_F(ProcessTreeTest, IsADaemonIfItIsSaid) {
    EXPECT_FALSE(Process([] {}).daemon());
    Process daemon({checked([] { EXPECT_TRUE(current_process().daemon); }), "daemon", true});
    EXPECT_TRUE(daemon.daemon());
    EXPECT_EQ(run(daemon), 0);
    Process later(checked([] { EXPECT_TRUE(current_process().daemon); }));
    later.set_daemon(true);
    EXPECT_TRUE(later.daemon());
    EXPECT_EQ(run(later), 0);
    Process never(checked([] { EXPECT_FALSE(current_process().daemon); }));
    never.set_daemon(true);
    never.set_daemon(false);
    EXPECT_EQ(run(never), 0);
}

TEST_F(ProcessTreeTest, ADaemonIsMadeBeforeItsStart) {
    Process process([] { linger(); });
    process.start();
    EXPECT_EQ(message<AssertionError>([&] { process.set_daemon(true); }), "process has already started");
    EXPECT_FALSE(process.daemon());
}

TEST_F(ProcessTreeTest, ADaemonHasNoChildren) {
    EXPECT_EQ(run(Process({checked([] {
                      Process process([] {});
                      EXPECT_TRUE(process.daemon()) << "as its creator";
                      EXPECT_EQ(message<AssertionError>([&] { process.start(); }),
                                "daemonic processes are not allowed to have children");
                      EXPECT_EQ(process.pid(), std::nullopt);
                  }),
                  {}, true})),
              0);
}

// Keys

TEST_F(ProcessTreeTest, InheritsTheProgramsKey) {
    const auto key = current_process().authkey;
    EXPECT_EQ(key.size(), 32u);
    EXPECT_NE(key, std::string(32, key[0])) << "random";
    Process process(checked([key] {
        EXPECT_EQ(current_process().authkey, key);
        EXPECT_EQ(Process([] {}).authkey(), key);
    }));
    EXPECT_EQ(process.authkey(), key);
    EXPECT_EQ(run(process), 0);
}

TEST_F(ProcessTreeTest, AKeyThatIsSetReachesAllBelow) {
    const std::string key("any \0 bytes", 11);
    Process process(checked([key] {
        EXPECT_EQ(current_process().authkey, key);
        EXPECT_EQ(run(Process(checked([key] { EXPECT_EQ(current_process().authkey, key); }))), 0);
    }));
    process.set_authkey(key);
    EXPECT_EQ(process.authkey(), key);
    EXPECT_NE(current_process().authkey, key) << "here nothing changes";
    EXPECT_EQ(run(process), 0);
}

// The end of a program

/// A child of a program, that says through shared memory who it is.
struct Reported {
    RawValue<pid_t> pid;
    [[nodiscard]] Process::Target lingering() const {
        return [mine = pid]() mutable {
            mine.value() = ::getpid();
            linger();
        };
    }
    [[nodiscard]] bool is_gone() const { return pid.value() > 0 && process_state(pid.value()) == std::nullopt; }
};

TEST_F(ProcessTreeTest, AProgramWaitsForItsChildren) {
    Gate end;
    Reported child;
    Child program([&] {
        Process process([&] {
            child.pid.value() = ::getpid();
            static_cast<void>(end.pass());
        });
        process.start();
        std::exit(0);
    });
    EXPECT_FALSE(multiprocessing::waitpid(program.pid(), 50ms)) << "it waits";
    end.open();
    EXPECT_EQ(program.exitcode(), 0);
    EXPECT_TRUE(child.is_gone()) << "joined, and so reaped";
}

TEST_F(ProcessTreeTest, AProgramTerminatesItsDaemons) {
    Reported child;
    Child program([&] {
        Process daemon({child.lingering(), {}, true});
        daemon.start();
        EXPECT_TRUE(eventually([&] { return child.pid.value() > 0; }));
        std::exit(::testing::Test::HasFailure());
    });
    EXPECT_EQ(program.exitcode(), 0);
    EXPECT_TRUE(child.is_gone());
}

TEST_F(ProcessTreeTest, DaemonsEndBeforeTheOthersAreWaitedFor) {
    auto life = pipe();
    RawValue<bool> outlived;
    Child program([&] {
        Process daemon({[] { linger(); }, {}, true});
        daemon.start();
        life.writer.reset();  // only the daemon has it now, and the test
        Process other([&] {
            std::byte byte{};
            outlived.value() = wait_readable(life.reader.get(), patience.count()) &&
                               read_all(life.reader.get(), std::span(&byte, 1)) == 0;
        });
        other.start();
        std::exit(0);
    });
    life.writer.reset();
    EXPECT_EQ(program.exitcode(), 0);
    EXPECT_TRUE(outlived.value());
}

TEST_F(ProcessTreeTest, AChildWaitsForItsChildrenHoweverItEnds) {
    const std::vector<std::pair<std::function<void()>, int>> ends{
        {[] {}, 0}, {[] { throw std::runtime_error("expected"); }, 1}, {[] { std::exit(3); }, 3}};
    for (const auto& [end, code] : ends) {
        Gate gate;
        Reported grandchild;
        Process process([&, end = end] {
            Process below([&] {
                grandchild.pid.value() = ::getpid();
                static_cast<void>(gate.pass());
            });
            below.start();
            end();
        });
        process.start();
        process.join(50ms);
        EXPECT_EQ(process.exitcode(), std::nullopt) << "it waits";
        gate.open();
        EXPECT_EQ(exitcode_of(process), code);
        EXPECT_TRUE(grandchild.is_gone());
    }
}

TEST_F(ProcessTreeTest, TheParentsExitHandlersAndDestructorsRunOnce) {
    const auto outcome = run_program(STDOUT_FILENO, [] {
        std::atexit([] { std::cout << "exit handler\n"; });
        struct Scope {
            ~Scope() { std::cout << "destructor\n"; }
        } scope;
        EXPECT_EQ(run(Process([] { std::cout << "child\n"; })), 0);
    });
    EXPECT_EQ(outcome.output, "child\ndestructor\nexit handler\n");
    EXPECT_EQ(outcome.exitcode, 0);
}

// Output

TEST_F(ProcessTreeTest, WritesWhatWasBufferedOnce) {
    const auto outcome = run_program(STDOUT_FILENO, [] {
        std::cout << "one ";
        std::printf("two ");
        EXPECT_EQ(run(Process([] {
                      std::cout << "three ";
                      std::printf("four ");
                  })),
                  0);
        std::cout << "five";
    });
    EXPECT_EQ(outcome.output, "one two three four five");
    EXPECT_EQ(outcome.exitcode, 0);
}

TEST_F(ProcessTreeTest, WritesWhatIsBufferedWhenItThrows) {
    const auto outcome = run_program(STDOUT_FILENO, [] {
        EXPECT_EQ(run(Process([] {
                      std::cout << "not lost";
                      throw std::runtime_error("expected");
                  })),
                  1);
    });
    EXPECT_EQ(outcome.output, "not lost");
}

class Unusual : public std::exception {
    [[nodiscard]] const char* what() const noexcept override { return "what it says"; }
};

TEST_F(ProcessTreeTest, TellsWhatWasThrown) {
    const auto thrown = [](Process::Target target) {
        return run_program(STDERR_FILENO, [&] { EXPECT_EQ(run(Process("thrower", std::move(target))), 1); });
    };
    auto outcome = thrown([] { throw std::runtime_error("some text"); });
    EXPECT_EQ(outcome.output, "Process thrower:\nstd::runtime_error: some text\n");
    EXPECT_EQ(outcome.exitcode, 0) << "the program goes on";
    outcome = thrown([] { throw ValueError("bad"); });
    EXPECT_EQ(outcome.output, "Process thrower:\nmultiprocessing::ValueError: bad\n");
    outcome = thrown([] { throw Unusual(); });
    EXPECT_THAT(outcome.output, ::testing::EndsWith("Unusual: what it says\n"));
    outcome = thrown([] { throw 42; });
    EXPECT_EQ(outcome.output, "Process thrower:\nan exception that is no std::exception\n");
}

TEST_F(ProcessTreeTest, ThrowsNothingIntoItsParentsCodeWhenStderrIsGone) {
    const auto outcome = run_program(STDOUT_FILENO, [] {
        const auto program = ::getpid();
        Process process([] {
            ::close(STDERR_FILENO);
            throw std::runtime_error("nobody hears it");
        });
        try {
            process.start();
        } catch (const std::exception& error) {
            std::cout << error.what();
        }
        if (::getpid() != program) std::cout << "the child runs on";
        EXPECT_EQ(exitcode_of(process), 1);
    });
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(outcome.exitcode, 0);
}

}  // namespace
}  // namespace multiprocessing
