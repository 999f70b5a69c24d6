#include "multiprocessing/heap.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "heap_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

TEST(HeapTest, AlignsToCacheLines) {
    Heap heap;
    std::vector<Block> blocks;
    for (const std::size_t size : {1u, 63u, 64u, 65u, 1000u, 5000u, 1u}) {
        blocks.push_back(heap.malloc(size));
        EXPECT_EQ(blocks.back().size(), size);
        EXPECT_EQ(blocks.back().offset() % Heap::alignment, 0u);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back().data()) % Heap::alignment, 0u);
    }
    EXPECT_EQ(heap.statistics().used_blocks, 7u);
    EXPECT_EQ(heap.statistics().used_bytes, 64u + 64 + 64 + 128 + 1024 + 5056 + 64);
    heap.check_consistency();
}

TEST(HeapTest, GivesEvenNothingAPlace) {
    Heap heap;
    const auto one = heap.malloc(0);
    const auto other = heap.malloc(0);
    EXPECT_EQ(one.size(), 0u);
    EXPECT_TRUE(one);
    EXPECT_NE(one.data(), other.data());
}

TEST(HeapTest, ZeroesMemoryThatWasUsed) {
    Heap heap;
    auto block = heap.malloc(1000);
    EXPECT_TRUE(holds_only(block, std::byte{0}));
    fill(block, std::byte{0xff});
    const auto* place = block.data();
    block = Block();
    block = heap.malloc(1000);
    ASSERT_EQ(block.data(), place) << "the same memory again";
    EXPECT_TRUE(holds_only(block, std::byte{0}));
}

TEST(HeapTest, FreesWithTheLastCopy) {
    Heap heap;
    auto block = heap.malloc(64);
    auto copy = block;
    EXPECT_EQ(copy.data(), block.data());
    block = Block();
    EXPECT_EQ(heap.statistics().used_blocks, 1u);
    copy = Block();
    EXPECT_EQ(heap.statistics().used_blocks, 0u);
    EXPECT_EQ(heap.statistics().used_bytes, 0u);
}

TEST(HeapTest, CoalescesOnBothSides) {
    Heap heap;
    for (const auto& order : {std::vector{0, 1, 2}, {2, 1, 0}, {0, 2, 1}, {1, 0, 2}}) {
        std::vector<Block> blocks;
        for (int i = 0; i < 3; ++i) blocks.push_back(heap.malloc(64));
        for (const int i : order) {
            blocks[static_cast<std::size_t>(i)] = Block();
            heap.check_consistency();
        }
        EXPECT_EQ(heap.statistics().free_blocks, 1u);
        EXPECT_EQ(heap.statistics().used_blocks, 0u);
    }
    EXPECT_EQ(heap.malloc(page_size()).offset(), 0u) << "the whole page is one piece again";
    EXPECT_EQ(heap.statistics().arenas, 1u);
}

TEST(HeapTest, TakesTheSmallestPieceThatFits) {
    Heap heap;
    auto large = heap.malloc(10 * 64);
    const auto first_wall = heap.malloc(64);
    auto small = heap.malloc(4 * 64);
    const auto second_wall = heap.malloc(64);
    auto middle = heap.malloc(6 * 64);
    const auto third_wall = heap.malloc(64);
    const auto large_at = large.offset();
    const auto small_at = small.offset();
    const auto middle_at = middle.offset();
    large = small = middle = Block();
    const auto five = heap.malloc(5 * 64);
    EXPECT_EQ(five.offset(), middle_at);
    const auto four = heap.malloc(4 * 64);
    EXPECT_EQ(four.offset(), small_at);
    const auto seven = heap.malloc(7 * 64);
    EXPECT_EQ(seven.offset(), large_at);
    heap.check_consistency();
}

TEST(HeapTest, DoublesItsArenasUpToFourMebibytes) {
    Heap heap;
    EXPECT_EQ(heap.statistics().arenas, 0u);
    std::vector<Block> blocks;
    std::size_t expected = page_size();
    for (int i = 0; i < 14; ++i) {
        const auto before = heap.statistics();
        blocks.push_back(heap.malloc(64));
        const auto after = heap.statistics();
        ASSERT_EQ(after.arenas, before.arenas + 1);
        ASSERT_EQ(after.arena_bytes - before.arena_bytes, expected);
        blocks.push_back(heap.malloc(expected - 64));  // fills it
        expected = std::min(2 * expected, 4 * mebibyte);
    }
    heap.check_consistency();
}

