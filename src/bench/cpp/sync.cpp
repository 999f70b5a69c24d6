/// @file
/// What the library's own primitives cost, beside C's semaphores: uncontended, and from one process to another.
///
/// `sync.c_…` and `lock.hand_off` are the limits: acquire and release at most three times as much, the hand-off at most
/// 1.3 times.
#include <semaphore.h>

#include <mutex>

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

/// Hands a permit over to another process and gets one back; two of them are taken, and nobody else is there. An
/// iteration is one of the two ways.
template <typename T>
std::chrono::nanoseconds hand_off(T there, T back, long iterations) {
    const long rounds = iterations / 2 + 1;
    multiprocessing::Process other([=]() mutable {
        for (long i = 0; i <= rounds; ++i) {
            there.acquire();
            back.release();
        }
    });
    other.start();
    there.release();
    back.acquire();  // it runs: its start is not counted
    const auto elapsed = time(rounds, [&](long) {
        there.release();
        back.acquire();
    });
    other.join();
    return elapsed * iterations / (2 * rounds);
}

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
    figures["lock.hand_off"] = [](long n) { return hand_off(CSemaphore(0), CSemaphore(0), n); };
    figures["sync.c_semaphore"] = [](long n) { return acquire_release(CSemaphore(1), n); };
    figures["sync.lock"] = [](long n) { return acquire_release(Lock(), n); };
    figures["sync.rlock"] = [](long n) { return acquire_release(RLock(), n); };
    figures["sync.semaphore"] = [](long n) { return acquire_release(Semaphore(1), n); };
    figures["sync.tracked_semaphore"] = [](long n) {
        Semaphore semaphore(1);
        return time(n, [&](long) { std::lock_guard guard{semaphore}; });
    };
    figures["sync.c_hand_off"] = [](long n) { return hand_off(CSemaphore(0), CSemaphore(0), n); };
    figures["sync.lock_hand_off"] = [](long n) { return hand_off(taken_lock(), taken_lock(), n); };
    figures["sync.semaphore_hand_off"] = [](long n) { return hand_off(Semaphore(0), Semaphore(0), n); };
}

}  // namespace bench
