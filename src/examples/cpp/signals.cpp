// Signals: a child counts SIGUSR1, and ends in good order at SIGTERM.
//
// Each signal is answered before the next one is sent: signals of one kind that come together may be one.

#include <multiprocessing/connection.hpp>
#include <multiprocessing/process.hpp>
#include <multiprocessing/signals.hpp>

#include <csignal>

#include "println.hpp"

namespace mp = multiprocessing;

void child(mp::Connection& pipe) {
    mp::signals::watch(SIGUSR1);
    mp::signals::watch(SIGTERM);
    int count = 0;
    pipe.send(count);
    while (mp::signals::next() == SIGUSR1) {
        println("Child got SIGUSR1, number ", ++count);
        pipe.send(count);
    }
    println("Child got SIGTERM and cleans up");
}

int main() {
    auto [ours, theirs] = mp::Pipe();
    mp::Process process([&theirs = theirs] { child(theirs); });
    process.start();
    static_cast<void>(ours.recv<int>());
    for (int i = 0; i < 3; ++i) {
        println("Parent sends SIGUSR1");
        mp::kill(process.pid().value(), SIGUSR1);
        println("Parent knows of ", ours.recv<int>());
    }
    mp::kill(process.pid().value(), SIGTERM);
    process.join();
    println("Exit code: ", *process.exitcode());
}
