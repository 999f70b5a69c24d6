#include "multiprocessing/pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

bool closes_on_exec(int fd) {
    return (check(::fcntl(fd, F_GETFD), "fcntl") & FD_CLOEXEC) != 0;
}

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string read_string(int fd, std::size_t size) {
    std::string text(size, '\0');
    text.resize(read_all(fd, std::as_writable_bytes(std::span(text))));
    return text;
}

std::vector<std::byte> noise(std::size_t size) {
    std::mt19937 random{20240229};
    std::vector<std::byte> data(size);
    std::ranges::generate(data, [&] { return static_cast<std::byte>(random()); });
    return data;
}

/// A pipe that holds one page.
PipeEnds narrow_pipe() {
    auto ends = pipe();
    check(::fcntl(ends.writer.get(), F_SETPIPE_SZ, 4096), "fcntl");
    return ends;
}

// Fd

TEST(FdTest, OwnsNothingByDefault) {
    const Fd fd;
    EXPECT_FALSE(fd);
    EXPECT_EQ(fd.get(), -1);
}

TEST(FdTest, ZeroIsADescriptor) {
    Fd fd(0);
    EXPECT_TRUE(fd);
    EXPECT_EQ(fd.release(), 0);
}

TEST(FdTest, ClosesWithItsScope) {
    int number = -1;
    {
        const auto ends = pipe();
        number = ends.reader.get();
        ASSERT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(FdTest, ResetClosesOnce) {
    auto ends = pipe();
    const int number = ends.reader.get();
    ends.reader.reset();
    EXPECT_FALSE(ends.reader);
    const auto other = ends.writer.duplicate(number);  // takes the freed number
    ASSERT_EQ(other.get(), number);
    ends.reader.reset();
    EXPECT_TRUE(is_open(number));
}

TEST(FdTest, ReleaseGivesTheDescriptorAway) {
    int number = -1;
    {
        auto ends = pipe();
        number = ends.reader.release();
        EXPECT_FALSE(ends.reader);
    }
    EXPECT_TRUE(is_open(number));
    const Fd owner(number);
}

TEST(FdTest, MovingLeavesOneOwner) {
    auto ends = pipe();
    const int number = ends.reader.get();
    const Fd moved = std::move(ends.reader);
    EXPECT_EQ(moved.get(), number);
    EXPECT_FALSE(ends.reader);  // NOLINT: that is the point
    EXPECT_TRUE(is_open(number));
}

TEST(FdTest, MoveAssignmentClosesWhatWasOwned) {
    auto ends = pipe();
    const int reader = ends.reader.get();
    const int writer = ends.writer.get();
    ends.reader = std::move(ends.writer);
    EXPECT_FALSE(is_open(reader));
    EXPECT_EQ(ends.reader.get(), writer);
    EXPECT_TRUE(is_open(writer));
}

TEST(FdTest, SurvivesAssignmentToItself) {
    auto ends = pipe();
    const int number = ends.reader.get();
    auto& same = ends.reader;
    ends.reader = std::move(same);
    EXPECT_EQ(ends.reader.get(), number);
    EXPECT_TRUE(is_open(number));
}

TEST(FdTest, ADuplicateIsTheSameOpenFile) {
    const Fd file(check(::memfd_create("test", 0), "memfd_create"));
    const auto copy = file.duplicate();
    EXPECT_NE(copy.get(), file.get());
    EXPECT_GE(copy.get(), 3);
    write_all(file.get(), bytes("12345"));
    EXPECT_EQ(::lseek(copy.get(), 0, SEEK_CUR), 5) << "the offset is shared";
}

TEST(FdTest, ADuplicateClosesOnExec) {
    const Fd file(check(::memfd_create("test", 0), "memfd_create"));
    ASSERT_FALSE(closes_on_exec(file.get()));
    EXPECT_TRUE(closes_on_exec(file.duplicate().get()));
}

TEST(FdTest, ADuplicateIsNumberedAsWished) {
    const auto ends = pipe();
    EXPECT_GE(ends.reader.duplicate(200).get(), 200);
}

TEST(FdTest, DuplicatingNothingFails) {
    EXPECT_EQ(os_error([] { return Fd().duplicate(); }), Failure(EBADF, "fcntl"));
}

// Making pipes

TEST(PipeTest, BothEndsCloseOnExec) {
    const auto ends = pipe();
    EXPECT_TRUE(closes_on_exec(ends.reader.get()));
    EXPECT_TRUE(closes_on_exec(ends.writer.get()));
}

TEST(PipeTest, CarriesFromWriterToReader) {
    const auto ends = pipe();
    write_all(ends.writer.get(), bytes("Hello"));
    EXPECT_EQ(read_string(ends.reader.get(), 5), "Hello");
    EXPECT_EQ(os_error([&] { write_all(ends.reader.get(), bytes("x")); }).first, EBADF);
    EXPECT_EQ(os_error([&] { read_string(ends.writer.get(), 1); }).first, EBADF);
}

TEST(SocketpairTest, CarriesBothWays) {
    const auto [one, other] = socketpair();
    write_all(one.get(), bytes("ping"));
    write_all(other.get(), bytes("pong"));
    EXPECT_EQ(read_string(other.get(), 4), "ping");
    EXPECT_EQ(read_string(one.get(), 4), "pong");
}

TEST(SocketpairTest, BothEndsCloseOnExec) {
    const auto [one, other] = socketpair();
    EXPECT_TRUE(closes_on_exec(one.get()));
    EXPECT_TRUE(closes_on_exec(other.get()));
}

TEST(SocketpairTest, SeesThatTheOtherSideIsGone) {
    auto [one, other] = socketpair();
    other.reset();
    EXPECT_EQ(read_string(one.get(), 10), "");
}

TEST(PipeTest, RunsOutOfDescriptors) {
    const auto ends = pipe();
    const auto before = open_descriptors();
    for (const unsigned left : {0u, 1u}) {
        EXPECT_EQ(with_descriptors(left, [] { return os_error([] { return pipe(); }); }), Failure(EMFILE, "pipe2"));
        EXPECT_EQ(with_descriptors(left, [] { return os_error([] { return socketpair(); }); }),
                  Failure(EMFILE, "socketpair"));
    }
    EXPECT_EQ(os_error_without_descriptors([&] { return ends.reader.duplicate(); }), Failure(EMFILE, "fcntl"));
    EXPECT_EQ(open_descriptors(), before) << "nothing is left half open";
}

// Transfers

TEST(ReadAllTest, AnswersLessOnlyAtTheEnd) {
    auto ends = pipe();
    write_all(ends.writer.get(), bytes("abc"));
    ends.writer.reset();
    EXPECT_EQ(read_string(ends.reader.get(), 10), "abc");
    EXPECT_EQ(read_string(ends.reader.get(), 10), "");
}

TEST(ReadAllTest, TakesNoMoreThanWasAskedFor) {
    const auto ends = pipe();
    write_all(ends.writer.get(), bytes("abcdef"));
    EXPECT_EQ(read_string(ends.reader.get(), 4), "abcd");
    EXPECT_EQ(read_string(ends.reader.get(), 2), "ef");
}

TEST(ReadAllTest, DoesNotWaitForNothing) {
    const auto ends = pipe();
    EXPECT_EQ(read_all(ends.reader.get(), {}), 0u);
}

TEST(ReadAllTest, CollectsWhatComesInPieces) {
    auto ends = pipe();
    Child child([&] {
        for (const char letter : std::string_view("abcdefgh")) {
            EXPECT_TRUE(eventually([&] {
                int waiting = 0;
                return ::ioctl(ends.reader.get(), FIONREAD, &waiting) == 0 && waiting == 0;
            })) << "each letter is read before the next is written";
            write_all(ends.writer.get(), bytes({&letter, 1}));
        }
    });
    ends.writer.reset();
    EXPECT_EQ(read_string(ends.reader.get(), 8), "abcdefgh");
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(ReadAllTest, GoesOnAfterASignal) {
    const auto ends = pipe();
    Interrupter interrupter(5, [&] { write_all(ends.writer.get(), bytes("at last")); });
    EXPECT_EQ(read_string(ends.reader.get(), 7), "at last");
    EXPECT_GE(interrupter.count(), 5);
}

TEST(ReadAllTest, GoesOnAfterASignalInTheMiddle) {
    const auto ends = pipe();
    write_all(ends.writer.get(), bytes("one "));
    Interrupter interrupter(5, [&] { write_all(ends.writer.get(), bytes("two")); });
    EXPECT_EQ(read_string(ends.reader.get(), 7), "one two");
}

TEST(ReadAllTest, ReportsABadDescriptor) {
    EXPECT_EQ(os_error([] { read_string(-1, 1); }), Failure(EBADF, "read"));
}

TEST(WriteAllTest, ReportsABadDescriptor) {
    EXPECT_EQ(os_error([] { write_all(-1, bytes("x")); }), Failure(EBADF, "write"));
}

TEST(WriteAllTest, WritesNothingWithoutASystemCall) {
    EXPECT_NO_THROW(write_all(-1, {}));
}

TEST(WriteAllTest, ReportsThatNoReaderIsLeft) {
    const Disposition ignored(SIGPIPE, SIG_IGN);
    auto ends = pipe();
    ends.reader.reset();
    EXPECT_EQ(os_error([&] { write_all(ends.writer.get(), bytes("x")); }), Failure(EPIPE, "write"));
}

TEST(WriteAllTest, ReportsAReaderThatLeavesInTheMiddle) {
    const Disposition ignored(SIGPIPE, SIG_IGN);
    auto ends = narrow_pipe();
    Child child([&] {
        ends.writer.reset();
        EXPECT_EQ(read_string(ends.reader.get(), 10'000).size(), 10'000u);
    });
    ends.reader.reset();
    const auto data = noise(1 << 20);
    EXPECT_EQ(os_error([&] { write_all(ends.writer.get(), data); }), Failure(EPIPE, "write"));
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(TransferTest, PressesMuchThroughANarrowPipe) {
    auto ends = narrow_pipe();
    const auto data = noise(3 << 20);
    Child child([&] {
        ends.writer.reset();
        std::vector<std::byte> received(data.size() + 1);
        EXPECT_EQ(read_all(ends.reader.get(), received), data.size());
        received.pop_back();
        EXPECT_TRUE(received == data);
    });
    ends.reader.reset();
    write_all(ends.writer.get(), data);
    ends.writer.reset();
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(TransferTest, GoesOnAfterASignalInTheMiddle) {
    auto ends = narrow_pipe();
    const auto data = noise(1 << 20);
    Gate full;
    Child child([&] {
        ends.writer.reset();
        EXPECT_TRUE(full.pass());
        std::vector<std::byte> received(data.size());
        EXPECT_EQ(read_all(ends.reader.get(), received), data.size());
        EXPECT_TRUE(received == data);
    });
    ends.reader.reset();
    // The first signal finds a write that has moved a page already, the others find one that has moved nothing.
    Interrupter interrupter(5, [&] { full.open(); });
    write_all(ends.writer.get(), data);
    EXPECT_GE(interrupter.count(), 5);
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(TransferTest, SurvivesSignalsOnBothSides) {
    auto ends = narrow_pipe();
    const auto data = noise(1 << 20);
    Child child([&] {
        ends.writer.reset();
        std::vector<std::byte> received(data.size());
        const Interrupter interrupter(until_stopped);
        EXPECT_EQ(read_all(ends.reader.get(), received), data.size());
        EXPECT_TRUE(received == data);
    });
    ends.reader.reset();
    {
        const Interrupter interrupter(until_stopped);
        write_all(ends.writer.get(), data);
    }
    EXPECT_EQ(child.exitcode(), 0);
}

// Waiting

TEST(WaitReadableTest, SeesWhatIsThere) {
    const auto ends = pipe();
    write_all(ends.writer.get(), bytes("x"));
    EXPECT_TRUE(wait_readable(ends.reader.get(), 0));
    EXPECT_TRUE(wait_readable(ends.reader.get(), 1000));
    EXPECT_TRUE(wait_readable(ends.reader.get(), -1));
    EXPECT_EQ(read_string(ends.reader.get(), 1), "x") << "it takes nothing away";
}

TEST(WaitReadableTest, OnlyAsksWithoutATimeout) {
    const auto ends = pipe();
    EXPECT_FALSE(wait_readable(ends.reader.get(), 0));
}

TEST(WaitReadableTest, WaitsForAllItsTime) {
    const auto ends = pipe();
    const auto start = Clock::now();
    EXPECT_FALSE(wait_readable(ends.reader.get(), 50));
    EXPECT_GE(Clock::now() - start, 50ms);
}

TEST(WaitReadableTest, SeesTheEnd) {
    auto ends = pipe();
    ends.writer.reset();
    EXPECT_TRUE(wait_readable(ends.reader.get(), patience.count()));
}

TEST(WaitReadableTest, WaitsForEverAcrossSignals) {
    const auto ends = pipe();
    Interrupter interrupter(5, [&] { write_all(ends.writer.get(), bytes("x")); });
    EXPECT_TRUE(wait_readable(ends.reader.get(), -1));
}

TEST(WaitReadableTest, SignalsNeitherShortenNorProlongIt) {
    const auto ends = pipe();
    const Interrupter interrupter(until_stopped);
    const auto start = Clock::now();
    EXPECT_FALSE(wait_readable(ends.reader.get(), 100));
    EXPECT_GE(Clock::now() - start, 100ms);
}

TEST(WaitReadableTest, TakesAnyTimeout) {
    const auto ends = pipe();
    Interrupter interrupter(5, [&] { write_all(ends.writer.get(), bytes("x")); });
    EXPECT_TRUE(wait_readable(ends.reader.get(), std::numeric_limits<long>::max()));
}

TEST(WaitReadableTest, ReportsABadDescriptor) {
    auto ends = pipe();
    const int number = ends.reader.get();
    ends.reader.reset();
    EXPECT_EQ(os_error([&] { wait_readable(number, 0); }), Failure(EBADF, "poll"));
    EXPECT_EQ(os_error([&] { wait_readable(-1, 0); }), Failure(EBADF, "poll"));
}

}  // namespace
}  // namespace multiprocessing
