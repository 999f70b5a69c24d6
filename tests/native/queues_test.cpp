/// @file
/// Queue, JoinableQueue and SimpleQueue, as those use them who live.
#include <deque>
#include <random>

#include "queues_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

TEST(QueueTest, GivesBackInOrderWhatWasPut) {
    Queue<std::string> queue;
    queue.put("one");
    queue.put("");
    queue.put("three");
    EXPECT_EQ(queue.qsize(), 3);
    EXPECT_EQ(queue.get(), "one");
    EXPECT_EQ(queue.get(), "");
    EXPECT_EQ(queue.get(), "three");
    EXPECT_TRUE(queue.empty());
}

TEST(QueueTest, NumbersAndStructuresAreMessages) {
    struct Point {
        double x, y;
    };
    Queue<int> numbers;
    numbers.put(-7);
    EXPECT_EQ(numbers.get(), -7);
    Queue<Point> points;
    points.put({1, 2});
    EXPECT_EQ(points.get().y, 2);
    Queue<std::int64_t> longs;
    longs.put(std::int64_t{1} << 40);
    EXPECT_EQ(longs.get(), std::int64_t{1} << 40);
}

TEST(QueueTest, AMessageOfAnotherTypeIsRefused) {
    Queue<std::string> texts;
    texts.put("text");
    auto numbers = Queue<int>::attach(texts.block().arena(), 0);
    EXPECT_EQ(message<ValueError>([&] { static_cast<void>(numbers.get()); }),
              "message of type 's' where 'i' is expected");
}

TEST(QueueTest, EmptyAndFull) {
    Queue<int> queue(2);
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.full());
    EXPECT_THROW(static_cast<void>(queue.get_nowait()), Empty);
    EXPECT_THROW(static_cast<void>(queue.get(10ms)), Empty);
    queue.put(1);
    queue.put_nowait(2);
    EXPECT_TRUE(queue.full());
    EXPECT_THROW(queue.put_nowait(3), Full);
    EXPECT_GE(duration_of([&] { EXPECT_THROW(queue.put(3, 30ms), Full); }), 30ms);
    EXPECT_EQ(queue.get(), 1);
    queue.put(3, false);
    EXPECT_EQ(queue.get(), 2);
    EXPECT_EQ(queue.get(), 3);
    EXPECT_GE(duration_of([&] { EXPECT_THROW(static_cast<void>(queue.get(30ms)), Empty); }), 30ms);
    EXPECT_THROW(static_cast<void>(queue.get(-1ms)), Empty);
}

TEST(QueueTest, AfterCloseNothingGoes) {
    Queue<int> queue;
    queue.put(1);
    EXPECT_EQ(message<AssertionError>([&] { queue.join_thread(); }), "Queue not closed");
    queue.cancel_join_thread();
    queue.close();
    queue.join_thread();
    EXPECT_EQ(message<ValueError>([&] { queue.put(2); }), "Queue is closed");
    EXPECT_EQ(message<ValueError>([&] { static_cast<void>(queue.get()); }), "Queue is closed");
    SimpleQueue<int> simple;
    simple.close();
    EXPECT_THROW(simple.put(1), OSError);
    EXPECT_THROW(static_cast<void>(simple.get()), OSError);
    EXPECT_THROW(static_cast<void>(simple.empty()), OSError);
}

TEST(QueueTest, TakesMegabytesBeforeAnybodyReads) {
    Queue<> queue;
    constexpr int count = 10'000;
    for (int i = 0; i < count; ++i) queue.put(pattern(static_cast<std::uint64_t>(i), 1024));
    EXPECT_EQ(queue.qsize(), count);
    Child reader([&] {
        for (int i = 0; i < count; ++i) EXPECT_EQ(queue.get(), pattern(static_cast<std::uint64_t>(i), 1024));
    });
    EXPECT_EQ(reader.exitcode(), 0);
    EXPECT_TRUE(queue.empty());
}

/// What of the queue's memory is there, in bytes.
std::size_t memory_of(const ByteQueue& queue) {
    struct stat status {};
    check(::fstat(queue.block().arena()->fd(), &status), "fstat");
    return static_cast<std::size_t>(status.st_blocks) * 512;
}

TEST(QueueTest, GivesMemoryBack) {
    Queue<> queue;
    const auto before = memory_of(queue);
#if defined(__SANITIZE_THREAD__)
    constexpr int rounds = 3;
#else
    constexpr int rounds = 20;  // further than there are numbers for rings
#endif
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < 6; ++i) queue.put(Bytes(1 << 20));
        EXPECT_GT(memory_of(queue), std::size_t{6} << 20);
        for (int i = 0; i < 6; ++i) EXPECT_EQ(queue.get().size(), 1u << 20);
        queue.put(Bytes(1));
        EXPECT_EQ(queue.get().size(), 1u);
        EXPECT_LT(memory_of(queue), before + (std::size_t{8} << 20));
    }
}

