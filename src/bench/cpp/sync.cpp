/// @file
/// What the library's own primitives cost, beside C's semaphores: uncontended, and from one process to another.
///
/// `sync.c_semaphore` and `lock.hand_off` are the limits: acquire and release at most three times as much, the hand-off
/// at most 1.3 times.
#include <semaphore.h>

#include <mutex>
#include <utility>

#include "figures.hpp"
#include "multiprocessing/process.hpp"
#include "multiprocessing/synchronize.hpp"

namespace bench {
namespace {

/// A semaphore as C programs use it, in shared memory.
class CSemaphore {
public:
    explicit CSemaphore(unsigned value) : semaphore_(value) {}
    void acquire() { sem_wait(get()); }
    void release() { sem_post(get()); }

private:
    [[nodiscard]] sem_t* get() const { return reinterpret_cast<sem_t*>(semaphore_.block().data()); }
    multiprocessing::PosixSemaphore semaphore_;
};

template <typename T>
std::chrono::nanoseconds acquire_release(T one, long iterations) {
    return time(iterations, [&](long) {
        one.acquire();
        one.release();
    });
}

/// Another process that gives back each permit that it gets. It lives on between requests, as the other peers' does: a
/// new one would be on another processor each time, or on the same.
template <typename T>
class Partner {
public:
    /// Two that are taken.
    Partner(T there, T back)
        : there_(std::move(there)),
          back_(std::move(back)),
          process_({.target = [this] { echo(); }, .name = {}, .daemon = true}) {
        process_.start();
        hand_off(2);  // it runs
    }

    /// An iteration is one of the two ways.
    std::chrono::nanoseconds hand_off(long iterations) {
        const long rounds = iterations / 2 + 1;
        const auto elapsed = time(rounds, [&](long) {
            there_.release();
            back_.acquire();
        });
        return elapsed * iterations / (2 * rounds);
    }

private:
    [[noreturn]] void echo() {
        for (;;) {
            there_.acquire();
            back_.release();
        }
    }

    T there_;
    T back_;
    multiprocessing::Process process_;
};

multiprocessing::Lock taken_lock() {
    multiprocessing::Lock lock;
    lock.acquire();
    return lock;
}

}  // namespace

void add_sync(Figures& figures) {
    using multiprocessing::Lock;
    using multiprocessing::RLock;
    using multiprocessing::Semaphore;
    figures["sync.c_semaphore"] = [](long n) { return acquire_release(CSemaphore(1), n); };
    figures["sync.lock"] = [](long n) { return acquire_release(Lock(), n); };
    figures["sync.rlock"] = [](long n) { return acquire_release(RLock(), n); };
    figures["sync.semaphore"] = [](long n) { return acquire_release(Semaphore(1), n); };
    figures["sync.tracked_semaphore"] = [](long n) {
        Semaphore semaphore(1);
        return time(n, [&](long) { std::lock_guard guard{semaphore}; });
    };
    figures["lock.hand_off"] = [](long n) {
        static Partner partner(CSemaphore(0), CSemaphore(0));
        return partner.hand_off(n);
    };
    figures["sync.lock_hand_off"] = [](long n) {
        static Partner partner(taken_lock(), taken_lock());
        return partner.hand_off(n);
    };
    figures["sync.semaphore_hand_off"] = [](long n) {
        static Partner partner(Semaphore(0), Semaphore(0));
        return partner.hand_off(n);
    };
}

}  // namespace bench
