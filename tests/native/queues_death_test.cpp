/// @file
/// Queues whose users are killed in the middle of it.
#include <map>
#include <random>
#include <set>

#include "queues_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

TEST(QueueDeathTest, PutIsDoneOrNot) {
    Queue<std::string> queue;
    int put = 0;
    int lost = 0;
    kill_at_every_instruction([] {}, [&] { queue.put("message"); },
                              [&] {
                                  queue.put("after");
                                  auto first = queue.get();
                                  put += first == "message";
                                  if (first == "message") first = queue.get();
                                  EXPECT_EQ(first, "after");
                                  EXPECT_TRUE(queue.empty());
                                  EXPECT_EQ(queue.qsize(), 0);
                                  lost = static_cast<int>(queue.lost());
                              });
    EXPECT_GT(put, 0);
    EXPECT_GT(lost, 0);
}

TEST(QueueDeathTest, GetIsDoneOrNot) {
    Queue<std::string> queue;
    int still_there = 0;
    kill_at_every_instruction([&] { queue.put("message"); }, [&] { static_cast<void>(queue.get()); },
                              [&] {
                                  queue.put("after");
                                  auto first = queue.get();
                                  still_there += first == "message";
                                  if (first == "message") first = queue.get();
                                  EXPECT_EQ(first, "after");
                                  EXPECT_EQ(queue.qsize(), 0);
                              });
    EXPECT_GT(still_there, 0);
    EXPECT_EQ(queue.lost(), 0u);
}

/// After it another message than a tiny one needs another ring.
constexpr std::size_t almost_all = queues::first_ring - 1024;

TEST(QueueDeathTest, WhileItGrows) {
    std::optional<Queue<>> queue;
    const auto fill = [&] {
        queue.emplace();
        queue->put_nowait(Bytes(almost_all));
    };
    fill();
    // A small message: how many instructions it takes to copy a large one depends on where it happens to lie.
    kill_at_every_instruction([] {}, [&] { queue->put_nowait(Bytes(2048)); },
                              [&] {
                                  queue->put(Bytes(1));
                                  EXPECT_EQ(queue->get().size(), almost_all);
                                  auto next = queue->get();
                                  if (next.size() > 1) next = queue->get();
                                  EXPECT_EQ(next.size(), 1u);
                                  EXPECT_TRUE(queue->empty());
                                  fill();
                              },
                              7 * instruction_step);
}

TEST(QueueDeathTest, WhileARingIsLeft) {
    std::optional<Queue<>> queue;
    const auto fill = [&] {
        queue.emplace();
        queue->put_nowait(Bytes(almost_all));
        queue->put_nowait(Bytes(2048));
        static_cast<void>(queue->get());
    };
    fill();
    kill_at_every_instruction([] {}, [&] { static_cast<void>(queue->get()); },
                              [&] {
                                  queue->put(Bytes(2));
                                  auto first = queue->get();
                                  if (first.size() > 2) first = queue->get();
                                  EXPECT_EQ(first.size(), 2u);
                                  fill();
                              },
                              7 * instruction_step);
}