TEST(QueueTest, MessagesOfAllSizes) {
    for (const std::size_t limit : {0, 4096, 65536}) {
        Queue<> queue(0, limit);
        const std::size_t ring = limit == 0 ? queues::first_ring : limit;
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8}, ring / 2 - 9,
                                       ring / 2, ring - 17, ring - 16, ring - 9, ring - 8, ring - 1, ring, ring + 1,
                                       3 * ring, 10 * ring + 5}) {
            const auto message = pattern(size, size);
            std::thread writer([&] {
                queue.put(message);
                queue.put(message);
            });
            EXPECT_EQ(queue.get(), message) << size;
            EXPECT_EQ(queue.get(), message) << size;
            writer.join();
            EXPECT_EQ(queue.qsize(), 0) << size;
        }
    }
}

TEST(QueueTest, ALimitHoldsPutBack) {
    Queue<> queue(0, 4096);
    int count = 0;
    try {
        for (;; ++count) queue.put_nowait(Bytes(100));
    } catch (const Full&) {
        EXPECT_GT(count, 30);
        EXPECT_LT(count, 40);
    }
    EXPECT_THROW(queue.put(Bytes(100), 10ms), Full);
    EXPECT_THROW(queue.put(Bytes(10'000), 10ms), Full) << "in pieces";
    EXPECT_EQ(queue.qsize(), count);
    for (int i = 0; i < count; ++i) EXPECT_EQ(queue.get_nowait().size(), 100u);
    EXPECT_THROW(queue.put(Bytes(10'000), 10ms), Full) << "begun, and given up";
    EXPECT_THROW(static_cast<void>(queue.get_nowait()), Empty);
    EXPECT_EQ(queue.qsize(), 0);
    EXPECT_EQ(queue.lost(), 0u) << "nobody died";
    queue.put_nowait(Bytes(1));
    EXPECT_EQ(queue.get_nowait().size(), 1u);
}

TEST(QueueTest, WhileOneWritesAMessageInPiecesTheOthersNeedNotWait) {
    Queue<> queue(0, 4096);
    Gate go;
    Child writer([&] {
        go.open();
        queue.put(pattern(1, 20'000));
    });
    ASSERT_TRUE(go.pass());
    ASSERT_TRUE(eventually([&] { return sleeps(writer); }));
    EXPECT_THROW(queue.put_nowait(Bytes(1)), Full);
    EXPECT_THROW(queue.put(Bytes(1), 10ms), Full);
    EXPECT_EQ(queue.get(), pattern(1, 20'000));
    EXPECT_EQ(writer.exitcode(), 0);
    queue.put_nowait(Bytes(1));
    EXPECT_EQ(queue.get().size(), 1u);
}

TEST(QueueTest, TheBlockedWake) {
    const LookInterval none(no_looking);
    Queue<int> queue(1);
    Child reader([&] { EXPECT_EQ(queue.get(), 1); });
    ASSERT_TRUE(eventually([&] { return sleeps(reader); }));
    queue.put(1);
    EXPECT_EQ(reader.exitcode(), 0);
    queue.put(2);
    Child writer([&] { queue.put(3); });
    ASSERT_TRUE(eventually([&] { return sleeps(writer); }));
    EXPECT_EQ(queue.get(), 2);
    EXPECT_EQ(writer.exitcode(), 0);
    EXPECT_EQ(queue.get(), 3);
}

TEST(QueueTest, SignalsDoNotEndAWait) {
    Queue<int> queue;
    Interrupter interrupter(5, [&] { queue.put(5); });
    EXPECT_EQ(queue.get(), 5);
}

TEST(QueueTest, OtherProcessesAttach) {
    Queue<std::string> queue;
    auto other = Queue<std::string>::attach(Arena::attach(queue.block().arena()->fd()), 0);
    other.put("there");
    EXPECT_EQ(queue.get(), "there");
    EXPECT_EQ(message<ValueError>([&] { static_cast<void>(SimpleQueue<>::attach(queue.block().arena(), 0)); }),
              "no SimpleQueue lies there");
    const auto empty = Arena::create(8192);
    EXPECT_EQ(message<ValueError>([&] { static_cast<void>(Queue<>::attach(empty, 0)); }), "no Queue lies there");
}

TEST(QueueTest, WhoIsAloneIsToldSo) {
    Queue<int> queue(1);
    Gate go;
    Child partner([&] { EXPECT_TRUE(go.pass()); });
    ASSERT_TRUE(eventually([&] { return !queue.other_processes().empty(); }));
    EXPECT_EQ(queue.other_processes(), std::vector{partner.pid()});
    std::thread getter([&] { EXPECT_THROW(static_cast<void>(queue.get_or_eof()), EOFError); });
    go.open();
    getter.join();
    EXPECT_EQ(partner.exitcode(), 0);
    queue.put_or_eof(1);
    EXPECT_THROW(queue.put_or_eof(2), EOFError);
    EXPECT_EQ(queue.get_or_eof(), 1);
}

TEST(QueueTest, NoDescriptorNoQueue) {
    EXPECT_EQ(os_error_without_descriptors([] { return Queue<>(); }), Failure(EMFILE, "memfd_create"));
}

TEST(JoinableQueueTest, JoinWaitsForTheLastTask) {
    const LookInterval none(no_looking);
    JoinableQueue<int> queue;
    EXPECT_TRUE(queue.join());
    EXPECT_EQ(message<ValueError>([&] { queue.task_done(); }), "task_done() called too many times");
    for (int i = 0; i < 10; ++i) queue.put(i);
    EXPECT_FALSE(queue.join(10ms));
    Child worker([&] {
        for (int i = 0; i < 10; ++i) {
            EXPECT_EQ(queue.get(), i);
            queue.task_done();
        }
        EXPECT_THROW(queue.task_done(), ValueError);
    });
    EXPECT_TRUE(queue.join());
    EXPECT_EQ(worker.exitcode(), 0);
}

TEST(JoinableQueueTest, JoinEndsThoughMoreComesAtOnce) {
    const LookInterval none(no_looking);
    JoinableQueue<int> queue;
    queue.put(1);
    Child joiner([&] { EXPECT_TRUE(queue.join()); });
    ASSERT_TRUE(eventually([&] { return sleeps(joiner); }));
    static_cast<void>(queue.get());
    queue.task_done();
    queue.put(2);
    EXPECT_EQ(joiner.exitcode(), 0);
}

TEST(JoinableQueueTest, AJoinInSlicesSeesWhatWasBetweenThem) {
    JoinableQueue<int> queue;
    auto& state = state_of(queue);
    const auto process = sync::this_process();
    const queues::Caller caller{process, sync::this_thread(process), 1'000'000};
    queue.put(1);
    const auto begun = queues::begin_join(state);
    EXPECT_FALSE(queues::join(state, caller, begun));
    static_cast<void>(queue.get());
    queue.task_done();
    queue.put(2);
    EXPECT_TRUE(queues::join(state, caller, begun));
    EXPECT_FALSE(queues::join(state, caller, queues::begin_join(state))) << "the second is not done";
    queue.put(3);
    queue.task_done();
    EXPECT_FALSE(queues::join(state, caller, queues::begin_join(state))) << "nor the third";
    queue.task_done();
    EXPECT_TRUE(queue.join());
}

TEST(JoinableQueueTest, NoJoinEndsBecauseOfAnEarlierMessage) {
    constexpr int messages = 200'000;
    JoinableQueue<int> queue;
    const auto memory = Heap::instance().malloc(sizeof(int));
    std::atomic_ref dealt_with(*reinterpret_cast<int*>(memory.data()));
    Child worker([&] {
        for (int i = 1; i <= messages; ++i) {
            dealt_with = queue.get();
            queue.task_done();
        }
    });
    int early = 0;
    for (int i = 1; i <= messages; ++i) {
        queue.put(i);
        ASSERT_TRUE(queue.join(patience)) << i;
        early += dealt_with != i;
    }
    EXPECT_EQ(early, 0);
    EXPECT_EQ(worker.exitcode(), 0);
}

/// Random operations on a queue and on a model of it.
class QueueModelTest : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(QueueModelTest, DoesAsADequeDoes) {
    std::mt19937 random(GetParam());
    const int maxsize = GetParam() % 3 == 0 ? 0 : static_cast<int>(random() % 20 + 1);
    Queue<> queue(maxsize);
    std::deque<Bytes> model;
    for (int i = 0; i < 3'000; ++i) {
        const bool puts = random() % 100 < (i % 1000 < 500 ? 65u : 35u);
        if (puts) {
            const auto message = pattern(random(), random() % (random() % 10 == 0 ? 200'000 : 300));
            const bool fits = maxsize == 0 || static_cast<int>(model.size()) < maxsize;
            if (fits) {
                queue.put_nowait(message);
                model.push_back(message);
            } else {
                ASSERT_THROW(queue.put_nowait(message), Full);
            }
        } else if (model.empty()) {
            ASSERT_THROW(static_cast<void>(queue.get_nowait()), Empty);
        } else {
            ASSERT_EQ(queue.get_nowait(), model.front()) << "operation " << i;
            model.pop_front();
        }
        ASSERT_EQ(queue.qsize(), static_cast<int>(model.size()));
        ASSERT_EQ(queue.empty(), model.empty());
        ASSERT_EQ(queue.full(), maxsize != 0 && static_cast<int>(model.size()) == maxsize);
    }
}
INSTANTIATE_TEST_SUITE_P(Seeds, QueueModelTest, ::testing::Range(1u, 7u));

}  // namespace
}  // namespace multiprocessing
