#include "multiprocessing/fifo.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

TEST(FifoTest, TwoProcessesMeetThere) {
    const TemporaryDirectory directory;
    const auto path = directory.path() + "/fifo";
    fifo::make(path);
    Child child([&] {
        auto writer = fifo::writer(path);
        for (int i = 0; i < 100; ++i) writer.send(i);
    });
    auto reader = fifo::reader(path);
    EXPECT_FALSE(reader.writable());
    for (int i = 0; i < 100; ++i) EXPECT_EQ(reader.recv<int>(), i);
    EXPECT_THROW(static_cast<void>(reader.recv_bytes()), EOFError);
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(FifoTest, BelongsToItsOwnerByDefault) {
    const TemporaryDirectory directory;
    const auto path = directory.path() + "/fifo";
    fifo::make(path);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_TRUE(S_ISFIFO(status.st_mode));
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(os_error([&] { fifo::make(path); }), Failure(EEXIST, "mkfifo"));
}

TEST(FifoTest, MustBeThere) {
    const TemporaryDirectory directory;
    EXPECT_EQ(os_error([&] { static_cast<void>(fifo::reader(directory.path() + "/none")); }), Failure(ENOENT, "open"));
    EXPECT_EQ(os_error([&] { static_cast<void>(fifo::writer(directory.path() + "/none")); }), Failure(ENOENT, "open"));
}

TEST(FifoTest, OpeningGoesOnAfterSignals) {
    const TemporaryDirectory directory;
    const auto path = directory.path() + "/fifo";
    fifo::make(path);
    Interrupter interrupter(3, [&] { fifo::writer(path).send_bytes("after three signals"); });
    EXPECT_EQ(fifo::reader(path).recv_text(), "after three signals");
    interrupter.stop();
    EXPECT_EQ(interrupter.count(), 3);
}

}  // namespace
}  // namespace multiprocessing
