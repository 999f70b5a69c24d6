/// @file
/// The C++ half of MixedQueueTest: puts into queues that another program made, and takes from them.
///
/// Arguments: what to do, and the offset of each queue in the arena that its descriptor stands for; the descriptors are
/// dealt out from 3 on, in the same order. Exit code 0; 2 with a message if something is wrong.
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "multiprocessing/queues.hpp"

namespace mp = multiprocessing;

namespace {

constexpr int first_descriptor = 3;

struct Place {
    std::shared_ptr<mp::Arena> arena;
    std::size_t offset;
};
using Places = std::vector<Place>;

template <typename Queue>
Queue attach(const Places& places, std::size_t number) {
    return Queue::attach(places.at(number).arena, places.at(number).offset);
}

/// Sends bytes back until an empty message comes.
void echo(const Places& places) {
    auto there = attach<mp::Queue<>>(places, 0);
    auto back = attach<mp::SimpleQueue<>>(places, 1);
    for (;;) {
        const auto message = there.get();
        back.put(message);
        if (message.empty()) return;
    }
}

/// One of each type that both languages know.
void types(const Places& places) {
    attach<mp::Queue<std::string>>(places, 0).put("grün");
    attach<mp::Queue<int>>(places, 0).put(-5);
    attach<mp::Queue<std::int64_t>>(places, 0).put(std::int64_t{1} << 40);
    attach<mp::Queue<double>>(places, 0).put(2.5);
    attach<mp::Queue<float>>(places, 0).put(0.5f);
    attach<mp::Queue<bool>>(places, 0).put(true);
    attach<mp::Queue<char16_t>>(places, 0).put(u'c');
    attach<mp::Queue<short>>(places, 0).put(short{-2});
    attach<mp::Queue<signed char>>(places, 0).put(static_cast<signed char>(-1));
    const auto back = attach<mp::Queue<std::string>>(places, 1).get();
    if (back != "zurück") throw mp::ValueError("got " + back);
    if (attach<mp::Queue<double>>(places, 1).get() != 1.5) throw mp::ValueError("not 1.5");
}

void put(const Places& places) {
    attach<mp::Queue<std::string>>(places, 0).put("put");
}

void work(const Places& places) {
    auto queue = attach<mp::JoinableQueue<int>>(places, 0);
    for (int task = queue.get(); task != 0; task = queue.get()) queue.task_done();
    queue.task_done();
}

}  // namespace

int main(int argc, char** argv) {
    const std::map<std::string, void (*)(const Places&)> tasks{
        {"echo", echo}, {"types", types}, {"put", put}, {"work", work}};
    try {
        Places places;
        for (int i = 2; i < argc; ++i) {
            places.push_back({mp::Arena::attach(first_descriptor + i - 2), std::stoull(argv[i])});
        }
        tasks.at(argc > 1 ? argv[1] : "")(places);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "queue_peer: " << error.what() << '\n';
        return 2;
    }
}
