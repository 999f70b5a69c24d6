#include "multiprocessing/synchronize.hpp"

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "multiprocessing/error.hpp"

namespace multiprocessing {
namespace {

std::atomic<std::uint32_t> forks{1};
std::atomic<std::uint32_t> threads{0};

/// A number for the calling thread that no other thread has, and that the same thread has not in a forked child:
/// what it held at the fork belongs to its parent. Never 0.
std::uint64_t this_thread() {
    static const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
    static_cast<void>(registered);
    thread_local const std::uint32_t number = ++threads;
    return std::uint64_t{forks.load(std::memory_order_relaxed)} << 32 | number;
}

}  // namespace

Lock Lock::attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
    return Lock(PosixSemaphore::attach(arena, offset));
}

bool Lock::acquire() {
    semaphore_.wait();
    return true;
}

bool Lock::acquire(bool block) {
    return block ? acquire() : semaphore_.try_wait();
}

bool Lock::acquire(std::chrono::nanoseconds timeout) {
    return semaphore_.wait_for(timeout);
}

void Lock::release() {
    if (!semaphore_.post_bounded(1)) throw ValueError("semaphore or lock released too many times");
}

/// Only the thread that `thread` names writes either field, or believes what `count` says.
struct RLock::Owner {
    std::atomic<std::uint64_t> thread{0};
    unsigned long count = 0;

    [[nodiscard]] bool is_mine() const { return thread.load(std::memory_order_relaxed) == this_thread(); }
};

RLock::RLock() : RLock(Lock()) {}

RLock::RLock(Lock lock) : lock_(std::move(lock)), owner_(std::make_shared<Owner>()) {}

RLock RLock::attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
    return RLock(Lock::attach(arena, offset));
}

template <typename... Wait>
bool RLock::take(Wait... wait) {
    if (!owner_->is_mine()) {
        if (!lock_.acquire(wait...)) return false;
        owner_->count = 0;
        owner_->thread.store(this_thread(), std::memory_order_relaxed);
    }
    ++owner_->count;
    return true;
}

bool RLock::acquire() {
    return take();
}

bool RLock::acquire(bool block) {
    return take(block);
}

bool RLock::acquire(std::chrono::nanoseconds timeout) {
    return take(timeout);
}

void RLock::release() {
    if (!owner_->is_mine()) throw AssertionError("attempt to release recursive lock not owned by thread");
    if (--owner_->count > 0) return;
    owner_->thread.store(0, std::memory_order_relaxed);
    lock_.release();
}

}  // namespace multiprocessing
