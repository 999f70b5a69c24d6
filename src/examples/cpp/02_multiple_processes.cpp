// Two processes run at the same time: foo starts first, bar finishes first.
//
// The textbook version makes foo sleep for a second and bar for half of one, and hopes that this gives the order. Here
// the order is made: bar does not go on before foo has started, and foo does not finish before bar has. What they wait
// at is a Lock that the parent has taken and that the other process releases; a Lock belongs to nobody, so that it
// serves as a gate.
//
// The textbook version also forks with text in its buffer, and prints the parent's line up to three times when its
// output is a pipe. Here every line is written at once.

#include <multiprocessing/process.hpp>
#include <multiprocessing/synchronize.hpp>

#include "println.hpp"

namespace mp = multiprocessing;

mp::Lock closed_gate() {
    mp::Lock gate;
    gate.acquire();
    return gate;
}

void foo(mp::Lock foo_started, mp::Lock bar_finished) {
    println("Function foo starts");
    println("Function foo process id: ", mp::getpid());
    foo_started.release();
    bar_finished.acquire();
    println("Function foo finishes");
}

void bar(mp::Lock foo_started, mp::Lock bar_finished) {
    println("Function bar starts");
    println("Function bar process id: ", mp::getpid());
    foo_started.acquire();
    println("Function bar finishes");
    bar_finished.release();
}

int main() {
    println("Main function");
    println("Main function process id: ", mp::getpid());

    const auto foo_started = closed_gate();
    const auto bar_finished = closed_gate();
    mp::Process process_foo([=] { foo(foo_started, bar_finished); });
    mp::Process process_bar([=] { bar(foo_started, bar_finished); });
    process_foo.start();
    process_bar.start();
    process_foo.join();
    process_bar.join();

    println("Main function finished");
}
