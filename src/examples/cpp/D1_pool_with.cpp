// What a pool of four processes is asked for: map, any order, one call, a result in time or not.

#include <multiprocessing/process.hpp>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "pool.hpp"
#include "println.hpp"

int square(int x, int) {
    return x * x;
}

int pid(int, int) {
    return multiprocessing::getpid();
}

int sleep(int seconds, int) {
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    return 0;
}

std::vector<int> values(const std::vector<Pool::Outcome>& outcomes) {
    std::vector<int> all;
    for (const auto& outcome : outcomes) all.push_back(outcome.get());
    return all;
}

int main() {
    println("Main: pid ", multiprocessing::getpid());
    Pool pool(4);
    println("map: ", list(values(pool.map(square, 10))));
    for (const int result : values(pool.map(square, 10))) println("imap_unordered: ", result);
    println("apply_async: ", pool.outcome(pool.apply_async(square, 20)).get());
    println("One call: pid ", pool.apply(pid));
    for (const int result : values(pool.map(pid, 4))) println("One of four calls: pid ", result);
    if (!pool.wait(pool.apply_async(sleep, 600), std::chrono::milliseconds(50))) {
        println("A call that sleeps: no result in time");
    }
    println("apply, meanwhile: ", pool.apply(square, 5));
    pool.terminate();
    try {
        pool.apply(square, 6);
    } catch (const std::logic_error& e) {
        println("apply, after the end: ", e.what());
    }
}
