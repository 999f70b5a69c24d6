/// @file
/// Taking a lock and giving it back.
#include <semaphore.h>

#include <mutex>

#include "figures.hpp"
#include "multiprocessing/process.hpp"
#include "multiprocessing/synchronize.hpp"

namespace bench {
namespace {

/// A bare semaphore: what no lock that stands on one can be faster than.
std::chrono::nanoseconds semaphore(long iterations) {
    sem_t semaphore;
    multiprocessing::sem::init(&semaphore, 1);
    const auto elapsed = time(iterations, [&](long) {
        sem_wait(&semaphore);
        sem_post(&semaphore);
    });
    multiprocessing::sem::destroy(&semaphore);
    return elapsed;
}

template <typename Lock>
std::chrono::nanoseconds acquire_release(Lock& lock, long iterations) {
    return time(iterations, [&](long) { std::lock_guard guard{lock}; });
}

/// Another process, which takes the lock again and again while the gate is open.
class Rival {
public:
    Rival() : process_({.target = [this] { hammer(); }, .name = {}, .daemon = true}) {
        gate_.acquire();
        process_.start();
    }

    std::chrono::nanoseconds contend(long iterations) {
        gate_.release();
        const auto elapsed = acquire_release(lock_, iterations);
        gate_.acquire();
        return elapsed;
    }

private:
    [[noreturn]] void hammer() {
        for (;;) {
            acquire_release(gate_, 1);
            acquire_release(lock_, 1'000);
        }
    }

    multiprocessing::Lock gate_;
    multiprocessing::Lock lock_;
    multiprocessing::Process process_;
};

}  // namespace

void add_lock(Figures& figures) {
    figures["lock.acquire_release"] = semaphore;
    figures["lock.rlock_acquire_release"] = [](long iterations) {
        multiprocessing::RLock lock;
        return acquire_release(lock, iterations);
    };
    figures["lock.contended"] = [](long iterations) {
        static Rival rival;
        return rival.contend(iterations);
    };
}

}  // namespace bench
