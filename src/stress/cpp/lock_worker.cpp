/// @file
/// A process that `mp4j stress locks` has use locks and their like until it is killed; does what Worker.java does.
///
/// Arguments: the kind; how many may be inside at a time; how many workers there are; which one this is; a seed; and
/// the offset of the board and of each object in the arena that its descriptor stands for. Descriptor 3 is a pipe whose
/// end means that nobody needs this process any more; those of the arenas follow. Exit code 0; 2 with a message if
/// something is wrong.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "multiprocessing/process.hpp"
#include "multiprocessing/sharedctypes.hpp"
#include "multiprocessing/synchronize.hpp"

namespace mp = multiprocessing;
using std::chrono::microseconds;

namespace {

constexpr int leash = 3;
constexpr int first_arena = 4;
constexpr long capacity = 2;

/// Board.java says what it means.
struct Board {
    struct Worker {
        std::atomic<std::int64_t> phase, rounds, recoveries, violations, doomed, broken, sets_begun, sets_done;
        std::int64_t reserved[8];
    };
    std::atomic<std::int64_t> end, generation, produced, consumed, acted;
    std::int64_t reserved[3];
    Worker worker[1];
};
static_assert(sizeof(Board::Worker) == 128 && offsetof(Board, worker) == 64);

constexpr std::int64_t outside = 0, waiting = 1, inside = 2, phase_mask = 3;

struct Place {
    std::shared_ptr<mp::Arena> arena;
    std::size_t offset;
};

class Worker {
public:
    Worker(char** arguments, std::vector<Place> places)
        : kind_(arguments[0]),
          limit_(std::stoi(arguments[1])),
          workers_(std::stoul(arguments[2])),
          number_(std::stoul(arguments[3])),
          random_(static_cast<unsigned>(std::stoul(arguments[4]))),
          places_(std::move(places)),
          memory_(mp::RawArray<long>::attach(places_.at(0).arena, places_.at(0).offset, 8 + 16 * workers_)),
          board_(*reinterpret_cast<Board*>(memory_.span().data())),
          me_(board_.worker[number_]) {}

    void run() {
        const std::map<std::string, void (Worker::*)()> tasks{
            {"LOCK", &Worker::lock<mp::Lock>},
            {"RLOCK", &Worker::lock<mp::RLock>},
            {"SEMAPHORE", &Worker::semaphore<mp::Semaphore>},
            {"BOUNDED_SEMAPHORE", &Worker::semaphore<mp::BoundedSemaphore>},
            {"CONDITION", &Worker::buffer},
            {"EVENT", &Worker::event},
            {"BARRIER", &Worker::barrier}};
        enter(outside);
        (this->*tasks.at(kind_))();
    }

private:
    template <typename T>
    [[nodiscard]] T object(std::size_t number) const {
        return T::attach(places_.at(number).arena, places_.at(number).offset);
    }
    [[nodiscard]] bool ended() const { return board_.end != 0; }
    [[nodiscard]] unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
    void enter(std::int64_t phase) { me_.phase = ((me_.phase >> 2) + 1) << 2 | phase; }

    [[nodiscard]] int inside_at_once() const {
        std::vector<std::int64_t> before(workers_);
        for (std::size_t i = 0; i < workers_; ++i) before[i] = board_.worker[i].phase;
        int count = 0;
        for (std::size_t i = 0; i < workers_; ++i) {
            // In this order: of one that was killed the phase is cleared first.
            const bool lives = board_.worker[i].doomed == 0;
            count += lives && (before[i] & phase_mask) == inside && board_.worker[i].phase == before[i];
        }
        return count;
    }

    void be_inside(bool recovered) {
        enter(inside);
        if (recovered) ++me_.recoveries;
        const unsigned spins = below(200);
        for (unsigned i = 0; i <= spins; ++i) {
            if (i % 50 == 0 && inside_at_once() > limit_) ++me_.violations;
            if (i == spins / 2 && below(4) == 0) std::this_thread::sleep_for(microseconds(below(200)));
        }
    }

    void gone_through() {
        ++me_.rounds;
        if (below(4) == 0) std::this_thread::sleep_for(microseconds(below(100)));
    }

    template <typename T>
    [[nodiscard]] bool take(T& lock) {
        switch (below(8)) {
            case 0: return lock.acquire(false);
            case 1: return lock.acquire(microseconds(below(200)));
            default: return lock.acquire();
        }
    }

