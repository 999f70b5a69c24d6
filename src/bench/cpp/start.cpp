/// @file
/// Starting a process. The limit for Java's spawn is a bare JVM that does nothing, started by the C++ spawn: whatever
/// else a child does before it runs its target is the library's own. The limit for what forks is a fork of this small
/// program.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "figures.hpp"
#include "multiprocessing/process.hpp"
#include "multiprocessing/sharedctypes.hpp"

namespace bench {
namespace {

std::chrono::nanoseconds start_and_join(long iterations) {
    return time(iterations, [](long) {
        multiprocessing::Process process{[] {}};
        process.start();
        process.join();
        if (process.exitcode() != 0) throw std::runtime_error("the child failed");
    });
}

/// From the start of a process to the first statement of its target: the clock is the same in both.
/// @return the median, as often as there are iterations
std::chrono::nanoseconds first_statement(long iterations) {
    using Clock = std::chrono::steady_clock;
    multiprocessing::RawValue<Clock::rep> first;
    std::vector<Clock::duration> times;
    for (long i = 0; i < iterations; ++i) {
        const auto begin = Clock::now();
        multiprocessing::Process process{[&] { first.value() = Clock::now().time_since_epoch().count(); }};
        process.start();
        process.join();
        times.push_back(Clock::duration{first.value()} - begin.time_since_epoch());
    }
    const auto middle = times.begin() + iterations / 2;
    std::ranges::nth_element(times, middle);
    return *middle * iterations;
}

}  // namespace

void add_start(Figures& figures, const std::vector<std::string>& jvm) {
    figures["start.fork"] = start_and_join;
    figures["start.forkserver"] = start_and_join;
    figures["start.forkserver_vs_fork"] = start_and_join;
    figures["start.spawn"] = [jvm](long iterations) {
        const multiprocessing::SpawnOptions options{
            .path = jvm.at(0), .arguments = jvm, .environment = {}, .keep_fds = {}, .stdin_fd = -1};
        return time(iterations, [&](long) {
            const auto status = multiprocessing::waitpid(multiprocessing::spawn(options));
            if (status.exitcode() != 0) throw std::runtime_error(jvm.at(0) + " failed");
        });
    };
    figures["start.first_statement_fork"] = first_statement;
    figures["start.first_statement_forkserver"] = first_statement;
}

}  // namespace bench