TEST(QueueDeathTest, AWriterOfPieces) {
    Queue<> queue(0, 4096);
    Child writer([&] { queue.put(pattern(1, 20'000)); });
    ASSERT_TRUE(eventually([&] { return sleeps(writer); }));
    Child reader([&] { EXPECT_EQ(queue.get(), pattern(2, 300)); });
    // It either has begun to read the message or will, and finds no end of it.
    multiprocessing::kill(writer.pid(), SIGKILL);
    EXPECT_EQ(writer.exitcode(), -SIGKILL);
    queue.put(pattern(2, 300));
    EXPECT_EQ(reader.exitcode(), 0);
    EXPECT_EQ(queue.lost(), 1u);
    EXPECT_EQ(queue.qsize(), 0);
}

TEST(QueueDeathTest, AWriterOfPiecesWhomNobodyFollows) {
    JoinableQueue<> queue(0, 4096);
    Child writer([&] { queue.put(pattern(1, 20'000)); });
    ASSERT_TRUE(eventually([&] { return sleeps(writer); }));
    kill_and_reap(writer);
    EXPECT_THROW(static_cast<void>(queue.get(100ms)), Empty);
    EXPECT_EQ(queue.lost(), 1u);
    EXPECT_TRUE(queue.join(0ms)) << "nobody can deal with it";
}

TEST(QueueDeathTest, AReaderOfPieces) {
    Queue<> queue(0, 4096);
    Event over;
    const auto in_pieces = pattern(1, 1'000'000);
    Child writer([&] {
        const LookInterval rare(500ms);  // who drops the rest wakes it: else that would last, piece by piece
        while (!over.is_set()) queue.put(in_pieces);
        queue.put(pattern(2, 300));
    });
    Child reader([&] {
        for (;;) static_cast<void>(queue.get());
    });
    std::mt19937 random(std::random_device{}());
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5'000));
    kill_and_reap(reader);
    over.set();
    auto message = queue.get();
    while (message == in_pieces) message = queue.get();
    EXPECT_EQ(message, pattern(2, 300));
    EXPECT_EQ(writer.exitcode(), 0);
    EXPECT_EQ(queue.qsize(), 0);
    EXPECT_LE(queue.lost(), 1u);
}

TEST(QueueDeathTest, AReaderOfPiecesWhoWaits) {
    JoinableQueue<> queue(0, 4096);
    auto& state = state_of(queue);
    const auto process = sync::this_process();
    const queues::Caller caller{process, sync::this_thread(process), 0};
    Child writer([&] { queue.put(pattern(1, 20'000)); });
    ASSERT_TRUE(eventually([&] { return sleeps(writer); }));
    multiprocessing::kill(writer.pid(), SIGSTOP);
    ASSERT_TRUE(eventually([&] { return process_state(writer.pid()) == ProcessState::stopped; }));
    Child reader([&] { static_cast<void>(queue.get()); });
    ASSERT_TRUE(eventually([&] { return state.get_stalls == 1 && sleeps(reader); }));
    EXPECT_THROW(static_cast<void>(queue.get_nowait()), Empty) << "the reader waits for the rest";
    Child joiner([&] { EXPECT_TRUE(queue.join()); });
    ASSERT_TRUE(eventually([&] { return sleeps(joiner); }));
    kill_and_reap(reader);
    multiprocessing::kill(writer.pid(), SIGCONT);

    std::vector<std::byte> buffer(4096);
    queues::Outcome outcome{};
    ASSERT_TRUE(eventually([&] {
        outcome = queues::get(state, caller, buffer.data(), buffer.size());
        return outcome.lost_with_reader;
    })) << "the rest is dropped";
    EXPECT_FALSE(outcome.lost) << "no writer died";
    EXPECT_EQ(queues::dead_writer(state), 0u);
    EXPECT_EQ(sync::pid_of(queues::dead_reader(state)), reader.pid());
    EXPECT_EQ(queue.lost(), 1u);
    EXPECT_EQ(writer.exitcode(), 0);
    EXPECT_EQ(joiner.exitcode(), 0) << "nobody can deal with it";

    queue.put(Bytes(1000));
    ASSERT_TRUE(sync::try_take(state.get_lock, process, 1)) << "as one who copies";
    std::thread other([&] { EXPECT_NO_THROW(static_cast<void>(queue.get_nowait())) << "waits for the copying"; });
    EXPECT_TRUE(eventually([&] { return (state.get_lock.word & sync::LockState::contended) != 0; }));
    sync::release_fully(state.get_lock);
    other.join();
}

TEST(QueueDeathTest, AWriterOfPiecesWhoseLossEndsAJoin) {
    const LookInterval none(no_looking);
    JoinableQueue<> queue(0, 4096);
    Child writer([&] { queue.put(pattern(1, 20'000)); });
    ASSERT_TRUE(eventually([&] { return sleeps(writer); }));
    Child joiner([&] { EXPECT_TRUE(queue.join()); });
    ASSERT_TRUE(eventually([&] { return sleeps(joiner); }));
    kill_and_reap(writer);
    {
        const LookInterval short_one(1ms);
        EXPECT_THROW(static_cast<void>(queue.get(100ms)), Empty);
    }
    queue.put(Bytes(1));
    EXPECT_EQ(joiner.exitcode(), 0);
}

TEST(QueueDeathTest, AWriterOfPiecesAtEveryInstruction) {
    Queue<> queue(0, 4096);
    const auto message = pattern(1, 5'000);
    state_of(queue).writers.spin.rest();  // there are enough instructions as it is
    const auto put_and_abandon = [&] {
        const auto process = sync::this_process();
        const queues::Caller caller{process, sync::this_thread(process), 1'000'000};
        const auto outcome = queues::put(state_of(queue), -1, caller, message.data(), message.size(), 'B');
        if (outcome.status == queues::Status::underway) queues::abandon(state_of(queue));
    };
    kill_at_every_instruction([] {}, put_and_abandon,
                              [&] {
                                  EXPECT_THROW(static_cast<void>(queue.get(1ms)), Empty);
                                  queue.put(pattern(2, 100));
                                  EXPECT_EQ(queue.get(), pattern(2, 100));
                                  EXPECT_EQ(queue.qsize(), 0);
                              },
                              23 * instruction_step);
}

struct Limits {
    std::size_t bytes;
    std::uint32_t keep_after;
};

/// Senders and receivers that are killed at random moments, and replaced. A receiver notes what it got before it asks
/// for more, so at most what it has in hand is missing.
class QueueKillTest : public ::testing::TestWithParam<Limits> {
protected:
    static constexpr std::uint32_t largest = 6'000;
    static constexpr int kills = 60;

    struct Tally {
        std::uint32_t begun[256];     ///< by each sender, one more than the last it began to put
        std::uint32_t finished[256];  ///< that its put() returned for
        std::uint32_t received[256];  ///< by whoever received
        std::uint32_t next[256];
    };
    static constexpr std::uint32_t max_senders = 256;

    std::unique_ptr<Child> sender(std::uint32_t number) {
        return std::make_unique<Child>([this, number] {
            sync::enlist(sync::this_process());
            for (std::uint32_t i = 0;; ++i) {
                tally().begun[number] = i + 1;
                queue_.put(Numbered{number, i}.bytes(largest));
                tally().finished[number] = i + 1;
            }
        });
    }
    std::unique_ptr<Child> receiver() {
        return std::make_unique<Child>([this] {
            for (;;) count(queue_.get());
        });
    }
    void count(const Bytes& bytes) {
        const auto message = Numbered::of(bytes, largest);  // a torn one ends the child with another code
        std::atomic_ref(tally().received[message.sender]).fetch_add(1);
    }
    [[nodiscard]] Tally& tally() const { return *reinterpret_cast<Tally*>(tally_.data()); }

    const KeepAfter keep_{GetParam().keep_after};
    Queue<> queue_{0, GetParam().bytes};
    Block tally_ = Heap::instance().malloc(sizeof(Tally));
};

TEST_P(QueueKillTest, LosesOnlyWhatTheDeadHadInHand) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<std::unique_ptr<Child>> senders, receivers;
    std::uint32_t sender_count = 0;
    int receivers_killed = 0;
    for (int i = 0; i < 2; ++i) {
        senders.push_back(sender(sender_count++));
        receivers.push_back(receiver());
    }
    for (int i = 0; i < kills; ++i) {
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 5'000));
        auto& victims = random() % 2 == 0 ? senders : receivers;
        auto& victim = victims[random() % victims.size()];
        kill_and_reap(*victim);
        if (&victims == &senders) victim = sender(sender_count++);
        else receivers_killed++, victim = receiver();
    }
    for (auto& child : senders) kill_and_reap(*child);
    for (auto& child : receivers) kill_and_reap(*child);
    receivers_killed += 2;
    try {
        for (;;) count(queue_.get(200ms));
    } catch (const Empty&) {
    }
    std::uint32_t missing = 0;
    for (std::uint32_t i = 0; i < sender_count; ++i) {
        EXPECT_LE(tally().received[i], tally().begun[i]) << "sender " << i << ": doubled";
        if (tally().received[i] < tally().finished[i]) missing += tally().finished[i] - tally().received[i];
    }
    EXPECT_LE(missing, static_cast<std::uint32_t>(receivers_killed)) << "one in hand for each";
    EXPECT_LE(queue_.lost(), sender_count + static_cast<std::uint32_t>(receivers_killed));
    EXPECT_EQ(queue_.qsize(), 0);
    queue_.put(Bytes(3));
    EXPECT_EQ(queue_.get().size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(Limits, QueueKillTest,
                         ::testing::Values(Limits{0, 4096}, Limits{4096, 4096}, Limits{65536, 4096}, Limits{0, 1}));

}  // namespace
}  // namespace multiprocessing
