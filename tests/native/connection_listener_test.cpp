#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "multiprocessing/connection.hpp"
#include "multiprocessing/process.hpp"
#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using namespace std::string_literals;

const std::string key = "secret";

/// Accepts, in a thread, as many as it is told to; failures become texts.
class Acceptor {
public:
    Acceptor(Listener& listener, int count) : thread_([this, &listener, count] {
        tid_ = static_cast<pid_t>(::syscall(SYS_gettid));
        for (int i = 0; i < count; ++i) {
            try {
                auto connection = listener.accept(patience);
                if (!connection) {
                    answers_.emplace_back("nobody came");
                } else {
                    connection->send_bytes("welcome");
                    answers_.emplace_back("accepted");
                }
            } catch (const std::exception& error) {
                answers_.emplace_back(error.what());
            }
        }
    }) {}
    /// Whether it waits for somebody to come.
    [[nodiscard]] bool waits() const { return tid_ != 0 && process_state(tid_) == ProcessState::sleeping; }
    std::vector<std::string> answers() {
        thread_.join();
        return answers_;
    }

private:
    std::atomic<pid_t> tid_{0};
    std::vector<std::string> answers_;
    std::thread thread_;
};

Address local() {
    return {"localhost", 0};
}

// Addresses

TEST(AddressTest, LooksAsPythonPrintsIt) {
    EXPECT_EQ(Address("127.0.0.1", 4711).to_string(), "('127.0.0.1', 4711)");
    EXPECT_EQ(Address("/tmp/socket").to_string(), "'/tmp/socket'");
    EXPECT_EQ(Address("\0name"s).to_string(), "'\\x00name'");
    EXPECT_TRUE(Address("\0name"s).is_abstract());
    EXPECT_FALSE(Address("/tmp/socket").is_abstract());
}

TEST(AddressTest, RefusesWhatIsNone) {
    EXPECT_THAT(message<ValueError>([] { Address(std::string(108, 'x')); }), ::testing::StartsWith("AF_UNIX path too"));
    EXPECT_EQ(Address(std::string(107, 'x')).path().size(), 107U);
    EXPECT_THROW(Address("a\0b"s), ValueError);
    EXPECT_THROW(Address("localhost", 65536), ValueError);
    EXPECT_THROW(Address("localhost", -1), ValueError);
    EXPECT_THAT(message<OSError>([] { static_cast<void>(Client({"no.such.host.invalid", 1})); }),
                ::testing::HasSubstr("no.such.host.invalid"));
}

TEST(AddressTest, GoesThroughTheKernelAndBack) {
    for (const auto& address : {Address("127.0.0.1", 80), Address("::1", 81), Address("/tmp/x"), Address("\0x y"s),
                                Address(std::string(107, 'p')), Address("\0"s + std::string(106, 'a'))}) {
        EXPECT_EQ(SocketAddress::of(address).address(), address) << address.to_string();
    }
    EXPECT_EQ(SocketAddress::of({"", 5}).address(), Address("0.0.0.0", 5));
}

// Without a key

TEST(ListenerTest, AcceptsOverEveryKindOfSocket) {
    const TemporaryDirectory directory;
    for (const auto& address : {local(), Address("::1", 0), Address(directory.path() + "/socket"),
                                Address("\0multiprocessing-test-" + std::to_string(::getpid()))}) {
        Listener listener(address);
        Acceptor acceptor(listener, 2);
        for (int i = 0; i < 2; ++i) {
            auto client = Client(listener.address());
            EXPECT_EQ(client.recv_text(), "welcome");
        }
        EXPECT_THAT(acceptor.answers(), ::testing::Each("accepted"));
        ASSERT_TRUE(listener.last_accepted());
        EXPECT_EQ(listener.last_accepted()->is_unix(), address.is_unix());
    }
}

TEST(ListenerTest, TellsItsPortAndItsClients) {
    Listener listener(local());
    EXPECT_EQ(listener.address().host(), "127.0.0.1");
    EXPECT_GT(listener.address().port(), 0);
    EXPECT_FALSE(listener.last_accepted());
    Acceptor acceptor(listener, 1);
    const auto client = Client(listener.address());
    EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre("accepted"));
    SocketAddress ours;
    ASSERT_EQ(::getsockname(client.fileno(), ours.get(), &ours.size), 0);
    EXPECT_EQ(listener.last_accepted(), ours.address());
}