TEST(HeapTest, MakesAnArenaForWhatIsLarge) {
    Heap heap;
    const auto block = heap.malloc(5 * mebibyte + 1);
    EXPECT_EQ(heap.statistics().arena_bytes, 5 * mebibyte + page_size());
    EXPECT_TRUE(holds_only(block, std::byte{0}));
}

TEST(HeapTest, KeepsSmallArenasAndGivesLargeOnesBack) {
    Heap heap;
    static_cast<void>(heap.malloc(4 * mebibyte));
    EXPECT_EQ(heap.statistics().arenas, 1u);
    const auto kept = open_descriptors();
    auto block = heap.malloc(8 * mebibyte);
    const Fd witness(check(::dup(block.arena()->fd()), "dup"));
    EXPECT_GE(bytes_in_use(witness.get()), 8 * mebibyte);
    block = Block();
    EXPECT_EQ(heap.statistics().arenas, 1u);
    EXPECT_EQ(heap.statistics().free_blocks, 1u);
    EXPECT_EQ(bytes_in_use(witness.get()), 0u);
    EXPECT_EQ(open_descriptors().size(), kept.size() + 1);
    heap.check_consistency();
}

TEST(HeapTest, KeepsALargeArenaThatIsInUse) {
    Heap heap;
    auto large = heap.malloc(8 * mebibyte - 64);
    auto rest = heap.malloc(64);
    ASSERT_EQ(rest.arena(), large.arena());
    fill(rest, std::byte{7});
    large = Block();
    EXPECT_EQ(heap.statistics().arenas, 1u);
    EXPECT_TRUE(holds_only(rest, std::byte{7}));
    rest = Block();
    EXPECT_EQ(heap.statistics().arenas, 0u);
    heap.check_consistency();
}

TEST(HeapTest, RefusesSizesOutOfRange) {
    Heap heap;
    EXPECT_EQ(message<ValueError>([&] { return heap.malloc(std::numeric_limits<std::size_t>::max()); }),
              "Size 18446744073709551615 out of range");
    EXPECT_EQ(message<ValueError>([&] { return heap.malloc(std::size_t{1} << 63); }),
              "Size 9223372036854775808 out of range");
    EXPECT_EQ(message<ValueError>([&] { return heap.malloc((std::size_t{1} << 63) - 1); }),
              "Size 9223372036854775807 out of range");
}

TEST(HeapTest, ReportsThatMemoryCannotBeHad) {
    Heap heap;
    const auto block = heap.malloc(64);
    const auto before = counts(heap);
    const auto descriptors = open_descriptors();
    EXPECT_EQ(os_error([&] { return heap.malloc(std::size_t{1} << 45); }).first, ENOMEM);
    EXPECT_EQ(os_error([&] { return heap.malloc(std::size_t{1} << 62); }).first, ENOMEM);
    EXPECT_EQ(counts(heap), before);
    EXPECT_EQ(open_descriptors(), descriptors);
    heap.check_consistency();
    EXPECT_EQ(heap.malloc(64).arena(), block.arena()) << "it goes on";
}

TEST(HeapTest, BlocksOutlastIt) {
    auto heap = std::make_unique<Heap>();
    auto block = heap->malloc(100);
    fill(block, std::byte{1});
    heap.reset();
    EXPECT_TRUE(holds_only(block, std::byte{1}));
    const auto before = open_descriptors();
    block = Block();
    EXPECT_EQ(open_descriptors().size(), before.size() - 1) << "the arena goes with the last block";
}

TEST(HeapTest, LeavesNothingOpen) {
    const auto before = open_descriptors();
    {
        Heap heap;
        const auto one = heap.malloc(64);
        const auto other = heap.malloc(mebibyte);
        EXPECT_EQ(open_descriptors().size(), before.size() + 2);
    }
    EXPECT_EQ(open_descriptors(), before);
}

// Heap and fork