    template <typename T>
    void lock() {
        auto lock = object<T>(1);
        while (!ended()) {
            enter(waiting);
            if (!take(lock)) continue;
            const bool twice = std::is_same_v<T, mp::RLock> && lock.acquire();
            be_inside(lock.recovered());
            enter(outside);
            if (twice) lock.release();
            lock.release();
            gone_through();
        }
    }

    template <typename T>
    void semaphore() {
        auto semaphore = object<T>(1);
        while (!ended()) {
            enter(waiting);
            semaphore.lock();
            be_inside(false);
            enter(outside);
            semaphore.unlock();
            gone_through();
        }
    }

    [[nodiscard]] long items() const { return board_.produced - board_.consumed; }

    void entered(mp::RLock& lock, mp::Condition& one, mp::Condition& other) {
        const bool recovered = lock.recovered();
        be_inside(recovered);
        if (recovered) {
            one.notify();
            other.notify();
        }
        if (items() < 0 || items() > capacity) ++me_.violations;
    }

    void buffer() {
        const bool produces = number_ % 2 == 0;
        auto lock = object<mp::RLock>(1);
        auto not_empty = mp::Condition::attach(places_.at(2).arena, places_.at(2).offset, lock);
        auto not_full = mp::Condition::attach(places_.at(3).arena, places_.at(3).offset, lock);
        auto& wanted = produces ? not_full : not_empty;
        auto& given = produces ? not_empty : not_full;
        while (!ended()) {
            enter(waiting);
            std::unique_lock guard{lock};
            entered(lock, wanted, given);
            while (!ended() && items() == (produces ? capacity : 0)) {
                enter(waiting);
                if (below(4) == 0) {
                    wanted.wait(microseconds(below(1000)));
                } else {
                    wanted.wait();
                }
                entered(lock, wanted, given);
            }
            if (!ended()) {
                ++(produces ? board_.produced : board_.consumed);
                given.notify();
            }
            enter(outside);
            guard.unlock();
            gone_through();
        }
    }

    [[nodiscard]] long sum(std::atomic<std::int64_t> Board::Worker::* field) const {
        long sum = 0;
        for (std::size_t i = 0; i < workers_; ++i) sum += board_.worker[i].*field;
        return sum;
    }

    void event() {
        auto event = object<mp::Event>(1);
        me_.sets_done = me_.sets_begun.load();
        while (!ended()) {
            if (number_ % 2 == 0) {
                enter(inside);
                ++me_.sets_begun;
                event.set();
                ++me_.sets_done;
                enter(outside);
                std::this_thread::sleep_for(microseconds(below(50)));
                event.clear();
                gone_through();
            } else if (await(event)) {
                gone_through();
            }
        }
    }

    [[nodiscard]] bool await(mp::Event& event) {
        const auto done = sum(&Board::Worker::sets_done);
        const bool was_set = event.is_set();
        enter(waiting);
        const bool set = below(4) == 0 ? event.wait(microseconds(below(500))) : event.wait();
        enter(outside);
        if (set && !was_set && !ended() && sum(&Board::Worker::sets_begun) <= done) ++me_.violations;
        return set;
    }

    void barrier() {
        auto barrier = mp::Barrier::attach(places_.at(1).arena, places_.at(1).offset, [this] { ++board_.acted; });
        auto generation = board_.generation.load();
        while (!ended()) {
            enter(waiting);
            try {
                barrier.wait();
                enter(outside);
                ++me_.rounds;
                std::this_thread::sleep_for(microseconds(below(20)));
            } catch (const mp::BrokenBarrierError&) {
                enter(outside);
                me_.broken = generation + 1;
                while (board_.generation == generation && !ended()) std::this_thread::sleep_for(microseconds(100));
                generation = board_.generation;
            }
        }
    }

    const std::string kind_;
    const int limit_;
    const std::size_t workers_;
    const std::size_t number_;
    std::mt19937 random_;
    std::vector<Place> places_;
    mp::RawArray<long> memory_;
    Board& board_;
    Board::Worker& me_;
};

/// Nobody is left behind when the one ends that started this process, however that was.
void end_with_the_leash() {
    char byte{};
    while (::read(leash, &byte, 1) < 0 && errno == EINTR) continue;
    ::_exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc < 8) throw mp::ValueError("not started by mp4j stress");
        std::thread(end_with_the_leash).detach();
        std::vector<Place> places;
        for (int i = 6; i < argc; ++i) places.push_back({mp::Arena::attach(first_arena + i - 6), std::stoull(argv[i])});
        Worker(argv + 1, std::move(places)).run();
        std::cout.flush();
        ::_exit(0);
    } catch (const std::exception& error) {
        std::cerr << "lock_worker: " << error.what() << '\n';
        return 2;
    }
}
