/// @file
/// Barrier and Event.
#include <random>
#include <set>
#include <vector>

#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

/// What a wait ended with: its index, or -1 if the barrier broke.
int pass(Barrier barrier, Barrier::Timeout timeout = {}) {
    try {
        return timeout ? barrier.wait(timeout) : barrier.wait();
    } catch (const BrokenBarrierError&) {
        return -1;
    }
}

constexpr int broke = 77;

/// A child that waits at a barrier: its exit code is its index, or `broke`.
std::unique_ptr<Child> passer(const Barrier& barrier, Barrier::Timeout timeout = {}) {
    return std::make_unique<Child>([=] {
        const int index = pass(barrier, timeout);
        return index < 0 ? broke : index;
    });
}

TEST(BarrierTest, KnowsItsNumbers) {
    Barrier barrier(3);
    EXPECT_EQ(barrier.parties(), 3);
    EXPECT_EQ(barrier.n_waiting(), 0);
    EXPECT_FALSE(barrier.broken());
    EXPECT_THAT(barrier.repr(), ::testing::MatchesRegex(
                                    "<multiprocessing.synchronize.Barrier at 0x[0-9a-f]+: waiters=0/3>"));
    barrier.abort();
    EXPECT_THAT(barrier.repr(), ::testing::EndsWith(": broken>"));
    EXPECT_EQ(Barrier(0).parties(), 0);
    EXPECT_THROW(Barrier(-1), ValueError);
    EXPECT_THROW(Barrier(1 << 22), ValueError);
}

TEST(BarrierTest, OfOneLetsPass) {
    Barrier barrier(1);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(barrier.wait(), 0);
}

TEST(BarrierTest, LetsAllPassTogether) {
    Barrier barrier(4);
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 3; ++i) children.push_back(passer(barrier));
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 3; }));
    std::multiset<std::optional<int>> indices{barrier.wait()};
    for (auto& child : children) indices.insert(child->exitcode());
    EXPECT_THAT(indices, ::testing::ElementsAre(0, 1, 2, 3));
    EXPECT_EQ(barrier.n_waiting(), 0);
}

TEST(BarrierTest, KeepsManyRoundsApart) {
    const LookInterval none(no_looking);
    constexpr int parties = 3, rounds = 3000;
    Barrier barrier(parties);
    const RawArray<int> arrived(rounds);
    const auto work = [&] {
        for (int i = 0; i < rounds; ++i) {
            std::atomic_ref<int>(arrived[i]).fetch_add(1);
            EXPECT_GE(barrier.wait(), 0);
            ASSERT_EQ(std::atomic_ref<int>(arrived[i]).load(), parties);
        }
    };
    Child one(work), other(work);
    work();
    EXPECT_EQ(one.exitcode(), 0);
    EXPECT_EQ(other.exitcode(), 0);
}

TEST(BarrierTest, RunsItsActionOnce) {
    RawValue<int> runs;
    Barrier barrier(3, [runs]() mutable { runs.fetch_add(1); });
    for (int round = 1; round <= 20; ++round) {
        const auto one = passer(barrier), other = passer(barrier);
        EXPECT_GE(barrier.wait(), 0);
        EXPECT_EQ(runs.value(), round) << "before anybody passes";
        EXPECT_NE(one->exitcode(), broke);
        EXPECT_NE(other->exitcode(), broke);
        barrier.reset();  // they have ended at once, as if killed
    }
}

TEST(BarrierTest, AFailingActionBreaksIt) {
    Barrier barrier(2, [] { throw std::domain_error("no"); });
    const auto child = passer(Barrier::attach(barrier.block().arena(), barrier.block().offset()));
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
    EXPECT_THROW(barrier.wait(), std::domain_error);
    EXPECT_EQ(child->exitcode(), broke);
    EXPECT_TRUE(barrier.broken());
}