TEST(HeapForkTest, ABlockIsTheSameMemoryInTheChild) {
    const auto block = Heap::instance().malloc(16);
    Child child([&] { fill(block, std::byte{3}); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(holds_only(block, std::byte{3}));
}

TEST(HeapForkTest, TheChildFreesNothingOfItsParents) {
    auto block = Heap::instance().malloc(8 * mebibyte);  // freed, its pages would be gone for both
    fill(block, std::byte{8});
    Child child([&] { block = Block(); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(holds_only(block, std::byte{8}));
}

TEST(HeapForkTest, TheChildsHeapIsItsOwn) {
    const auto block = Heap::instance().malloc(64);
    Child child([&] {
        auto& heap = Heap::instance();
        EXPECT_EQ(heap.statistics().arenas, 0u);
        EXPECT_EQ(heap.statistics().used_blocks, 0u);
        {
            const auto mine = heap.malloc(64);
            EXPECT_NE(mine.arena(), block.arena());
            EXPECT_EQ(heap.statistics().used_blocks, 1u);
        }
        EXPECT_EQ(heap.statistics().used_blocks, 0u) << "and what is its own it frees";
        EXPECT_EQ(&heap, &Heap::instance());
        heap.check_consistency();
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(HeapForkTest, EveryHeapStartsEmptyInTheChild) {
    Heap heap;
    const auto block = heap.malloc(64);
    Child child([&] {
        EXPECT_EQ(heap.statistics().used_blocks, 0u);
        const auto mine = heap.malloc(64);
        EXPECT_NE(mine.arena(), block.arena()) << "its parent may give the same place to another";
        fill(mine, std::byte{1});
        EXPECT_EQ(heap.statistics().used_blocks, 1u);
        heap.check_consistency();
    });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(holds_only(heap.malloc(64), std::byte{0}));
}

TEST(HeapForkTest, AChildExitsWithoutLeaks) {
    const auto block = Heap::instance().malloc(64);
    const auto outcome = run_program(STDERR_FILENO, [] { static_cast<void>(Heap::instance().malloc(64)); });
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(outcome.exitcode, 0);
}

// Heap under load

struct Marked {
    Block block;
    std::byte mark;
};

/// Allocates and frees at random, and checks that nothing changes what it did not allocate.
void use_at_random(Heap& heap, unsigned seed, int steps, const std::function<void()>& look) {
    std::mt19937 random{seed};
    const auto up_to = [&](std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit)(random); };
    std::vector<Marked> held;
    for (int step = 0; step < steps; ++step) {
        if (held.size() < 200 && up_to(9) < 6) {
            const auto kind = up_to(399);
            const auto size = kind == 0 ? 5 * mebibyte + up_to(mebibyte) : kind < 20 ? up_to(100'000) : up_to(600);
            held.push_back({heap.malloc(size), static_cast<std::byte>(random() | 1u)});
            ASSERT_TRUE(holds_only(held.back().block, std::byte{0}));
            fill(held.back().block, held.back().mark);
        } else if (!held.empty()) {
            std::swap(held[up_to(held.size() - 1)], held.back());
            ASSERT_TRUE(holds_only(held.back().block, held.back().mark));
            held.pop_back();
        }
        if (step % 16 == 0) look();
    }
}

TEST(HeapStressTest, StaysConsistent) {
    Heap heap;
    for (const unsigned seed : {1u, 20240607u, 4711u}) {
        ASSERT_NO_FATAL_FAILURE(use_at_random(heap, seed, 2000, [&] { heap.check_consistency(); })) << "seed " << seed;
        const auto statistics = heap.statistics();
        EXPECT_EQ(statistics.used_blocks, 0u);
        EXPECT_EQ(statistics.used_bytes, 0u);
        EXPECT_EQ(statistics.free_blocks, statistics.arenas) << "each arena is one free piece";
        heap.check_consistency();
    }
}

TEST(HeapStressTest, StaysConsistentUnderThreads) {
    Heap heap;
    std::vector<std::thread> threads;
    for (unsigned seed = 1; seed <= 4; ++seed) {
        threads.emplace_back([&heap, seed] { use_at_random(heap, seed, 1000, [&] { heap.check_consistency(); }); });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(heap.statistics().used_blocks, 0u);
    heap.check_consistency();
}

}  // namespace
}  // namespace multiprocessing
