#include "multiprocessing/connection.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>

#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

Bytes bytes(std::string_view text) {
    const auto data = std::as_bytes(std::span(text));
    return {data.begin(), data.end()};
}

Bytes noise(std::size_t size) {
    Bytes data(size);
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::byte>(i * 2654435761U >> 13);
    return data;
}

/// What lies in a descriptor at this moment.
std::string raw(const Connection& connection) {
    std::string text(65536, '\0');
    const auto got = check(::read(connection.fileno(), text.data(), text.size()), "read");
    text.resize(static_cast<std::size_t>(got));
    return text;
}

void write_raw(const Connection& connection, std::string_view text) {
    write_all(connection.fileno(), std::as_bytes(std::span(text)));
}

using namespace std::string_literals;

// The ends of a pipe

TEST(ConnectionTest, AOneWayPipeReceivesWithItsFirstAndSendsWithItsSecondEnd) {
    auto [reader, writer] = Pipe(false);
    EXPECT_TRUE(reader.readable());
    EXPECT_FALSE(reader.writable());
    EXPECT_FALSE(writer.readable());
    EXPECT_TRUE(writer.writable());
    EXPECT_EQ(message<AssertionError>([&] { reader.send_bytes("x"); }), "connection is read-only");
    EXPECT_EQ(message<AssertionError>([&] { static_cast<void>(writer.recv_bytes()); }), "connection is write-only");
    EXPECT_EQ(message<AssertionError>([&] { static_cast<void>(writer.poll()); }), "connection is write-only");
    writer.send_bytes("Hello");
    EXPECT_EQ(reader.recv_text(), "Hello");
}

TEST(ConnectionTest, BothEndsOfADuplexPipeSendAndReceive) {
    auto [one, other] = Pipe();
    one.send_bytes("there");
    other.send_bytes("back");
    EXPECT_EQ(other.recv_text(), "there");
    EXPECT_EQ(one.recv_text(), "back");
}

TEST(ConnectionTest, ClosedItRefusesEverything) {
    auto [one, other] = Pipe();
    EXPECT_FALSE(one.closed());
    one.close();
    one.close();
    EXPECT_TRUE(one.closed());
    EXPECT_EQ(message<AssertionError>([&] { one.send_bytes("x"); }), "handle is closed");
    EXPECT_EQ(message<AssertionError>([&] { static_cast<void>(one.recv_bytes()); }), "handle is closed");
    EXPECT_EQ(message<AssertionError>([&] { static_cast<void>(one.poll()); }), "handle is closed");
    EXPECT_EQ(message<AssertionError>([&] { static_cast<void>(one.fileno()); }), "handle is closed");
}

TEST(ConnectionTest, IsMadeOfDescriptorsThatAreOpenAndDoSomething) {
    EXPECT_EQ(os_error([] { Connection(Fd(1'000'000)); }), Failure(EBADF, "fstat"));
    EXPECT_EQ(message<ValueError>([] { Connection(pipe().reader, false, false); }),
              "at least one of `readable` and `writable` must be True");
}

TEST(ConnectionTest, ClosesWithItsScope) {
    const auto before = open_descriptors();
    { const auto ends = Pipe(); }
    EXPECT_EQ(open_descriptors(), before);
}

// Frames

TEST(ConnectionTest, FramesAsPythonDoes) {
    auto [reader, writer] = Pipe(false);
    writer.send_bytes("");
    EXPECT_EQ(raw(reader), "\0\0\0\0"s);
    writer.send_bytes("Hello");
    EXPECT_EQ(raw(reader), "\0\0\0\5Hello"s);
    write_raw(writer, "\0\0\0\2hi"s);
    EXPECT_EQ(reader.recv_text(), "hi");
    write_raw(writer, "\xff\xff\xff\xff\0\0\0\0\0\0\0\3abc"s);
    EXPECT_EQ(reader.recv_text(), "abc") << "a long header is right for short messages too";
}

