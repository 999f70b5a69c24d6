// Pi by random points, of which each task has its own sequence: the result does not depend on who computes what.

#include <multiprocessing/process.hpp>
#include <multiprocessing/queues.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <cstdint>
#include <cstdio>
#include <numeric>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

constexpr int tasks = 16;
constexpr int points = 20'000;
constexpr int workers = 2;
constexpr int no_more = -1;

std::uint64_t next(std::uint64_t state) {
    return state * 6364136223846793005U + 1442695040888963407U;
}

/// How many of the points of a 64-bit linear congruential generator lie in the quarter of the circle.
int hits(int seed) {
    auto state = static_cast<std::uint64_t>(seed);
    int count = 0;
    for (int i = 0; i < points; ++i) {
        state = next(state);
        const auto x = state >> 33;
        state = next(state);
        const auto y = state >> 33;
        if (x * x + y * y < std::uint64_t{1} << 62) ++count;
    }
    return count;
}

void work(mp::Queue<int> queue, mp::Array<int> results) {
    for (int seed = queue.get(); seed != no_more; seed = queue.get()) results.set(seed, hits(seed));
}

int main() {
    mp::Queue<int> queue;
    mp::Array<int> results(tasks);
    std::vector<mp::Process> processes;
    for (int i = 0; i < workers; ++i) processes.emplace_back([=] { work(queue, results); });
    for (auto& process : processes) process.start();
    for (int i = 0; i < tasks; ++i) queue.put(i);
    for (int i = 0; i < workers; ++i) queue.put(no_more);
    for (auto& process : processes) process.join();
    const auto counts = results.copy();
    for (int i = 0; i < tasks; ++i) println("Task ", i, ": ", counts[static_cast<std::size_t>(i)], " of ", points);
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", 4.0 * std::accumulate(counts.begin(), counts.end(), 0) / (tasks * points));
    println("Pi is about ", text);
}
