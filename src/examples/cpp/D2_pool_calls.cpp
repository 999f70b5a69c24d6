// Each kind of call that a pool has, its errors and its time limits.

#include <multiprocessing/synchronize.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "pool.hpp"
#include "println.hpp"

namespace mp = multiprocessing;
using namespace std::chrono_literals;

std::optional<mp::Event> gate;

int multiply(int a, int b) {
    return a * b;
}

int plus(int a, int b) {
    return a + b;
}

int multiply_by_next(int x, int) {
    return multiply(x, x + 1);
}

int cube(int x, int) {
    return x * x * x;
}

int divide(int x, int) {
    if (x == 5) throw std::domain_error("division by zero");
    return 60 / (x - 5);
}

int wait_for_gate(int x, int) {
    gate->wait();
    return x;
}

void print_all(const std::string& kind, const char* name, int b, const std::vector<Pool::Outcome>& outcomes) {
    for (int a = 0; const auto& outcome : outcomes) {
        println(kind, ": ", name, '(', a++, ", ", b, ") = ", outcome.get(), " by ", outcome.text);
    }
}

std::vector<int> values(const std::vector<Pool::Outcome>& outcomes) {
    std::vector<int> all;
    for (const auto& outcome : outcomes) all.push_back(outcome.get());
    return all;
}

template <typename Call>
std::string failure(Call call) {
    try {
        call();
        return "none";
    } catch (const std::exception& e) {
        return e.what();
    }
}

void calls(Pool& pool) {
    for (const auto* kind : {"apply_async", "imap", "imap_unordered", "map"}) {
        print_all(kind, "multiply", 7, pool.map(multiply, 5, 7));
        print_all(kind, "plus", 8, pool.map(plus, 5, 8));
    }
    println("starmap: ", list(values(pool.map(multiply_by_next, 5))));
    println("apply: ", pool.apply(cube, 3));
    println("map, 3 items to a task: ", list(values(pool.map(cube, 10))));
}

void errors(Pool& pool) {
    println("error of apply: ", failure([&] { pool.apply(divide, 5); }));
    println("error of map: ", failure([&] { values(pool.map(divide, 10)); }));
    println("error of imap: ", failure([&] { values(pool.map(divide, 10)); }));
    for (int i = 0; const auto& outcome : pool.map(divide, 10)) {
        println("item ", i++, " of imap: ", outcome.failed ? outcome.text : std::to_string(outcome.value));
    }
}

void time_limits(Pool& pool) {
    std::vector<int> tickets;
    for (int i = 1; i < 5; ++i) tickets.push_back(pool.apply_async(wait_for_gate, i));
    if (!pool.wait(tickets[0], 20ms)) println("waiting: apply_async has no result yet");
    if (!pool.wait(tickets[1], 20ms)) println("waiting: imap has no result yet");
    gate->set();
    std::vector<int> all;
    for (const int ticket : tickets) all.push_back(pool.outcome(ticket).get());
    println("waiting: now there are ", list(all));
}

int main() {
    mp::Event event;
    gate = event;
    Pool pool(4);
    calls(pool);
    errors(pool);
    time_limits(pool);
    std::vector<int> late;
    for (int i = 0; i < 4; ++i) late.push_back(pool.apply_async(cube, i));
    pool.close();
    pool.join();
    std::vector<int> results;
    for (const int ticket : late) results.push_back(pool.outcome(ticket).get());
    println("closed: what was begun is done, ", list(results));
    println("closed: ", failure([&] { pool.apply(cube, 3); }));
}