class ConnectionSizes : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ConnectionSizes, CarriesMessagesOfAnySizeBothWays) {
    for (const bool duplex : {false, true}) {
        auto [reader, writer] = Pipe(duplex);
        const auto message = noise(GetParam());
        std::thread sender([&] {
            writer.send_bytes(message);
            writer.send_bytes(message);
        });
        EXPECT_EQ(reader.recv_bytes(), message);
        Bytes buffer(message.size() + 3);
        EXPECT_EQ(reader.recv_bytes_into(buffer, 3), message.size());
        EXPECT_TRUE(std::equal(message.begin(), message.end(), buffer.begin() + 3));
        sender.join();
        EXPECT_FALSE(reader.poll());
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConnectionSizes,
                         ::testing::Values(0, 1, 16383, 16384, 16385, 65536, std::size_t{16} << 20));

TEST(ConnectionTest, AMessageOfMoreThanTwoGibibytesHasALongHeader) {
    constexpr std::uint64_t size = (std::uint64_t{1} << 31) + 5;
    const Bytes piece = noise(1 << 20);
    auto [reader, writer] = Pipe(false);
    std::thread sender([&writer = writer, &piece] {
        FrameWriter frame(Channel::of(writer.fileno()), size);
        for (std::uint64_t done = 0; done < size; done += piece.size()) {
            const auto length = std::min<std::uint64_t>(piece.size(), size - done);
            frame.write(std::span(piece).first(static_cast<std::size_t>(length)));
        }
    });
    Bytes received(piece.size());
    const auto header = std::span(received).first(12);
    ASSERT_EQ(read_all(reader.fileno(), header), 12U);
    EXPECT_TRUE(std::ranges::equal(header, bytes("\xff\xff\xff\xff\0\0\0\0\x80\0\0\5"s)));
    auto frame = FrameReader::rest(Channel::of(reader.fileno()), size);
    for (std::uint64_t done = 0; done < size; done += received.size()) {
        received.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - done)));
        frame.read(received);
        ASSERT_EQ(std::memcmp(received.data(), piece.data(), received.size()), 0);
    }
    sender.join();
    EXPECT_FALSE(reader.poll());
}

TEST(ConnectionTest, ALengthThatFitsHasAShortHeader) {
    auto [reader, writer] = Pipe(false);
    FrameWriter(Channel::of(writer.fileno()), 0x7fffffff).write({});
    EXPECT_EQ(raw(reader), "\x7f\xff\xff\xff"s);
    FrameWriter(Channel::of(writer.fileno()), 0x80000000).write({});
    EXPECT_EQ(raw(reader), "\xff\xff\xff\xff\0\0\0\0\x80\0\0\0"s);
}

TEST(ConnectionTest, SignalsDoNotTearMessages) {
    auto [reader, writer] = Pipe(false);
    const auto message = noise(1 << 20);
    std::thread sender([&] {
        for (int i = 0; i < 5; ++i) writer.send_bytes(message);
    });
    Interrupter interrupter(until_stopped);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(reader.recv_bytes(), message);
    sender.join();
}

// Ends

TEST(ConnectionTest, TheEndBetweenMessagesIsTheEndOfTheFile) {
    auto [reader, writer] = Pipe(false);
    writer.send_bytes("last");
    writer.close();
    EXPECT_EQ(reader.recv_text(), "last");
    EXPECT_TRUE(reader.poll());
    EXPECT_THROW(static_cast<void>(reader.recv_bytes()), EOFError);
    EXPECT_THROW(static_cast<void>(reader.recv_bytes()), EOFError) << "and stays so";
}

TEST(ConnectionTest, TheEndInsideOfAMessageIsAnError) {
    const auto whole = "\0\0\0\5Hello"s;
    for (const bool duplex : {false, true}) {
        for (std::size_t sent = 1; sent < whole.size(); ++sent) {
            auto [reader, writer] = Pipe(duplex);
            write_raw(writer, std::string_view(whole).substr(0, sent));
            writer.close();
            EXPECT_EQ(os_error([&] { static_cast<void>(reader.recv_bytes()); }), Failure(EPROTO, "read")) << sent;
        }
    }
    const auto long_header = "\xff\xff\xff\xff\0\0\0\0\0\0\0\1x"s;
    for (std::size_t sent = 4; sent < long_header.size(); ++sent) {
        auto [reader, writer] = Pipe(false);
        write_raw(writer, std::string_view(long_header).substr(0, sent));
        writer.close();
        EXPECT_THAT(message<OSError>([&] { static_cast<void>(reader.recv_bytes()); }),
                    ::testing::HasSubstr("got end of file during message"));
    }
}

TEST(ConnectionTest, NobodyReadsAnyMore) {
    const Disposition ignored(SIGPIPE, SIG_IGN);
    for (const bool duplex : {false, true}) {
        auto [reader, writer] = Pipe(duplex);
        reader.close();
        EXPECT_EQ(os_error([&] { writer.send_bytes("x"); }), Failure(EPIPE, "write"));
    }
}

