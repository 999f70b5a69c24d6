#include "multiprocessing/error.hpp"

#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

TEST(OSErrorTest, CarriesErrnoAndCall) {
    const OSError error(EMFILE, "pipe2");
    EXPECT_EQ(error.error(), EMFILE);
    EXPECT_EQ(error.call(), "pipe2");
    EXPECT_STREQ(error.what(), "pipe2: Too many open files");
}

TEST(OSErrorTest, IsASystemErrorOfTheGenericCategory) {
    const OSError error(ENOENT, "open");
    const std::system_error& base = error;
    EXPECT_EQ(base.code(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(base.code().category(), std::generic_category());
}

TEST(OSErrorTest, KeepsTheNameOfTheCall) {
    std::string name = "open";
    const OSError error(ENOENT, name);
    name = "else";
    const OSError copy = error;
    EXPECT_EQ(copy.call(), "open");
}

TEST(ErrorsTest, AreTheStandardsOwnKinds) {
    EXPECT_THROW(throw ValueError("v"), std::invalid_argument);
    EXPECT_THROW(throw AssertionError("a"), std::logic_error);
    EXPECT_EQ(message<std::exception>([] { throw ValueError("bad"); }), "bad");
    EXPECT_EQ(message<std::exception>([] { throw AssertionError("forbidden"); }), "forbidden");
}

TEST(ThrowErrnoTest, ThrowsTheCurrentErrno) {
    errno = EXDEV;
    EXPECT_EQ(os_error([] { throw_errno("link"); }), Failure(EXDEV, "link"));
}

TEST(CheckTest, PassesOnWhatIsNoFailure) {
    EXPECT_EQ(check(0, "open"), 0);
    EXPECT_EQ(check(7, "open"), 7);
    EXPECT_EQ(check(5'000'000'000L, "read"), 5'000'000'000L);
}

TEST(CheckTest, ThrowsTheErrnoOfAFailure) {
    EXPECT_EQ(os_error([] { check(::close(-1), "close"); }), Failure(EBADF, "close"));
    EXPECT_EQ(os_error([] { check(::write(-1, "", 1), "write"); }), Failure(EBADF, "write"));
}

TEST(RetryTest, RepeatsForAsLongAsItIsInterrupted) {
    int calls = 0;
    const int result = retry([&] {
        errno = EINTR;
        return ++calls < 4 ? -1 : 42;
    });
    EXPECT_EQ(result, 42);
    EXPECT_EQ(calls, 4);
}

TEST(RetryTest, LeavesOtherFailuresToTheCaller) {
    int calls = 0;
    const int result = retry([&] {
        ++calls;
        errno = EAGAIN;
        return -1;
    });
    EXPECT_EQ(result, -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(calls, 1);
}

TEST(RetryTest, DoesNotMindTheErrnoOfAnEarlierCall) {
    int calls = 0;
    errno = EINTR;
    EXPECT_EQ(retry([&] { return calls++; }), 0);
    EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace multiprocessing