TEST(ListenerTest, ByDefaultItHasADirectoryOfItsOwn) {
    std::string path;
    {
        Listener listener;
        path = listener.address().path();
        struct stat status {};
        ASSERT_EQ(::stat(std::filesystem::path(path).parent_path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0700U);
        Acceptor acceptor(listener, 1);
        EXPECT_EQ(Client(path).recv_text(), "welcome");
        acceptor.answers();
    }
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(path).parent_path()));
}

TEST(ListenerTest, TheFileGoesWithTheListenerButNotWithAForkedChilds) {
    const TemporaryDirectory directory;
    const auto path = directory.path() + "/socket";
    Listener listener{Address(path)};
    Child child([&] { listener.close(); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_TRUE(std::filesystem::exists(path));
    Acceptor acceptor(listener, 1);
    EXPECT_EQ(Client(path).recv_text(), "welcome") << "the child's close() did not close it here";
    acceptor.answers();
    listener.close();
    listener.close();
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(message<AssertionError>([&] { static_cast<void>(listener.accept()); }), "listener is closed");
    EXPECT_EQ(message<AssertionError>([&] { static_cast<void>(listener.fileno()); }), "listener is closed");
}

TEST(ListenerTest, LeavesNothingBehindWhereItCannotListen) {
    const TemporaryDirectory directory;
    const auto before = open_descriptors();
    EXPECT_EQ(os_error([&] { Listener{Address(directory.path() + "/none/socket")}; }), Failure(ENOENT, "bind"));
    Listener first{Address(directory.path() + "/socket")};
    EXPECT_EQ(os_error([&] { Listener{first.address()}; }), Failure(EADDRINUSE, "bind"));
    EXPECT_TRUE(std::filesystem::exists(first.address().path())) << "it is the other one's";
    first.close();
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(os_error([&] { static_cast<void>(Client(first.address())); }), Failure(ENOENT, "connect"));
}

TEST(ListenerTest, AcceptGivesUpInTime) {
    Listener listener(local());
    EXPECT_FALSE(listener.accept(1ms));
    EXPECT_FALSE(listener.accept(-1s));
    Acceptor acceptor(listener, 1);
    static_cast<void>(Client(listener.address()));
    EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre("accepted"));
}

TEST(ListenerTest, CloseEndsAcceptInAnotherThread) {
    Listener listener(local());
    Acceptor acceptor(listener, 1);
    EXPECT_TRUE(eventually([&] { return acceptor.waits(); }));
    listener.close();
    EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre("listener is closed"));
}

TEST(ListenerTest, CanBeWaitedFor) {
    Listener listener(local());
    const std::array all{listener.fileno()};
    EXPECT_TRUE(wait(all, 0ns).empty());
    const auto client = Client(listener.address());
    EXPECT_EQ(wait(all, patience), std::vector{listener.fileno()});
}

TEST(ListenerTest, SmallMessagesAreSentAtOnce) {
    Listener listener(local());
    Acceptor acceptor(listener, 1);
    auto client = Client(listener.address());
    int on = 0;
    socklen_t size = sizeof on;
    ASSERT_EQ(::getsockopt(client.fileno(), IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    EXPECT_EQ(on, 1);
    acceptor.answers();
}

// With a key

TEST(ListenerTest, WhoHasTheKeyIsIn) {
    for (const auto& secret : {key, ""s, std::string(1000, 'k'), "with\0NUL"s}) {
        Listener listener(local(), {.authkey = secret});
        Acceptor acceptor(listener, 1);
        auto client = Client(listener.address(), secret);
        EXPECT_EQ(client.recv_text(), "welcome");
        EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre("accepted"));
    }
}

TEST(ListenerTest, WhoHasAnotherKeyIsNotAndBothAreTold) {
    Listener listener(local(), {.authkey = key});
    Acceptor acceptor(listener, 2);
    EXPECT_EQ(message<AuthenticationError>([&] { static_cast<void>(Client(listener.address(), "other")); }),
              "digest sent was rejected");
    EXPECT_EQ(Client(listener.address(), key).recv_text(), "welcome");
    EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre("digest received was wrong", "accepted"));
}

