#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "heap_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

// Arena

TEST(ArenaTest, IsZeroAndOfWholePages) {
    const auto arena = Arena::create(page_size() + 1);
    EXPECT_EQ(arena->size(), 2 * page_size());
    EXPECT_TRUE(holds_only(arena->data(), arena->size(), std::byte{0}));
    EXPECT_EQ(Arena::create(0)->size(), page_size());
}

TEST(ArenaTest, HasItsMemoryReserved) {
    const auto arena = Arena::create(mebibyte);
    EXPECT_GE(bytes_in_use(arena->fd()), mebibyte);
}

TEST(ArenaTest, ClosesOnExec) {
    EXPECT_TRUE(::fcntl(Arena::create(1)->fd(), F_GETFD) & FD_CLOEXEC);
}

TEST(ArenaTest, HasNoName) {
    const auto arena = Arena::create(1);
    const auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(arena->fd())).string();
    EXPECT_THAT(target, ::testing::AllOf(::testing::StartsWith("/memfd:"), ::testing::EndsWith("(deleted)")));
}

TEST(ArenaTest, GivesBackItsDescriptor) {
    const auto before = open_descriptors();
    EXPECT_EQ(open_descriptors().size(), before.size());
    {
        const auto arena = Arena::create(1);
        EXPECT_EQ(open_descriptors().size(), before.size() + 1);
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST(ArenaTest, IsSharedWithAChild) {
    const auto arena = Arena::create(1);
    Child child([&] { arena->data()[7] = std::byte{42}; });
    ASSERT_EQ(child.exitcode(), 0);
    EXPECT_EQ(arena->data()[7], std::byte{42});
}

TEST(ArenaTest, DiscardingReturnsThePagesAndTheDescriptor) {
    const auto arena = Arena::create(mebibyte);
    const Fd same = Fd(::dup(arena->fd()));
    auto expected = open_descriptors();
    expected.erase(arena->fd());
    std::fill_n(arena->data(), arena->size(), std::byte{0xff});
    arena->discard();
    EXPECT_EQ(open_descriptors(), expected);
    EXPECT_EQ(bytes_in_use(same.get()), 0u);
    EXPECT_TRUE(holds_only(arena->data(), arena->size(), std::byte{0}));
    arena->data()[0] = std::byte{1};
    EXPECT_EQ(arena->data()[0], std::byte{1}) << "it can be written again";
}

TEST(ArenaTest, ReportsThatMemoryCannotBeHad) {
    const auto before = open_descriptors();
    EXPECT_EQ(os_error([] { return Arena::create(std::size_t{1} << 45); }).first, ENOMEM);
    EXPECT_NE(os_error([] { return Arena::create(std::numeric_limits<std::size_t>::max()); }).first, 0);
    EXPECT_EQ(open_descriptors(), before);
}

TEST(ArenaTest, ReportsThatDescriptorsRunOut) {
    const auto arena = Arena::create(1);
    EXPECT_EQ(os_error_without_descriptors([] { return Arena::create(1); }), Failure(EMFILE, "memfd_create"));
    EXPECT_EQ(os_error_without_descriptors([&] { return Arena::attach(arena->fd()); }), Failure(EMFILE, "fcntl"));
}

TEST(ArenaTest, ReportsTheFileSizeLimitAndLeaksNothing) {
    Child child([] {
        const Disposition ignored(SIGXFSZ, SIG_IGN);
        const rlimit limit{mebibyte, mebibyte};
        check(::setrlimit(RLIMIT_FSIZE, &limit), "setrlimit");
        Heap heap;
        const auto before = open_descriptors();
        EXPECT_EQ(os_error([&] { return Arena::create(8 * mebibyte); }).first, EFBIG);
        EXPECT_EQ(os_error([&] { return heap.malloc(8 * mebibyte); }).first, EFBIG);
        EXPECT_EQ(open_descriptors(), before);
        EXPECT_EQ(heap.statistics().arenas, 0u);
        EXPECT_EQ(heap.malloc(1000).size(), 1000u) << "what is small still goes";
        heap.check_consistency();
    });
    EXPECT_EQ(child.exitcode(), 0);
}

// Attaching

TEST(AttachTest, ReachesTheArenaOfAnotherProcess) {
    auto announced = pipe();
    Gate done;
    Child child([&] {
        const auto arena = Arena::create(3 * page_size());
        std::memcpy(arena->data(), "from the child", 15);
        const int fd = arena->fd();
        write_all(announced.writer.get(), std::as_bytes(std::span(&fd, 1)));
        EXPECT_TRUE(done.pass());
        EXPECT_STREQ(reinterpret_cast<const char*>(arena->data()), "from the parent");
    });
    int number = -1;
    ASSERT_TRUE(wait_readable(announced.reader.get(), patience.count()));
    read_all(announced.reader.get(), std::as_writable_bytes(std::span(&number, 1)));
    const auto path = "/proc/" + std::to_string(child.pid()) + "/fd/" + std::to_string(number);
    Fd fd(check(::open(path.c_str(), O_RDWR | O_CLOEXEC), "open"));
    const auto arena = Arena::attach(fd.get());
    fd.reset();
    EXPECT_EQ(arena->size(), 3 * page_size());
    EXPECT_STREQ(reinterpret_cast<const char*>(arena->data()), "from the child");
    std::memcpy(arena->data(), "from the parent", 16);
    done.open();
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(AttachTest, MapsAnArenaOnce) {
    const auto origin = Arena::create(1);
    const auto before = open_descriptors();
    {
        const auto one = Arena::attach(origin->fd());
        const auto copy = Fd(check(::dup(origin->fd()), "dup"));
        const auto other = Arena::attach(copy.get());
        EXPECT_EQ(one, other);
        EXPECT_NE(Arena::attach(Arena::create(1)->fd()), one);
    }
    EXPECT_EQ(open_descriptors(), before);
    origin->data()[0] = std::byte{9};
    EXPECT_EQ(Arena::attach(origin->fd())->data()[0], std::byte{9}) << "and again, once it was unmapped";
}

TEST(AttachTest, KeepsADescriptorOfItsOwn) {
    auto origin = Arena::create(1);
    origin->data()[5] = std::byte{5};
    const auto attached = Arena::attach(origin->fd());
    EXPECT_NE(attached->fd(), origin->fd());
    EXPECT_TRUE(::fcntl(attached->fd(), F_GETFD) & FD_CLOEXEC);
    origin.reset();
    EXPECT_EQ(attached->data()[5], std::byte{5});
}

TEST(AttachTest, OpensWhatAnotherProcessHasOpen) {
    const auto origin = Arena::create(1);
    origin->data()[5] = std::byte{5};
    Child child([parent = ::getpid(), fd = origin->fd()] {
        check(::close(fd), "close");
        const auto attached = Arena::attach(parent, fd);
        attached->data()[6] = std::byte{6};
        return attached->data()[5] == std::byte{5} ? 0 : 1;
    });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(origin->data()[6], std::byte{6});
    EXPECT_EQ(os_error([] { return Arena::attach(::getpid(), 9999); }), Failure(ENOENT, "open"));
}

TEST(AttachTest, ReportsWhatCannotBeMapped) {
    const auto before = open_descriptors();
    EXPECT_EQ(os_error([] { return Arena::attach(-1); }), Failure(EBADF, "fcntl"));
    EXPECT_EQ(os_error([] { return Arena::attach(pipe().reader.get()); }).second, "mmap");
    const Fd empty(check(::memfd_create("test", MFD_CLOEXEC), "memfd_create"));
    EXPECT_EQ(os_error([&] { return Arena::attach(empty.get()); }).second, "mmap");
    check(::ftruncate(empty.get(), 4096), "ftruncate");
    EXPECT_EQ(Arena::attach(empty.get())->size(), 4096u) << "an earlier failure is not remembered";
    EXPECT_EQ(open_descriptors().size(), before.size() + 1);
}

TEST(BlockTest, IsNothingByDefault) {
    EXPECT_FALSE(Block());
}

TEST(BlockTest, AttachesAPieceOfAnArena) {
    const auto arena = Arena::create(1);
    const auto block = Block::attach(arena, 128, 64);
    EXPECT_TRUE(block);
    EXPECT_EQ(block.data(), arena->data() + 128);
    EXPECT_EQ(block.offset(), 128u);
    EXPECT_EQ(block.size(), 64u);
    EXPECT_EQ(block.arena(), arena);
    EXPECT_EQ(Block::attach(arena, arena->size(), 0).size(), 0u);
    EXPECT_EQ(Block::attach(arena, 0, arena->size()).size(), arena->size());
}

TEST(BlockTest, RefusesAPieceThatLiesOutside) {
    const auto arena = Arena::create(4096);
    EXPECT_EQ(message<ValueError>([&] { return Block::attach(arena, 4000, 97); }),
              "block of 97 bytes at 4000 lies outside of the arena of 4096 bytes");
    EXPECT_THROW(static_cast<void>(Block::attach(arena, 4097, 0)), ValueError);
    constexpr auto huge = std::numeric_limits<std::size_t>::max();
    EXPECT_THROW(static_cast<void>(Block::attach(arena, 64, huge)), ValueError) << "the sum must not wrap";
    EXPECT_THROW(static_cast<void>(Block::attach(arena, huge, 64)), ValueError);
}

TEST(BlockTest, FreesNothingThatItAttached) {
    Heap heap;
    const auto block = heap.malloc(64);
    const auto before = counts(heap);
    static_cast<void>(Block::attach(block.arena(), block.offset(), block.size()));
    EXPECT_EQ(counts(heap), before);
}

}  // namespace
}  // namespace multiprocessing
