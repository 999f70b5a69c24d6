// Four processes square numbers: each takes from a Queue what is to be done next, and writes into an Array.

#include <multiprocessing/process.hpp>
#include <multiprocessing/queues.hpp>
#include <multiprocessing/sharedctypes.hpp>

#include <cstddef>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

constexpr int no_more = -1;

void work(mp::Queue<int> tasks, mp::Array<int> results) {
    for (int task = tasks.get(); task != no_more; task = tasks.get()) {
        const int number = results.get(task);
        results.set(task, number * number);
    }
}

int main() {
    mp::Queue<int> tasks;
    mp::Array<int> results(5);
    std::vector<mp::Process> workers;
    for (int i = 0; i < 4; ++i) workers.emplace_back([=] { work(tasks, results); });
    for (auto& worker : workers) worker.start();
    for (int i = 0; i < 5; ++i) {
        results.set(i, i + 1);
        tasks.put(i);
    }
    for (std::size_t i = 0; i < workers.size(); ++i) tasks.put(no_more);
    for (auto& worker : workers) worker.join();
    println(list(results.copy()));
}
