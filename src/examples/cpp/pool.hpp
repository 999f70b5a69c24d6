/// @file
/// A pool of processes, as far as the examples need one: a few lines over Process and Queue.
#pragma once

#include <multiprocessing/error.hpp>
#include <multiprocessing/process.hpp>
#include <multiprocessing/queues.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// What workers compute: a function of two numbers. They are forked, so a function has the same address in each.
using Function = int (*)(int, int);

/// Worker processes that call functions.
class Pool {
public:
    /// What came of a call.
    struct Outcome {
        int ticket;
        bool failed;
        int value;
        char text[64];  ///< who computed it, or why it failed

        /// @throws std::runtime_error what the function threw
        [[nodiscard]] int get() const {
            if (failed) throw std::runtime_error(text);
            return value;
        }
    };

    explicit Pool(int processes, std::function<void()> initializer = [] {}) {
        for (int i = 1; i <= processes; ++i) {
            workers_.emplace_back(multiprocessing::Process::Options{
                [tasks = tasks_, outcomes = outcomes_, initializer] {
                    initializer();
                    work(tasks, outcomes);
                },
                "PoolWorker-" + std::to_string(i), true});
            workers_.back().start();
        }
    }
    ~Pool() { terminate(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// @return what to ask for the outcome with @throws std::logic_error "Pool not running"
    int apply_async(Function function, int a = 0, int b = 0) {
        if (!running_) throw std::logic_error("Pool not running");
        tasks_.put({next_, function, a, b});
        return next_++;
    }

    /// Waits for an outcome, at most that long. @return nothing if the time ran out
    std::optional<Outcome> wait(int ticket, std::chrono::nanoseconds timeout) {
        const auto end = std::chrono::steady_clock::now() + timeout;
        while (!ready_.contains(ticket)) {
            try {
                const auto outcome = outcomes_.get(end - std::chrono::steady_clock::now());
                ready_.emplace(outcome.ticket, outcome);
            } catch (const multiprocessing::Empty&) {
                return std::nullopt;
            }
        }
        return ready_.extract(ticket).mapped();
    }

    Outcome outcome(int ticket) { return wait(ticket, std::chrono::minutes(1)).value(); }
    int apply(Function function, int a = 0, int b = 0) { return outcome(apply_async(function, a, b)).get(); }

    /// The outcomes of f(0, b), f(1, b) …
    std::vector<Outcome> map(Function function, int count, int b = 0) {
        std::vector<int> tickets;
        for (int i = 0; i < count; ++i) tickets.push_back(apply_async(function, i, b));
        std::vector<Outcome> all;
        for (const int ticket : tickets) all.push_back(outcome(ticket));
        return all;
    }

    /// Takes no more calls; the workers end when they have nothing left to do.
    void close() {
        if (running_) {
            for (std::size_t i = 0; i < workers_.size(); ++i) tasks_.put({0, nullptr, 0, 0});
        }
        running_ = false;
    }
    void terminate() {
        running_ = false;
        for (auto& worker : workers_) worker.terminate();
        join();
    }
    void join() {
        for (auto& worker : workers_) worker.join();
    }

private:
    struct Task {
        int ticket;
        Function function;  ///< none: there are no more tasks
        int a;
        int b;
    };
    using Tasks = multiprocessing::Queue<Task>;
    using Outcomes = multiprocessing::Queue<Outcome>;

    static void work(Tasks tasks, Outcomes outcomes) {
        const std::string name = multiprocessing::current_process().name;
        for (Task task = tasks.get(); task.function != nullptr; task = tasks.get()) {
            Outcome outcome{task.ticket, false, 0, {}};
            std::string text = name;
            try {
                outcome.value = task.function(task.a, task.b);
            } catch (const std::exception& e) {
                outcome.failed = true;
                text = e.what();
            }
            text.copy(outcome.text, sizeof outcome.text - 1);
            outcomes.put(outcome);
        }
    }

    Tasks tasks_;
    Outcomes outcomes_;
    std::vector<multiprocessing::Process> workers_;
    std::map<int, Outcome> ready_;
    int next_ = 0;
    bool running_ = true;
};
