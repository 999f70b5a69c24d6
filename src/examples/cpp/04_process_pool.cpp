// Three worker processes compute what ten tasks stand for: each takes from one Queue, and answers in another.

#include <multiprocessing/process.hpp>
#include <multiprocessing/queues.hpp>

#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

constexpr int tasks = 10;
constexpr int workers = 3;
constexpr int no_more = -1;

void work(mp::Queue<int> queue, mp::Queue<int> done) {
    for (int task = queue.get(); task != no_more; task = queue.get()) {
        println("Task ", task, ": started");
        const int result = task * 2;
        println("Task ", task, ": finished");
        done.put(result);
    }
}

int main() {
    mp::Queue<int> queue;
    mp::Queue<int> done;
    std::vector<mp::Process> processes;
    for (int i = 0; i < workers; ++i) processes.emplace_back([=] { work(queue, done); });
    for (auto& process : processes) process.start();
    for (int i = 0; i < tasks; ++i) queue.put(i);
    for (int i = 0; i < workers; ++i) queue.put(no_more);
    for (int i = 0; i < tasks; ++i) {
        const int result = done.get();
        println("Task ", result / 2, ": result ", result);
    }
    for (auto& process : processes) process.join();
}
