/// @file
/// Who puts many messages in a row keeps the right to: it takes no lock, until somebody else dismisses it.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <filesystem>
#include <functional>
#include <map>
#include <semaphore>
#include <set>
#include <thread>

#include "queues/keeper.hpp"
#include "queues_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

/// A thread that makes one call after the other.
class InTurn {
public:
    bool call(std::function<bool()> what) {
        what_ = std::move(what);
        asked_.release();
        answered_.acquire();
        return answer_;
    }
    InTurn() = default;
    InTurn(const InTurn&) = delete;
    InTurn& operator=(const InTurn&) = delete;
    ~InTurn() {
        what_ = nullptr;
        asked_.release();
        thread_.join();
    }

private:
    std::function<bool()> what_;
    bool answer_ = false;
    std::binary_semaphore asked_{0}, answered_{0};
    std::thread thread_{[this] {
        for (asked_.acquire(); what_; asked_.acquire()) {
            answer_ = what_();
            answered_.release();
        }
    }};
};

class QueueKeeperTest : public ::testing::Test {
protected:
    static constexpr auto small = 100ms;

    /// The calling thread takes its messages itself.
    static void become_keeper(Queue<std::string>& queue) {
        become_keeper(state_of(queue));
    }
    static void become_keeper(queues::QueueState& state) {
        const auto process = sync::this_process();
        ASSERT_TRUE(sync::enlist(process));
        const queues::Caller caller{process, sync::this_thread(process), -1};
        std::byte message{};
        for (int i = 0; i < 4; ++i) {
            ASSERT_EQ(queues::put(state, -1, caller, &message, 1, 's').status, queues::Status::done);
            ASSERT_EQ(queues::get(state, caller, &message, 1).status, queues::Status::done);
        }
    }
    [[nodiscard]] static bool has_keeper(const ByteQueue& queue) {
        const auto keeper = state_of(queue).keeper.load();
        return keeper >= 1 && keeper <= queues::QueueState::keeper_places;
    }
    [[nodiscard]] static bool somebody_is_inside(const ByteQueue& queue) {
        for (const auto& place : state_of(queue).keepers) {
            if (place.inside != 0) return true;
        }
        return false;
    }

    /// As one who has died inside left it.
    static void let_one_die_inside(Queue<std::string>& queue) {
        Child child([&] {
            become_keeper(queue);
            leave(has_keeper(queue) ? 0 : 1);
        });
        ASSERT_EQ(child.exitcode(), 0);
        auto& state = state_of(queue);
        state.keepers[state.keeper - 1].inside = 1;
        constexpr std::uint64_t whole = 1;  // see Step
        state.writing = std::uint64_t{queues::position(state.tail)} << 32 | whole;
    }

    /// Takes all there is: "after", and "message" before it, if that was put.
    bool holds_message_before_after() {
        auto first = queue_.get();
        const bool both = first == "message";
        if (both) first = queue_.get();
        EXPECT_EQ(first, "after");
        EXPECT_EQ(queue_.qsize(), 0);
        return both;
    }

    const KeepAfter few_{2};
    Queue<std::string> queue_;
};

TEST_F(QueueKeeperTest, TakesNoLock) {
    become_keeper(queue_);
    ASSERT_TRUE(has_keeper(queue_));
    auto& lock = state_of(queue_).put_lock;
    ASSERT_TRUE(sync::try_take(lock, sync::this_process(), 1)) << "as one who has not dismissed it yet";
    queue_.put("message");
    sync::release_fully(lock);
    EXPECT_EQ(queue_.get(), "message");
    EXPECT_FALSE(somebody_is_inside(queue_));
}

