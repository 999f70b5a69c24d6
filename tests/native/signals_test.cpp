#include "multiprocessing/signals.hpp"

#include <array>

#include "multiprocessing/connection.hpp"
#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;

/// Each test in a process of its own: what signals do is the process's.
template <typename Body>
void in_child(Body&& body) {
    Child child(body);
    EXPECT_EQ(child.exitcode(), 0);
}

std::atomic<int> handled{0};

TEST(SignalsTest, ArrivalsCanBeRead) {
    in_child([] {
        signals::watch(SIGUSR1);
        signals::watch(SIGTERM);
        EXPECT_FALSE(signals::next(0ns));
        ::kill(::getpid(), SIGUSR1);
        EXPECT_EQ(signals::next(patience), SIGUSR1);
        ::kill(::getpid(), SIGTERM);
        EXPECT_EQ(signals::next(), SIGTERM);
        EXPECT_FALSE(signals::next(1ms));
    });
}

TEST(SignalsTest, CanBeWaitedFor) {
    in_child([] {
        signals::watch(SIGUSR2);
        auto [reader, writer] = Pipe(false);
        const std::array all{reader.fileno(), signals::fileno()};
        EXPECT_TRUE(wait(all, 0ns).empty());
        ::kill(::getpid(), SIGUSR2);
        EXPECT_EQ(wait(all, patience), std::vector{signals::fileno()});
    });
}

TEST(SignalsTest, UnwatchedTheyDoWhatTheyDid) {
    in_child([] {
        const Disposition before(SIGUSR1, [](int) { ++handled; });
        signals::watch(SIGUSR1);
        signals::watch(SIGUSR1);
        ::kill(::getpid(), SIGUSR1);
        EXPECT_EQ(signals::next(patience), SIGUSR1);
        EXPECT_EQ(handled, 0);
        signals::unwatch(SIGUSR1);
        signals::unwatch(SIGUSR1);
        ::kill(::getpid(), SIGUSR1);
        EXPECT_TRUE(eventually([] { return handled == 1; }));
    });
}

TEST(SignalsTest, WhatAThreadIsSentGoesToTheHandlerBefore) {
    in_child([] {
        const Disposition before(SIGUSR1, [](int) { ++handled; });
        signals::watch(SIGUSR1);
        ::pthread_kill(::pthread_self(), SIGUSR1);
        EXPECT_EQ(handled, 1);
        EXPECT_FALSE(signals::next(0ns));
        signals::unwatch(SIGUSR1);
    });
    in_child([] {
        signals::watch(SIGUSR1);
        ::raise(SIGUSR1);
        EXPECT_EQ(signals::next(patience), SIGUSR1) << "there was no handler before";
    });
}

TEST(SignalsTest, AForkedChildReadsItsOwn) {
    in_child([] {
        signals::watch(SIGUSR1);
        Child child([] {
            ::kill(::getpid(), SIGUSR1);
            EXPECT_EQ(signals::next(patience), SIGUSR1);
        });
        EXPECT_EQ(child.exitcode(), 0);
        EXPECT_FALSE(signals::next(0ns)) << "it was the child's";
        ::kill(::getpid(), SIGUSR1);
        EXPECT_EQ(signals::next(patience), SIGUSR1);
    });
}

TEST(SignalsTest, MoreThanFitDoNotBlockTheHandler) {
    in_child([] {
        signals::watch(SIGUSR1);
        for (int i = 0; i < 70'000; ++i) ::kill(::getpid(), SIGUSR1);
        EXPECT_EQ(signals::next(0ns), SIGUSR1);
    });
}

TEST(SignalsTest, SomeCannotBeWatched) {
    for (const int signal : {0, -1, SIGKILL, SIGSTOP, 1000}) {
        EXPECT_EQ(os_error([&] { signals::watch(signal); }).first, EINVAL) << signal;
    }
}

}  // namespace
}  // namespace multiprocessing