TEST(ConnectionTest, ASocketSendsNoSignalWhenNobodyReads) {
    Child child([] {
        auto [reader, writer] = Pipe();
        reader.close();
        EXPECT_EQ(os_error([&] { writer.send_bytes("x"); }), Failure(EPIPE, "write"));
    });
    EXPECT_EQ(child.exitcode(), 0);
}

// Lengths

TEST(ConnectionTest, AMessageThatIsTooLongEndsReceiving) {
    auto [one, other] = Pipe();
    other.send_bytes("12345");
    EXPECT_EQ(message<OSError>([&] { static_cast<void>(one.recv_bytes(4)); }).find("bad message length"), 0U);
    EXPECT_FALSE(one.readable());
    EXPECT_EQ(message<AssertionError>([&] { static_cast<void>(one.recv_bytes()); }), "connection is write-only");
    one.send_bytes("still");
    EXPECT_EQ(other.recv_text(), "still");

    auto [reader, writer] = Pipe(false);
    writer.send_bytes("12345");
    EXPECT_EQ(os_error([&] { static_cast<void>(reader.recv_bytes(0)); }), Failure(EMSGSIZE, "read"));
    EXPECT_TRUE(reader.closed());
}

TEST(ConnectionTest, AMessageAsLongAsAllowedIsReceived) {
    auto [reader, writer] = Pipe(false);
    writer.send_bytes("12345");
    EXPECT_EQ(reader.recv_bytes(5), bytes("12345"));
}

TEST(ConnectionTest, ANegativeLengthIsABadOne) {
    auto [reader, writer] = Pipe(false);
    write_raw(writer, "\xff\xff\xff\xfe"s);
    EXPECT_EQ(os_error([&] { static_cast<void>(reader.recv_bytes()); }), Failure(EMSGSIZE, "read"));
    EXPECT_TRUE(reader.closed());
}

TEST(ConnectionTest, WhatAPeerClaimsToSendIsNotAllocated) {
    auto [reader, writer] = Pipe(false);
    write_raw(writer, "\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff...."s);
    writer.close();
    EXPECT_EQ(os_error([&] { static_cast<void>(reader.recv_bytes()); }), Failure(EPROTO, "read"));
}

TEST(ConnectionTest, ABufferThatIsTooShortIsToldWithTheMessage) {
    auto [reader, writer] = Pipe(false);
    writer.send_bytes("12345");
    writer.send_bytes("next");
    std::array<std::byte, 8> buffer;
    try {
        reader.recv_bytes_into(buffer, 4);
        FAIL() << "nothing was thrown";
    } catch (const BufferTooShort& error) {
        EXPECT_EQ(error.message(), bytes("12345"));
    }
    EXPECT_EQ(reader.recv_bytes_into(buffer, 4), 4U);
    EXPECT_EQ(message<ValueError>([&] { reader.recv_bytes_into(buffer, 9); }), "offset too large");
}

// Values

struct Point {
    int x;
    double y;
};

TEST(ConnectionTest, CarriesValues) {
    auto [reader, writer] = Pipe(false);
    writer.send(Point{7, 2.5});
    const auto point = reader.recv<Point>();
    EXPECT_EQ(point.x, 7);
    EXPECT_EQ(point.y, 2.5);
    writer.send(1);
    EXPECT_EQ(os_error([&] { static_cast<void>(reader.recv<Point>()); }), Failure(EMSGSIZE, "read"));
    writer.send(2);
    EXPECT_EQ(reader.recv<int>(), 2);
}

// Descriptors

TEST(ConnectionTest, DescriptorsGoWithAMessage) {
    auto [one, other] = Pipe();
    auto [reader, writer] = Pipe(false);
    const std::array fds{writer.fileno()};
    one.send_bytes(std::as_bytes(std::span(std::string_view("take this"))), fds);
    one.send_bytes("and no more");
    writer.close();
    std::vector<Fd> received;
    EXPECT_EQ(other.recv_bytes(received), bytes("take this"));
    ASSERT_EQ(received.size(), 1U);
    Connection copy(std::move(received[0]), false);
    copy.send_bytes("through the copy");
    EXPECT_EQ(reader.recv_text(), "through the copy");
    received.clear();
    EXPECT_EQ(other.recv_bytes(received), bytes("and no more"));
    EXPECT_TRUE(received.empty());
}