TEST(BarrierTest, BreaksWhenTheTimeRunsOut) {
    Barrier barrier(3);
    const auto child = passer(barrier);
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
    EXPECT_GE(duration_of([&] { EXPECT_EQ(pass(barrier, 30ms), -1); }), 30ms);
    EXPECT_EQ(child->exitcode(), broke);
    EXPECT_TRUE(barrier.broken());
    EXPECT_EQ(barrier.n_waiting(), 0);
    EXPECT_EQ(pass(barrier), -1) << "at once";
    EXPECT_EQ(pass(Barrier(2, {}, 10ms)), -1) << "by its own timeout";
}

TEST(BarrierTest, IsAborted) {
    Barrier barrier(3);
    const auto child = passer(barrier);
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
    barrier.abort();
    EXPECT_EQ(child->exitcode(), broke);
    EXPECT_EQ(pass(barrier), -1);
    barrier.reset();
    EXPECT_FALSE(barrier.broken());
    const auto one = passer(barrier), other = passer(barrier);
    EXPECT_GE(pass(barrier), 0);
}

TEST(BarrierTest, IsReset) {
    Barrier barrier(2);
    const auto child = passer(barrier);
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
    barrier.reset();
    EXPECT_EQ(child->exitcode(), broke);
    EXPECT_FALSE(barrier.broken());
    const auto next = passer(barrier);
    EXPECT_GE(pass(barrier), 0);
    EXPECT_NE(next->exitcode(), broke);
    barrier.reset();
    EXPECT_EQ(pass(barrier, 1ms), -1) << "alone, as new";
}

TEST(BarrierTest, BreaksWhenOneThatWaitsDies) {
    Barrier barrier(3);
    const auto victim = passer(barrier);
    const auto other = passer(barrier);
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 2; }));
    EXPECT_LT(duration_of([&] {
                  kill_and_reap(*victim);
                  EXPECT_EQ(other->exitcode(), broke);
              }),
              soon);
    barrier.reset();
    const auto a = passer(barrier), b = passer(barrier);
    EXPECT_GE(pass(barrier), 0) << "the dead are forgotten";
}

TEST(BarrierTest, BreaksWhenTheOnlyOneThatWaitedHasDied) {
    for (const bool with_action : {false, true}) {
        bool all_live = false;
        Barrier barrier(2, with_action ? [&] { EXPECT_TRUE(all_live) << "not all have come"; } : Barrier::Action());
        const auto victim = passer(barrier);
        ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
        kill_and_reap(*victim);
        EXPECT_EQ(pass(barrier), -1) << "who completes the round looks too";
        EXPECT_TRUE(barrier.broken());
        barrier.reset();
        all_live = true;
        const auto next = passer(barrier);
        EXPECT_GE(pass(barrier), 0);
        EXPECT_NE(next->exitcode(), broke);
    }
}

TEST(BarrierTest, BreaksWhenOneDiesWhileTheActionRuns) {
    std::unique_ptr<Child> victim;
    Barrier barrier(2, [&] { kill_and_reap(*victim); });
    victim = passer(barrier);
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
    EXPECT_EQ(pass(barrier), -1);
    EXPECT_TRUE(barrier.broken());
}

TEST(BarrierTest, BreaksWhenOneDiesBetweenRounds) {
    Barrier barrier(2);
    Child victim([&] {
        barrier.wait();
        linger();
    });
    EXPECT_GE(pass(barrier), 0);
    kill_and_reap(victim);
    EXPECT_LT(duration_of([&] { EXPECT_EQ(pass(barrier), -1); }), soon);
}

TEST(BarrierTest, BreaksWhenTheOneDiesThatRunsTheAction) {
    Barrier barrier(2, [] { linger(); });
    Child victim([&] { barrier.wait(); });
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
    Child actor([&] { barrier.wait(); });
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 2; }));
    const auto later = passer(barrier);
    ASSERT_TRUE(eventually([&] { return sleeps(*later); }));
    kill_and_reap(actor);
    EXPECT_EQ(later->exitcode(), broke);
    EXPECT_EQ(victim.exitcode(), 1) << "BrokenBarrierError";
}

