/// @file
/// Small messages: they are taken without the lock, and can be copied before they are taken.
#include "queues_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

/// A message that was copied, and is in the queue still.
struct Copied {
    queues::Glimpse glimpse;
    Bytes bytes;
};

/// The messages that look_ahead() finds.
std::vector<Copied> look_ahead(const ByteQueue& queue, std::size_t capacity = 4096, std::uint32_t most = 100) {
    alignas(8) std::byte buffer[4096];
    const auto count = queues::look_ahead(state_of(queue), buffer, capacity, most);
    std::vector<Copied> found;
    for (const auto* at = buffer; found.size() < count;) {
        queues::Glimpse glimpse{};
        std::memcpy(&glimpse, at, sizeof glimpse);
        at += sizeof glimpse;
        found.push_back({glimpse, Bytes(at, at + glimpse.size)});
        at += (glimpse.size + 7) / 8 * 8;
        EXPECT_LE(std::min(at, static_cast<const std::byte*>(buffer + capacity)), buffer + capacity);
    }
    return found;
}

bool take(const ByteQueue& queue, const Copied& copied) {
    auto at = copied.glimpse.at;
    return state_of(queue).head.compare_exchange_strong(at, copied.glimpse.next);
}

TEST(QueueLookAheadTest, CopiesAndTakesNothing) {
    Queue<> queue;
    EXPECT_TRUE(look_ahead(queue).empty());
    for (std::size_t size : {0, 1, 8, 9, 512}) queue.put(pattern(size, size));
    for (int i = 0; i < 2; ++i) {
        const auto found = look_ahead(queue);
        ASSERT_EQ(found.size(), 5u);
        for (const auto& copied : found) EXPECT_EQ(copied.bytes, pattern(copied.glimpse.size, copied.glimpse.size));
        EXPECT_EQ(found[4].bytes.size(), 512u);
        EXPECT_EQ(queue.qsize(), 5);
    }
    EXPECT_EQ(look_ahead(queue, 4096, 2).size(), 2u);
    for (std::size_t size : {0, 1, 8, 9, 512}) EXPECT_EQ(queue.get_nowait().size(), size);
}

TEST(QueueLookAheadTest, WhoMovesTheHeadHasTheMessage) {
    Queue<std::string> queue(2);
    queue.put("one");
    queue.put("two");
    EXPECT_THROW(queue.put_nowait("three"), Full);
    const auto found = look_ahead(queue);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_FALSE(take(queue, found[1])) << "it is not its turn";
    EXPECT_TRUE(take(queue, found[0]));
    EXPECT_EQ(queue.qsize(), 1);
    queue.put_nowait("three");
    EXPECT_EQ(queue.get_nowait(), "two");
    EXPECT_FALSE(take(queue, found[1])) << "it is taken";
    EXPECT_EQ(queue.get_nowait(), "three");
    EXPECT_FALSE(take(queue, found[0])) << "it is taken";
    EXPECT_TRUE(queue.empty());
}

TEST(QueueLookAheadTest, WhoWaitsForRoomIsWoken) {
    const LookInterval none(no_looking);
    Queue<int> queue(1);
    queue.put(1);
    Child writer([&] { queue.put(2); });
    ASSERT_TRUE(eventually([&] { return sleeps(writer); }));
    const auto found = look_ahead(queue);
    ASSERT_EQ(found.size(), 1u);
    ASSERT_TRUE(take(queue, found[0]));
    ASSERT_NE(state_of(queue).writers.word & queues::Sleepers::some, 0u);
    queues::wake_writers(state_of(queue));
    EXPECT_EQ(writer.exitcode(), 0);
    EXPECT_EQ(queue.get_nowait(), 2);
}

TEST(QueueLookAheadTest, StopsAtALargeMessage) {
    Queue<> queue;
    queue.put(Bytes(5));
    queue.put(Bytes(513));
    queue.put(Bytes(6));
    EXPECT_EQ(look_ahead(queue).size(), 1u);
    EXPECT_EQ(queue.get_nowait().size(), 5u);
    EXPECT_TRUE(look_ahead(queue).empty());
    EXPECT_EQ(queue.get_nowait().size(), 513u);
    EXPECT_EQ(look_ahead(queue).size(), 1u);
}

