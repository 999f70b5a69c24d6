// The dining philosophers: five processes, five forks, and each needs the two beside it.
//
// If each took its left fork first all might sit there with one, for ever. Here each takes the fork with the smaller
// number first: then somebody always has both.

#include <multiprocessing/process.hpp>
#include <multiprocessing/synchronize.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "println.hpp"

namespace mp = multiprocessing;

constexpr int philosophers = 5;
constexpr int meals = 3;

void dine(int number, mp::Lock first, mp::Lock second) {
    for (int meal = 1; meal <= meals; ++meal) {
        std::lock_guard one{first};
        std::lock_guard other{second};
        println("Philosopher ", number, " eats meal ", meal, " with ", first.name(), " and ", second.name());
    }
    println("Philosopher ", number, " is full");
}

int main() {
    std::vector<mp::Lock> forks;
    for (int i = 1; i <= philosophers; ++i) forks.emplace_back("fork " + std::to_string(i));
    std::vector<mp::Process> table;
    for (int i = 0; i < philosophers; ++i) {
        const auto [first, second] = std::minmax({i, (i + 1) % philosophers});
        table.emplace_back([=, one = forks[static_cast<std::size_t>(first)],
                            other = forks[static_cast<std::size_t>(second)]] { dine(i + 1, one, other); });
    }
    for (auto& philosopher : table) philosopher.start();
    for (auto& philosopher : table) philosopher.join();
    println("All philosophers have eaten");
}