TEST(BarrierTest, WhoEndsByItselfMayBeReplaced) {
    Barrier barrier(2);
    const auto start = [&] {
        Process process([barrier]() mutable { barrier.wait(); });
        process.start();
        return process;
    };
    auto first = start();
    EXPECT_GE(pass(barrier), 0);
    first.join();
    EXPECT_EQ(first.exitcode(), 0);
    Process second([&barrier] {
        EXPECT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
        std::this_thread::sleep_for(150ms);  // it looks every 40 ms who is alive, and shall have looked
        barrier.wait();
    });
    second.start();
    EXPECT_GE(pass(barrier), 0);
    second.join();
    EXPECT_EQ(second.exitcode(), 0);
}

TEST(BarrierTest, MoreThreadsThanPlacesPass) {
    constexpr int many = static_cast<int>(sync::BarrierState::places) + 20;
    Barrier barrier(many);
    for (int round = 0; round < 3; ++round) {
        std::atomic<int> sum{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < many; ++i) threads.emplace_back([&] { sum += barrier.wait(); });
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(sum, many * (many - 1) / 2);
    }
}

TEST(BarrierTest, TheDeadMakeRoomForOthers) {
    Barrier barrier(2);
    for (std::size_t i = 0; i < sync::BarrierState::places + 5; ++i) {
        const auto other = passer(barrier);
        ASSERT_GE(pass(barrier), 0);
        ASSERT_NE(other->exitcode(), broke);
        barrier.reset();
    }
    const auto victim = passer(barrier);
    ASSERT_TRUE(eventually([&] { return barrier.n_waiting() == 1; }));
    kill_and_reap(*victim);
    EXPECT_EQ(pass(barrier, 10s), -1);
    EXPECT_TRUE(barrier.broken());
}

TEST(BarrierTest, RandomKillsBreakItAndHangNobody) {
    constexpr int parties = 4;
    std::mt19937 random(11);
    for (const auto end = Clock::now() + killing_time(); Clock::now() < end;) {
        Barrier barrier(parties, [] {});
        const RawArray<int> rounds(parties);
        std::vector<std::unique_ptr<Child>> children;
        for (int i = 0; i < parties; ++i) {
            children.push_back(std::make_unique<Child>([&, i] {
                while (pass(barrier) >= 0) rounds[i] = 1;
                return broke;
            }));
        }
        ASSERT_TRUE(eventually([&] { return std::ranges::count(rounds.span(), 1) == parties; }));
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
        const auto victim = random() % parties;
        kill_and_reap(*children[victim]);
        for (std::size_t i = 0; i < parties; ++i) {
            if (i == victim) continue;
            ASSERT_EQ(children[i]->exitcode(), broke);
        }
    }
}

// Event

TEST(EventTest, IsSetAndCleared) {
    Event event;
    EXPECT_FALSE(event.is_set());
    EXPECT_FALSE(event.wait(0s));
    event.set();
    event.set();
    EXPECT_TRUE(event.is_set());
    EXPECT_TRUE(event.wait());
    EXPECT_TRUE(event.wait(-1s));
    EXPECT_THAT(event.repr(), ::testing::MatchesRegex("<Event at 0x[0-9a-f]+ set>"));
    event.clear();
    event.clear();
    EXPECT_FALSE(event.is_set());
    EXPECT_GE(duration_of([&] { EXPECT_FALSE(event.wait(30ms)); }), 30ms);
    EXPECT_THAT(event.repr(), ::testing::EndsWith(" unset>"));
}

TEST(EventTest, WakesAll) {
    const LookInterval none(no_looking);
    Event event;
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 4; ++i) {
        children.push_back(std::make_unique<Child>([&] { EXPECT_TRUE(event.wait()); }));
    }
    for (auto& child : children) ASSERT_TRUE(eventually([&] { return sleeps(*child); }));
    event.set();
    event.clear();
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0) << "even if it is cleared at once";
}

TEST(EventTest, AttachesToAnother) {
    Event event;
    auto attached = Event::attach(Arena::attach(event.block().arena()->fd()), event.block().offset());
    attached.set();
    EXPECT_TRUE(event.is_set());
}

