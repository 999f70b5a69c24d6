/// @file
/// The C++ half of MixedSyncTest: uses locks and their like that a Java program made, at the same time as it does.
///
/// Arguments: what to do, and the offset of each object in the arena that its descriptor stands for; the descriptors
/// are dealt out from 3 on, in the same order. Exit code 0; 2 with a message if something is wrong.
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "multiprocessing/process.hpp"
#include "multiprocessing/sharedctypes.hpp"
#include "multiprocessing/synchronize.hpp"

namespace mp = multiprocessing;
using namespace std::chrono_literals;

namespace {

constexpr int first_descriptor = 3;
constexpr auto patience = 20s;

struct Place {
    std::shared_ptr<mp::Arena> arena;
    std::size_t offset;
};
using Places = std::vector<Place>;

template <typename T>
T attach(const Place& place) {
    return T::attach(place.arena, place.offset);
}

void check(bool right, const char* what) {
    if (!right) throw mp::ValueError(what);
}

/// Dies with the lock, while it holds a permit.
void die(const Places& places) {
    auto lock = attach<mp::Lock>(places.at(0));
    auto semaphore = attach<mp::Semaphore>(places.at(1));
    semaphore.lock();
    lock.acquire();
    attach<mp::Event>(places.at(2)).set();
    for (;;) ::pause();
}

/// Takes turns by a condition: 0 is the other's turn.
void take_turns(const Places& places) {
    auto lock = attach<mp::RLock>(places.at(0));
    auto condition = mp::Condition::attach(places.at(1).arena, places.at(1).offset, lock);
    auto turn = mp::RawValue<int>::attach(places.at(2).arena, places.at(2).offset);
    for (int i = 0; i < 100; ++i) {
        std::lock_guard guard{condition};
        check(condition.wait_for([&] { return turn.value() % 2 == 1; }, patience), "it is never this one's turn");
        turn.value() = turn.value() + 1;
        condition.notify();
    }
}

void meet(const Places& places) {
    auto barrier = attach<mp::Barrier>(places.at(0));
    for (int i = 0; i < 50; ++i) check(barrier.wait(patience) >= 0, "no index");
}

/// Gives back each permit that it gets.
void echo(const Places& places) {
    auto here = attach<mp::Semaphore>(places.at(0));
    auto there = attach<mp::BoundedSemaphore>(places.at(1));
    for (int i = 0; i < 100; ++i) {
        check(here.acquire(patience), "no permit comes");
        there.release();
    }
}

/// Waits for the second lock with the first one held.
void hold_and_wait(const Places& places) {
    auto first = attach<mp::Lock>(places.at(0));
    auto second = attach<mp::RLock>(places.at(1));
    mp::set_deadlock_action(mp::DeadlockAction::ignore);
    std::lock_guard guard{first};
    attach<mp::Event>(places.at(2)).set();
    check(second.acquire(patience), "the second lock does not come");
    check(second.recovered() == false, "nobody died");
    second.release();
}

}  // namespace

int main(int argc, char** argv) {
    const std::map<std::string, void (*)(const Places&)> tasks{
        {"die", die}, {"turns", take_turns}, {"meet", meet}, {"echo", echo}, {"deadlock", hold_and_wait}};
    try {
        Places places;
        for (int i = 2; i < argc; ++i) {
            places.push_back({mp::Arena::attach(first_descriptor + i - 2), std::stoull(argv[i])});
        }
        tasks.at(argc > 1 ? argv[1] : "")(places);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "sync_peer: " << error.what() << '\n';
        return 2;
    }
}