TEST_F(QueueKeeperTest, IsNobodyWhoHasNotEnlisted) {
    Child child([&] {
        for (int i = 0; i < 10; ++i) queue_.put("message");
        return has_keeper(queue_) ? 1 : 0;
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST_F(QueueKeeperTest, IsDismissedByWhoeverPuts) {
    for (int i = 0; i < 3; ++i) {
        become_keeper(queue_);
        ASSERT_TRUE(has_keeper(queue_));
        queue_.put("first");
        Child other([&] { queue_.put("second"); });
        ASSERT_EQ(other.exitcode(), 0);
        EXPECT_FALSE(has_keeper(queue_));
        queue_.put("third");
        for (const auto* message : {"first", "second", "third"}) EXPECT_EQ(queue_.get_nowait(), message);
    }
    EXPECT_EQ(queue_.lost(), 0u);
}

TEST_F(QueueKeeperTest, IsNotAForkedChild) {
    become_keeper(queue_);
    Child child([&] {
        for (int i = 0; i < 10; ++i) queue_.put("child's");
    });
    for (int i = 0; i < 10; ++i) queue_.put("parent's");
    ASSERT_EQ(child.exitcode(), 0);
    std::map<std::string, int> count;
    for (int i = 0; i < 20; ++i) ++count[queue_.get_nowait()];
    EXPECT_EQ(count["child's"], 10);
    EXPECT_EQ(count["parent's"], 10);
}

TEST_F(QueueKeeperTest, PutsWhatDoesNotFitUnderTheLock) {
    Queue<std::string> queue(2);
    become_keeper(queue);
    queue.put("first");
    queue.put(std::string(queues::first_ring, 'x'));
    EXPECT_THROW(queue.put_nowait("third"), Full);
    EXPECT_EQ(queue.get(), "first");
    queue.put_nowait("third");
    EXPECT_EQ(queue.get().size(), queues::first_ring);
    EXPECT_EQ(queue.get(), "third");
}

TEST_F(QueueKeeperTest, ThatHasToWakeReadersIsItNoMore) {
    const LookInterval none(no_looking);
    become_keeper(queue_);
    ASSERT_TRUE(has_keeper(queue_));
    Child reader([&] { leave(queue_.get() == "message" ? 0 : 1); });
    ASSERT_TRUE(eventually([&] { return sleeps(reader); }));
    queue_.put("message");
    EXPECT_EQ(reader.exitcode(), 0);
    EXPECT_FALSE(has_keeper(queue_));
}

TEST_F(QueueKeeperTest, ThatHadToWakeReadersBeginsAnew) {
    const KeepAfter more(10);
    auto& state = state_of(queue_);
    ASSERT_TRUE(sync::enlist(sync::this_process()));
    for (int i = 0; i <= 10; ++i) queue_.put("message");
    ASSERT_TRUE(has_keeper(queue_));
    state.readers.word.fetch_or(queues::Sleepers::some);  // that found a message after all
    queue_.put("message");
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(has_keeper(queue_)) << i;
        queue_.put("message");
    }
    EXPECT_TRUE(has_keeper(queue_));
}

/// Who was the keeper by that number is not there any more, and the new program has not enlisted.
TEST_F(QueueKeeperTest, IsNotWhatItsProcessBecameByExec) {
    Event kept, go;
    Child child([&] {
        become_keeper(queue_);
        kept.set();
        go.wait();
        constexpr int first_descriptor = 3;
        check(::dup2(queue_.block().arena()->fd(), first_descriptor), "dup2");
        check(::fcntl(first_descriptor, F_SETFD, 0), "fcntl");
        const auto peer = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "queue_peer";
        check(::execl(peer.c_str(), peer.c_str(), "put", "0", nullptr), "execl");
    });
    ASSERT_TRUE(kept.wait(patience));
    ASSERT_TRUE(has_keeper(queue_));
    auto& lock = state_of(queue_).put_lock;
    ASSERT_TRUE(sync::try_take(lock, sync::this_process(), 1)) << "as one who has not dismissed it yet";
    go.set();
    EXPECT_TRUE(eventually([&] { return !queue_.empty() || (lock.word & sync::LockState::contended) != 0; }));
    EXPECT_TRUE(queue_.empty());
    sync::release_fully(lock);
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(queue_.get_nowait(), "put");
    EXPECT_FALSE(has_keeper(queue_));
}

TEST_F(QueueKeeperTest, WhatItsNumberLeftInsideIsMended) {
    let_one_die_inside(queue_);
    Child same([&] {
        auto& state = state_of(queue_);
        state.keepers[state.keeper - 1].writer = queues::writer_of(sync::this_process());
        queue_.put("message");
    });
    EXPECT_EQ(same.exitcode(), 0);
    EXPECT_EQ(queue_.get_nowait(), "message");
    EXPECT_EQ(queue_.lost(), 1u);
    EXPECT_FALSE(somebody_is_inside(queue_));
}

/// Each puts a message, and looks whether the other has: not both may miss it.
TEST_F(QueueKeeperTest, WhoeverPutsFirstIsSeen) {
    constexpr int times = 50'000;
    Queue<int> queues[2];
    std::atomic<int> arrived{0};
    std::vector<char> missed[2]{std::vector<char>(times), std::vector<char>(times)};
    int kept[2]{};
    const auto meet = [&](int time) {
        ++arrived;
        for (int i = 0; arrived < 2 * time; ++i) {
            if (i > 1000) std::this_thread::yield();
        }
    };
    const auto run = [&](int me) {
        become_keeper(state_of(queues[me]));
        for (int i = 0; i < times; ++i) {
            meet(2 * i + 1);
            queues[me].put(i);
            missed[me][i] = queues[1 - me].empty();
            kept[me] += has_keeper(queues[me]);
            meet(2 * i + 2);
            static_cast<void>(queues[me].get());
        }
    };
    std::thread other(run, 1);
    run(0);
    other.join();
    int both = 0;
    for (int i = 0; i < times; ++i) both += missed[0][i] && missed[1][i];
    EXPECT_EQ(both, 0);
    EXPECT_GT(std::min(kept[0], kept[1]), times / 2);
}

TEST_F(QueueKeeperTest, EachOfManyThreadsInTurn) {
    for (std::size_t i = 0; i < 3 * queues::QueueState::keeper_places; ++i) {
        const bool kept = in_thread([&] {
            become_keeper(queue_);
            return has_keeper(queue_);
        });
        EXPECT_TRUE(kept) << "thread " << i << ": those before have ended, and need their places no more";
    }
}

TEST_F(QueueKeeperTest, PlacesOfTheLivingAreTheirOwn) {
    constexpr auto places = queues::QueueState::keeper_places;
    std::vector<std::unique_ptr<InTurn>> threads;
    for (std::size_t i = 0; i <= places; ++i) threads.push_back(std::make_unique<InTurn>());
    const auto becomes_keeper = [&](std::size_t i) {
        return threads[i]->call([&] {
            become_keeper(queue_);
            return has_keeper(queue_);
        });
    };
    for (std::size_t i = 0; i < places; ++i) EXPECT_TRUE(becomes_keeper(i)) << i;
    EXPECT_FALSE(becomes_keeper(places)) << "none of them knows yet that it is no more";
    auto& state = state_of(queue_);
    EXPECT_LT(queues::messages(state.tail) - state.since, 2u) << "to ask for a place costs something: not each time";
    EXPECT_TRUE(threads[0]->call([&] {
        queue_.put("message");
        return queue_.get() == "message";
    }));
    EXPECT_TRUE(becomes_keeper(places)) << "one of them knows now";
}

TEST_F(QueueKeeperTest, KilledAtEveryInstruction) {
    int put = 0;
    int lost = 0;
    kill_at_every_instruction([&] { become_keeper(queue_); }, [&] { queue_.put("message"); },
                              [&] {
                                  EXPECT_TRUE(has_keeper(queue_));
                                  queue_.put("after");
                                  put += holds_message_before_after();
                                  lost = static_cast<int>(queue_.lost());
                              });
    EXPECT_GT(put, 0);
    EXPECT_GT(lost, 0);
}

TEST_F(QueueKeeperTest, WhoDismissesItIsKilledAtEveryInstruction) {
    become_keeper(queue_);
    int put = 0;
    kill_at_every_instruction([] {}, [&] { queue_.put("message"); },
                              [&] {
                                  // By one who needs the lock.
                                  std::thread([&] { queue_.put("after"); }).join();
                                  put += holds_message_before_after();
                                  become_keeper(queue_);
                                  EXPECT_TRUE(has_keeper(queue_));
                              });
    EXPECT_GT(put, 0);
}

TEST_F(QueueKeeperTest, WhoDismissesADeadOneIsKilledAtEveryInstruction) {
    let_one_die_inside(queue_);
    std::uint64_t before = 0;
    int put = 0;
    kill_at_every_instruction([] {}, [&] { queue_.put("message"); },
                              [&] {
                                  queue_.put("after");
                                  put += holds_message_before_after();
                                  EXPECT_GE(queue_.lost(), before + 1) << "the keeper's";
                                  EXPECT_LE(queue_.lost(), before + 2) << "and the other's";
                                  before = queue_.lost();
                                  let_one_die_inside(queue_);
                              },
                              11 * instruction_step);
    EXPECT_GT(put, 0);
}

/// Wherever it is stopped, it is alone inside, or who has dismissed it is.
TEST_F(QueueKeeperTest, StoppedAtEveryInstruction) {
    const LookInterval none(no_looking);
    auto& state = state_of(queue_);
    const auto process = sync::this_process();
    const queues::Caller caller{process, sync::this_thread(process), 1'000'000};
    bool complete = false;
    int dismissed = 0, inside = 0;
    for (int instructions = 0; !complete && !HasFailure(); instructions += instruction_step) {
        SCOPED_TRACE(std::to_string(instructions) + " instructions");
        Child child([&] {
            become_keeper(queue_);
            ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
            stop_here();
            queue_.put("message");
            stop_here();
        });
        const auto wait = [&] { retry([&] { return ::waitpid(child.pid(), nullptr, 0); }); };
        wait();
        for (int i = 0; i < instructions && !complete; ++i) {
            ::ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr);
            wait();
            complete = stopped_itself(child.pid());
        }
        queues::Timer timer(caller);
        const auto how = queues::enter_to_put(state, caller, timer);
        const auto tail = state.tail.load();
        const bool has_put = !queue_.empty();
        if (!complete) ::ptrace(PTRACE_CONT, child.pid(), nullptr, nullptr);
        if (how == sync::Acquired::taken) {
            ++dismissed;
            EXPECT_TRUE(has_put || eventually([&] { return sleeps(child); })) << "it has to wait";
            EXPECT_EQ(state.tail, tail) << "nobody else may write";
            sync::release_fully(state.put_lock);
        } else {
            ++inside;
            EXPECT_EQ(how, sync::Acquired::timed_out);
        }
        if (!complete) wait();
        EXPECT_EQ(queue_.get_nowait(), "message");
        kill_and_reap(child);
    }
    EXPECT_GT(dismissed, 0);
    EXPECT_GT(inside, 0);
    EXPECT_EQ(queue_.lost(), 0u);
}

/// A keeper that is stopped while it writes "message".
class QueueKeeperInsideTest : public QueueKeeperTest {
protected:
    QueueKeeperInsideTest() {
        keeper_.emplace([&] {
            become_keeper(queue_);
            ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
            stop_here();
            queue_.put("message");
            queue_.put("next");
        });
        int status = 0;
        const auto wait = [&] { retry([&] { return ::waitpid(keeper_->pid(), &status, 0); }); };
        wait();
        EXPECT_TRUE(WIFSTOPPED(status)) << "children cannot be traced here";
        while (state_of(queue_).writing == 0 && WIFSTOPPED(status)) {
            ::ptrace(PTRACE_SINGLESTEP, keeper_->pid(), nullptr, nullptr);
            wait();
        }
    }
    void resume() { ::ptrace(PTRACE_DETACH, keeper_->pid(), nullptr, nullptr); }

    std::optional<Child> keeper_;
};

TEST_F(QueueKeeperInsideTest, IsWaitedFor) {
    EXPECT_THROW(queue_.put("impatient", small), Full);
    EXPECT_THROW(queue_.put_nowait("more impatient"), Full);
    std::thread patient([&] { queue_.put("patient"); });
    const bool asleep = eventually([&] { return (state_of(queue_).keeper & queues::QueueState::dismissed) != 0; });
    EXPECT_TRUE(asleep);
    resume();
    patient.join();
    EXPECT_EQ(keeper_->exitcode(), 0);
    EXPECT_EQ(queue_.get_nowait(), "message");
    std::set<std::string> rest{queue_.get_nowait(), queue_.get_nowait()};
    EXPECT_EQ(rest, (std::set<std::string>{"next", "patient"}));
    EXPECT_EQ(queue_.lost(), 0u);
}

TEST_F(QueueKeeperInsideTest, WakesWhoWaitsForIt) {
    const LookInterval none(no_looking);
    Child patient([&] { queue_.put("patient"); });
    ASSERT_TRUE(eventually([&] { return sleeps(patient); }));
    resume();
    EXPECT_EQ(patient.exitcode(), 0);
    EXPECT_EQ(keeper_->exitcode(), 0);
    EXPECT_EQ(queue_.qsize(), 3);
}

TEST_F(QueueKeeperInsideTest, WhoDiesThereLosesItsMessage) {
    std::thread patient([&] { queue_.put("patient"); });
    EXPECT_TRUE(eventually([&] { return (state_of(queue_).keeper & queues::QueueState::dismissed) != 0; }));
    ::kill(keeper_->pid(), SIGKILL);
    patient.join();
    EXPECT_EQ(keeper_->exitcode(), -SIGKILL);
    EXPECT_EQ(queue_.get_nowait(), "patient");
    EXPECT_EQ(sync::pid_of(queues::dead_writer(state_of(queue_))), keeper_->pid());
    EXPECT_EQ(queue_.lost(), 1u);
}

TEST_F(QueueKeeperInsideTest, ItsDeathIsSeenByWhoWaitsForMessages) {
    ::kill(keeper_->pid(), SIGKILL);
    EXPECT_EQ(keeper_->exitcode(), -SIGKILL);
    std::byte buffer[64];
    const auto process = sync::this_process();
    const queues::Caller caller{process, sync::this_thread(process), 10'000'000};
    EXPECT_TRUE(eventually([&] { return queues::get(state_of(queue_), caller, buffer, sizeof buffer).lost; }));
    EXPECT_EQ(queue_.lost(), 1u);
    EXPECT_EQ(state_of(queue_).keeper, 0u);
}

/// A sandbox may take the means away to make a fence in others.
TEST_F(QueueKeeperTest, IsDismissedWithoutAFence) {
    become_keeper(queue_);
    Child other([&] {
        sock_filter code[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const sock_fprog filter{std::size(code), code};
        check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
        check(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), "prctl");
        if (sync::enlist(sync::this_process())) throw AssertionError("the filter does not work");
        queue_.put("other's");
    });
    EXPECT_EQ(other.exitcode(), 0);
    EXPECT_EQ(queue_.get_nowait(), "other's");
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
constexpr std::uint32_t rounds = 2'000;
#else
constexpr std::uint32_t rounds = 20'000;
#endif

TEST_F(QueueKeeperTest, WakeUpsAreNotLost) {
    const LookInterval none(no_looking);
    Queue<std::uint32_t> there, back;
    Child reader([&] {
        for (std::uint32_t message = there.get(); message != 0; message = there.get()) {
            if (message == 1) back.put(1);
        }
    });
    sync::enlist(sync::this_process());
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < rounds; ++i) {
        for (std::uint32_t left = i % 50 + 1; left > 0; --left) there.put(left);
        kept += has_keeper(there);
        ASSERT_EQ(back.get(), 1u);
    }
    there.put(0);
    EXPECT_EQ(reader.exitcode(), 0);
    EXPECT_GT(kept, 0u);
}

TEST_F(QueueKeeperTest, ManyOneAfterTheOther) {
    const LookInterval none(no_looking);
    constexpr std::uint32_t senders = 3, burst = 20, largest = 200;
    Queue<> queue(0, 4096);
    RawValue<std::uint32_t> kept{std::uint32_t{0}};
    std::vector<std::unique_ptr<Child>> children;
    for (std::uint32_t sender = 0; sender < senders; ++sender) {
        children.push_back(std::make_unique<Child>([&, sender] {
            sync::enlist(sync::this_process());
            for (std::uint32_t i = 0; i < rounds; ++i) {
                queue.put(Numbered{sender, i}.bytes(largest));
                if (i % burst == 0) kept.fetch_add(has_keeper(queue)), std::this_thread::yield();
            }
        }));
    }
    std::uint32_t next[senders]{};
    for (std::uint32_t i = 0; i < senders * rounds; ++i) {
        const auto message = Numbered::of(queue.get(), largest);
        ASSERT_EQ(message.number, next[message.sender]++);
    }
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0);
    EXPECT_EQ(queue.lost(), 0u);
    EXPECT_GT(kept.value(), 0u);
}

}  // namespace
}  // namespace multiprocessing
