/// @file
/// How the bytes of connections are read.
#include "../../native/transfer.hpp"

#include <string>

#include "multiprocessing/connection.hpp"
#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

/// Whether the main thread of a process does.
bool sleeps(pid_t process) {
    return process_state(process) == ProcessState::sleeping;
}

#if !defined(__SANITIZE_THREAD__)
TEST(ReadNowTest, DoesNotWait) {
    auto [pipe_reader, pipe_writer] = pipe();
    auto [socket_reader, socket_writer] = socketpair();
    for (auto [reader, writer] : {std::pair{&pipe_reader, &pipe_writer}, {&socket_reader, &socket_writer}}) {
        std::array<char, 4> buffer{};
        const auto read_now = [&, from = reader->get()] {
            return transfer::read_now(from, buffer.data(), buffer.size());
        };
        EXPECT_EQ(read_now(), -1);
        EXPECT_EQ(errno, EAGAIN);
        ASSERT_EQ(transfer::write(writer->get(), "message", 7), 7);
        EXPECT_EQ(read_now(), 4);
        EXPECT_EQ(std::string(buffer.data(), 4), "mess");
        EXPECT_EQ(read_now(), 3);
        writer->reset();
        EXPECT_EQ(read_now(), 0) << "the end";
    }
}
#endif

/// A socket tells an error once: whoever reads next is told of the end.
TEST(ReadNowTest, AnErrorIsNotLost) {
    for (const bool looks : {true, false}) {
        auto [here, there] = Pipe(true);
        if (!looks) {
            std::thread sender([&other = there] {
                ASSERT_TRUE(eventually([] { return sleeps(::getpid()); })) << "it has looked in vain";
                other.send(1);
            });
            EXPECT_EQ(here.recv<int>(), 1);
            sender.join();
        }
        here.send(1);
        there.close();  // unread
        try {
            static_cast<void>(here.recv<int>());
            ADD_FAILURE() << "received something";
        } catch (const OSError& error) {
            EXPECT_EQ(error.error(), ECONNRESET) << looks;
        }
        EXPECT_THROW(static_cast<void>(here.recv<int>()), EOFError) << looks;
    }
}

/// So often that receiving begins with a look, goes without one, and is asleep: whatever happens on this machine.
TEST(ReadNowTest, LooksAndSleepsAndSeesTheEnd) {
    for (const bool duplex : {false, true}) {
        auto there = Pipe(duplex);
        auto back = Pipe(false);
        Child partner([&] {
            there.second.close();
            for (int i = 0;; ++i) {
                try {
                    const auto number = there.first.recv<int>();
                    if (i % 100 == 99) {
                        EXPECT_TRUE(eventually([] { return sleeps(::getppid()); }));
                    }
                    back.second.send(number + 1);
                } catch (const EOFError&) {
                    EXPECT_EQ(i, 3'000);
                    return;
                }
            }
        });
        there.first.close();
        for (int i = 0; i < 3'000; ++i) {
            there.second.send(i);
            ASSERT_EQ(back.first.recv<int>(), i + 1);
        }
        there.second.close();
        EXPECT_EQ(partner.exitcode(), 0);
    }
}

}  // namespace
}  // namespace multiprocessing