TEST(QueueLookAheadTest, StopsAtAMessageInPieces) {
    Queue<> queue(0, 4096);
    queue.put(Bytes(5));
    Child writer([&] { queue.put(pattern(1, 10'000)); });
    ASSERT_TRUE(eventually([&] { return sleeps(writer); }));
    EXPECT_EQ(look_ahead(queue).size(), 1u);
    EXPECT_EQ(queue.get().size(), 5u);
    EXPECT_TRUE(look_ahead(queue).empty());
    EXPECT_EQ(queue.get(), pattern(1, 10'000));
    EXPECT_EQ(writer.exitcode(), 0);
}

TEST(QueueLookAheadTest, StopsAtTheEndOfARing) {
    Queue<> queue;
    auto& state = state_of(queue);
    std::size_t first_ring = 0;
    for (; state.put_ring == state.get_ring; ++first_ring) queue.put(pattern(first_ring, 100));
    --first_ring;  // the last one is in the next
    for (std::size_t i = 0; i < first_ring - 3; ++i) EXPECT_EQ(queue.get_nowait(), pattern(i, 100));
    const auto found = look_ahead(queue);
    ASSERT_EQ(found.size(), 3u);
    for (const auto& copied : found) EXPECT_TRUE(take(queue, copied));
    EXPECT_TRUE(look_ahead(queue).empty()) << "who takes that one goes over to the next ring";
    EXPECT_EQ(queue.get_nowait(), pattern(first_ring, 100));
    queue.put(Bytes(1));
    EXPECT_EQ(look_ahead(queue).size(), 1u);
}

TEST(QueueLookAheadTest, StopsWhereItsBufferEnds) {
    Queue<> queue;
    for (int i = 0; i < 3; ++i) queue.put(pattern(1, 10));
    EXPECT_TRUE(look_ahead(queue, 0).empty());
    EXPECT_TRUE(look_ahead(queue, 33).empty());
    EXPECT_EQ(look_ahead(queue, 34).size(), 1u);
    EXPECT_EQ(look_ahead(queue, 40 + 33).size(), 1u);
    EXPECT_EQ(look_ahead(queue, 40 + 34).size(), 2u);
}

TEST(QueueLookAheadTest, AStoppedReaderOfALargeMessageHoldsNobodyUp) {
    Queue<> queue;
    queue.put(Bytes(512));
    queue.put(Bytes(513));
    auto& lock = state_of(queue).get_lock;
    const auto process = sync::this_process();
    ASSERT_TRUE(sync::try_take(lock, process, sync::this_thread(process)));
    EXPECT_EQ(look_ahead(queue).size(), 1u);
    EXPECT_EQ(queue.get_nowait().size(), 512u) << "who needs no lock waits for none";
    Child other([&] { EXPECT_THROW(static_cast<void>(queue.get(20ms)), Empty); });
    EXPECT_EQ(other.exitcode(), 0) << "and who needs it waits no longer than it wants";
    sync::release_fully(lock);
    EXPECT_EQ(queue.get_nowait().size(), 513u);
}

/// One half takes messages as look_ahead() copied them, the other one as they come.
TEST(QueueLookAheadTest, AmongMany) {
    constexpr std::uint32_t senders = 2, receivers = 4, count = 10'000;
    constexpr std::size_t largest = 600;
    const LookInterval none(no_looking);
    Queue<> queue(0, 8192);
    RawValue<std::uint64_t> sum{std::uint64_t{0}}, ahead{std::uint64_t{0}};
    const auto note = [&](const Bytes& bytes) {
        if (!bytes.empty()) sum.fetch_add(Numbered::of(bytes, largest).seed());
        return !bytes.empty();
    };
    std::vector<std::unique_ptr<Child>> receiving;
    for (std::uint32_t i = 0; i < receivers; ++i) {
        receiving.push_back(std::make_unique<Child>([&, i] {
            for (bool more = note(queue.get()); more;) {
                for (const auto& copied : i % 2 == 0 ? look_ahead(queue) : std::vector<Copied>{}) {
                    if (!more || !take(queue, copied)) break;
                    queues::wake_writers(state_of(queue));
                    ahead.fetch_add(1);
                    more = note(copied.bytes);
                }
                more = more && note(queue.get());
            }
        }));
    }
    std::vector<std::unique_ptr<Child>> sending;
    std::uint64_t expected = 0;
    for (std::uint32_t sender = 1; sender <= senders; ++sender) {
        sending.push_back(std::make_unique<Child>([&, sender] {
            for (std::uint32_t i = 0; i < count; ++i) queue.put(Numbered{sender, i}.bytes(largest));
        }));
        for (std::uint32_t i = 0; i < count; ++i) expected += Numbered{sender, i}.seed();
    }
    for (auto& child : sending) ASSERT_EQ(child->exitcode(), 0);
    for (std::uint32_t i = 0; i < receivers; ++i) queue.put({});
    for (auto& child : receiving) ASSERT_EQ(child->exitcode(), 0);
    EXPECT_EQ(sum.value(), expected);
    EXPECT_GT(ahead.value(), 0u);
    EXPECT_EQ(queue.qsize(), 0);
}

}  // namespace
}  // namespace multiprocessing