TEST(EventTest, GoesToAndFro) {
    const LookInterval none(no_looking);
    Event ping, pong;
    constexpr int rounds = 5000;
    Child child([&] {
        for (int i = 0; i < rounds; ++i) {
            ping.wait();
            ping.clear();
            pong.set();
        }
    });
    for (int i = 0; i < rounds; ++i) {
        ping.set();
        ASSERT_TRUE(pong.wait());
        pong.clear();
    }
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(EventTest, MayBeSetByASignalHandler) {
    static Event event;
    const Disposition disposition(SIGUSR2, [](int) { event.set(); });
    event.clear();
    std::thread other([target = ::pthread_self(), waiter = ::gettid()] {
        EXPECT_TRUE(eventually([=] { return process_state(waiter) == ProcessState::sleeping; }));
        ::pthread_kill(target, SIGUSR2);
    });
    EXPECT_TRUE(event.wait());
    other.join();
}

TEST(EventTest, RandomKillsHangNobody) {
    Event event;
    constexpr std::size_t workers = 4;
    RawArray<int> rounds(workers);  // the first two set and clear it, the others wait
    const auto start = [&](std::size_t me) {
        return std::make_unique<Child>([&, me] {
            for (;;) {
                if (me < 2) {
                    event.set();
                    std::this_thread::sleep_for(20us);
                    event.clear();
                } else {
                    event.wait();
                }
                std::atomic_ref<int>(rounds[static_cast<int>(me)]).fetch_add(1);
            }
        });
    };
    std::vector<std::unique_ptr<Child>> children;
    for (std::size_t i = 0; i < workers; ++i) children.push_back(start(i));
    std::mt19937 random(5);
    for (const auto end = Clock::now() + killing_time(); Clock::now() < end;) {
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
        const auto victim = random() % workers;
        kill_and_reap(*children[victim]);
        const std::vector<int> before(rounds.span().begin(), rounds.span().end());
        for (std::size_t i = 0; i < workers; ++i) {
            if (i == victim) continue;
            ASSERT_TRUE(eventually([&] {
                return std::atomic_ref<int>(rounds[static_cast<int>(i)]).load() != before[i];
            })) << "worker " << i;
        }
        children[victim] = start(victim);
    }
}

TEST(EventTest, SurvivesAKillAtAnyInstruction) {
    const LookInterval short_one(200us);
    Event event;
    const RawValue<int> woken;
    Child waiter([&] {
        for (;;) {
            event.wait();
            RawValue<int>(woken).fetch_add(1);
        }
    });
    kill_at_every_instruction([&] { event.clear(); }, [&] { event.set(); },
                              [&] {
                                  event.clear();
                                  const int before = woken.value();
                                  event.set();
                                  ASSERT_TRUE(eventually([&] { return woken.value() > before; }));
                              });
}

TEST(BarrierTest, SurvivesAKillAtAnyInstruction) {
    std::optional<Barrier> barrier(2);
    const LookInterval short_one(200us);
    // As Barrier::wait(0s), but for its exception, which takes more instructions than all else.
    const auto arrive_and_break = [&] {
        auto& state = *reinterpret_cast<sync::BarrierState*>(barrier->block().data());
        const auto process = sync::this_process();
        sync::BarrierWait wait(state, process, sync::this_thread(process), 0, false);
        if (wait.wait(0) == sync::BarrierWait::Result::timed_out) wait.break_round();
        wait.leave();
    };
    kill_at_every_instruction([&] { static_cast<void>(pass(Barrier(1))); }, arrive_and_break,
                              [&] {
                                  // Perhaps it had arrived. At any rate the barrier is as new when it was reset.
                                  ASSERT_LE(pass(*barrier, 1ms), 1);
                                  barrier->reset();
                                  const auto child = passer(*barrier);
                                  ASSERT_GE(pass(*barrier, 10s), 0);
                                  ASSERT_NE(child->exitcode(), broke);
                                  barrier.emplace(2);  // without the dead, who would be looked after each time
                              },
                              instruction_step * 3);
}

}  // namespace
}  // namespace multiprocessing
