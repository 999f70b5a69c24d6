/// @file
/// The figures of the C++ peer of `mp4j bench`: what each operation costs without a JVM, the limit for the Java peer.
///
/// A figure is a function of a number of iterations that returns the time that all of them took together; its name is
/// the one that the Java and the Python peer know it by. A new figure is one more line in its group's function.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// Performs so many iterations and returns the time they took.
using Figure = std::function<std::chrono::nanoseconds(long iterations)>;
using Figures = std::map<std::string, Figure>;

/// @param jvm the command line that starts a JVM that does nothing
void add_start(Figures& figures, const std::vector<std::string>& jvm);
void add_value(Figures& figures);
void add_array(Figures& figures);
void add_lock(Figures& figures);
void add_sync(Figures& figures);
void add_queue(Figures& figures);
void add_pipe(Figures& figures);

/// Times `operation(i)` for every i below `iterations`. Memory counts as changed after each, so that the compiler
/// neither folds the loop nor moves a load or a store out of it.
template <std::invocable<long> Operation>
std::chrono::nanoseconds time(long iterations, Operation&& operation) {
    const auto begin = std::chrono::steady_clock::now();
    for (long i = 0; i < iterations; ++i) {
        operation(i);
        asm volatile("" ::: "memory");
    }
    return std::chrono::steady_clock::now() - begin;
}

/// Has the compiler compute `value`, though nothing needs it.
template <typename T>
void consume(const T& value) {
    asm volatile("" ::"r,m"(value));
}

}  // namespace bench