TEST(ConnectionTest, DescriptorsThatNobodyWantsAreClosed) {
    auto [one, other] = Pipe();
    auto [reader, writer] = Pipe(false);
    const std::array fds{writer.fileno()};
    one.send_bytes({}, fds);
    writer.close();
    const auto before = open_descriptors();
    EXPECT_EQ(other.recv_bytes(), Bytes());
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_THROW(static_cast<void>(reader.recv_bytes()), EOFError);
}

TEST(ConnectionTest, DescriptorsTravelOverLocalSocketsOnly) {
    auto [reader, writer] = Pipe(false);
    const std::array fds{0};
    EXPECT_EQ(message<ValueError>([&] { writer.send_bytes({}, fds); }),
              "descriptors can be sent over AF_UNIX sockets only");
    const std::vector<int> many(most_descriptors + 1, 0);
    auto [one, other] = Pipe();
    EXPECT_EQ(message<ValueError>([&] { one.send_bytes({}, many); }), "too many descriptors for one message");
    EXPECT_FALSE(other.poll()) << "nothing was sent";
}

TEST(ConnectionTest, DescriptorsThatFindNoRoomAreAnError) {
    auto [one, other] = Pipe();
    const std::array fds{one.fileno(), one.fileno()};
    one.send_bytes({}, fds);
    std::vector<Fd> received;
    EXPECT_EQ(with_descriptors(1, [&] { return os_error([&] { static_cast<void>(other.recv_bytes(received)); }); }),
              Failure(EMFILE, "recvmsg"));
}

// Waiting

TEST(ConnectionTest, PollTellsWhetherThereIsSomething) {
    auto [reader, writer] = Pipe(false);
    EXPECT_FALSE(reader.poll());
    EXPECT_FALSE(reader.poll(5ms));
    EXPECT_FALSE(reader.poll(-1s));
    writer.send_bytes("");
    EXPECT_TRUE(reader.poll());
    EXPECT_TRUE(reader.poll(patience));
}

TEST(ConnectionTest, WaitAnswersThoseThatAreReadyInTheirOrder) {
    auto [reader, writer] = Pipe(false);
    auto [one, other] = Pipe();
    const std::array all{reader.fileno(), one.fileno(), other.fileno()};
    EXPECT_TRUE(wait(all, 0ns).empty());
    EXPECT_TRUE(wait(all, -1s).empty());
    one.send_bytes("x");
    EXPECT_EQ(wait(all), std::vector{other.fileno()});
    writer.close();
    EXPECT_EQ(wait(all), (std::vector{reader.fileno(), other.fileno()}));
}

TEST(ConnectionTest, WaitingForNothingTakesItsTime) {
    EXPECT_TRUE(wait({}, 1ms).empty());
    EXPECT_EQ(message<ValueError>([] { static_cast<void>(wait({})); }), "nothing to wait for");
}

TEST(ConnectionTest, WaitsForProcessesToo) {
    auto [reader, writer] = Pipe(false);
    Child child([] {});
    const auto sentinel = pidfd_open(child.pid());
    const std::array all{reader.fileno(), sentinel.get()};
    EXPECT_EQ(wait(all, patience), std::vector{sentinel.get()});
}

// Processes

TEST(ConnectionTest, GoesOnInAForkedChild) {
    auto [reader, writer] = Pipe(false);
    Child child([&] {
        reader.close();
        for (int i = 0; i < 100; ++i) writer.send(i);
    });
    writer.close();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(reader.recv<int>(), i);
    EXPECT_THROW(static_cast<void>(reader.recv_bytes()), EOFError);
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(ConnectionTest, AKilledSenderIsAnErrorOrTheEnd) {
    for (int round = 0; round < 20; ++round) {
        auto [reader, writer] = Pipe(false);
        const auto message = noise(200'000);
        Child child([&] {
            for (;;) writer.send_bytes(message);
        });
        writer.close();
        EXPECT_EQ(reader.recv_bytes(), message);
        ::kill(child.pid(), SIGKILL);
        try {
            for (;;) EXPECT_EQ(reader.recv_bytes(), message);
        } catch (const EOFError&) {
            continue;  // between two messages
        } catch (const OSError& error) {
            EXPECT_EQ(error.error(), EPROTO);
        }
    }
}

}  // namespace
}  // namespace multiprocessing