TEST(ListenerTest, AListenerWithoutTheKeyIsFoundOut) {
    Listener listener(local());
    std::thread server([&] {
        auto connection = listener.accept();
        connection.send_bytes("#CHALLENGE#" + std::string(20, 'c'));
        static_cast<void>(connection.recv_bytes());
        connection.send_bytes("#WELCOME#");
        static_cast<void>(connection.recv_bytes());
        connection.send_bytes(std::string(16, 'x'));
        EXPECT_EQ(connection.recv_text(), "#FAILURE#");
    });
    EXPECT_EQ(message<AuthenticationError>([&] { static_cast<void>(Client(listener.address(), key)); }),
              "digest received was wrong");
    server.join();
}

TEST(ListenerTest, ASilentPeerHoldsUpNobody) {
    Listener listener(local(), {.backlog = 8, .authkey = key, .handshake_timeout = patience * 10});
    std::vector<Connection> silent;
    for (int i = 0; i < 5; ++i) silent.push_back(Client(listener.address()));
    Acceptor acceptor(listener, 1);
    EXPECT_EQ(Client(listener.address(), key).recv_text(), "welcome");
    EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre("accepted"));
}

TEST(ListenerTest, ASilentPeerIsCutOffInTime) {
    Listener listener(local(), {.authkey = key, .handshake_timeout = 20ms});
    auto silent = Client(listener.address());
    Acceptor acceptor(listener, 1);
    EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre("the other side did not answer in time"));
    EXPECT_TRUE(silent.recv_text().starts_with("#CHALLENGE#"));
    EXPECT_THROW(static_cast<void>(silent.recv_bytes()), EOFError);
}

TEST(ListenerTest, SilentPeersByTheHundredLeaveRoomForOthers) {
    Listener listener(local(), {.backlog = 200, .authkey = key, .handshake_timeout = patience * 10});
    std::vector<Connection> silent;
    for (int i = 0; i < 150; ++i) silent.push_back(Client(listener.address()));
    Acceptor acceptor(listener, 1);
    EXPECT_EQ(Client(listener.address(), key).recv_text(), "welcome");
    EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre("accepted"));
}

TEST(ListenerTest, APeerWithBadMannersIsAnAuthenticationError) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"\0\0\0\0"s, "the answer names no digest that is known"},
        {"\0\0\1\1"s, "bad message length"},
        {"\xff\xff\xff\xff"s, "bad message length"},
        {"GET / HTTP/1.1\r\n\r\n"s, "bad message length"},
        {"\0\0\0\x10"s + std::string(16, 'x'), "digest received was wrong"}};
    for (const auto& [said, answer] : cases) {
        Listener listener(local(), {.authkey = key});
        auto client = Client(listener.address());
        write_all(client.fileno(), std::as_bytes(std::span(said)));
        Acceptor acceptor(listener, 1);
        EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre(answer));
    }
}

TEST(ListenerTest, APeerThatLeavesAtAnyByteIsAnAuthenticationError) {
    for (std::size_t sent = 0; sent < 44; ++sent) {
        Listener listener(local(), {.authkey = key});
        auto client = Client(listener.address());
        const auto said = "\0\0\0\x28{sha256}"s + std::string(32, 'x');
        write_all(client.fileno(), std::as_bytes(std::span(said)).first(sent));
        client.close();
        Acceptor acceptor(listener, 1);
        EXPECT_THAT(acceptor.answers(), ::testing::ElementsAre(::testing::Not("accepted"))) << sent;
    }
}

TEST(ListenerTest, AListenerThatLeavesIsTheEndForAClient) {
    Listener listener(local());
    std::thread server([&] { listener.accept().send_bytes("#CHALLENGE#" + std::string(20, 'c')); });
    try {
        static_cast<void>(Client(listener.address(), key));
        FAIL() << "connected";
    } catch (const EOFError& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("closed the connection"));
    } catch (const OSError& error) {
        EXPECT_EQ(error.error(), ECONNRESET);
    }
    server.join();
}

TEST(ListenerTest, AClientGivesUpInTime) {
    Listener listener(local());
    EXPECT_EQ(message<AuthenticationError>([&] { static_cast<void>(Client(listener.address(), key, 10ms)); }),
              "the listener did not answer in time");
}

TEST(ListenerTest, WhatFollowsTheHandshakeIsLeftForTheConnection) {
    Listener listener(local(), {.authkey = key});
    std::thread client([&] {
        auto connection = Client(listener.address(), key);
        connection.send_bytes("at once");
    });
    EXPECT_EQ(listener.accept(patience)->recv_text(), "at once");
    client.join();
}

}  // namespace
}  // namespace multiprocessing
