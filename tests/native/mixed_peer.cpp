/// @file
/// The C++ half of MixedLanguageTest: works on shared objects that a Java program made, at the same time as it does.
///
/// Arguments: the number of rounds, then the offset of each object in the arena that its descriptor stands for. The
/// descriptors are dealt out from 3 on, in the same order: a Value<int> and the Lock for it, an Array<double> and the
/// RLock for it, and a Value<long> for atomic operations. Exit code 0; 2 with a message if something is wrong.
#include <array>
#include <exception>
#include <iostream>
#include <mutex>
#include <string>

#include "multiprocessing/sharedctypes.hpp"

namespace mp = multiprocessing;

namespace {

constexpr int first_descriptor = 3;
constexpr int objects = 5;
constexpr std::size_t array_size = 4;

struct Place {
    std::shared_ptr<mp::Arena> arena;
    std::size_t offset;
};

/// The array's elements before anybody adds to them.
constexpr std::array<double, array_size> initial{0.5, -1.5, 1e300, 0.0};

void check(const mp::RawArray<double>& array) {
    for (std::size_t i = 0; i < array_size; ++i) {
        if (array[static_cast<std::ptrdiff_t>(i)] < initial[i]) throw mp::ValueError("a value that nobody wrote");
    }
}

void work(int rounds, const std::array<Place, objects>& places) {
    auto counter = mp::RawValue<int>::attach(places[0].arena, places[0].offset);
    auto lock = mp::Lock::attach(places[1].arena, places[1].offset);
    const auto array = mp::RawArray<double>::attach(places[2].arena, places[2].offset, array_size);
    auto rlock = mp::RLock::attach(places[3].arena, places[3].offset);
    auto atomic = mp::RawValue<long>::attach(places[4].arena, places[4].offset);
    check(array);
    for (int i = 0; i < rounds; ++i) {
        {
            std::lock_guard guard{lock};
            counter.value() = counter.value() + 1;
        }
        {
            std::lock_guard outer{rlock};
            std::lock_guard inner{rlock};
            auto& element = array[i % static_cast<int>(array_size)];
            element = element + 1;
        }
        atomic.fetch_add(1);
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 2 + objects) throw mp::ValueError("usage: mixed_peer ROUNDS OFFSET...");
        std::array<Place, objects> places;
        for (int i = 0; i < objects; ++i) {
            places[static_cast<std::size_t>(i)] = {mp::Arena::attach(first_descriptor + i), std::stoull(argv[2 + i])};
        }
        work(std::stoi(argv[1]), places);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "mixed_peer: " << error.what() << '\n';
        return 2;
    }
}
