/// @file
/// Lock and RLock. Mirrors Lib/multiprocessing/synchronize.py.
///
/// Copies of a lock stand for the same lock; a child of fork shares it with its parent. They satisfy the standard's
/// Lockable, so that `std::lock_guard guard{lock};` is Python's `with lock:`.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "multiprocessing/export.hpp"
#include "multiprocessing/semaphore.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// A lock that is not bound to its owner: any thread of any process may release it. Mirrors `multiprocessing.Lock`.
class Lock {
public:
    Lock() : semaphore_(1) {}
    /// A lock that another process made. @param offset where its semaphore lies in the arena
    [[nodiscard]] static Lock attach(const std::shared_ptr<Arena>& arena, std::size_t offset);

    /// Takes the lock; blocks until it is free. @return true
    bool acquire();
    /// @param block false only tries @return whether the lock was taken
    bool acquire(bool block);
    /// Waits at most `timeout`; negative means 0. @return whether the lock was taken
    bool acquire(std::chrono::nanoseconds timeout);
    /// @throws ValueError "semaphore or lock released too many times"
    void release();
    /// Whether somebody holds it. Mirrors Python 3.14's `locked()`.
    [[nodiscard]] bool locked() const { return semaphore_.value() == 0; }

    void lock() { acquire(); }
    [[nodiscard]] bool try_lock() { return acquire(false); }
    void unlock() { release(); }

    [[nodiscard]] const Block& block() const noexcept { return semaphore_.block(); }

private:
    explicit Lock(PosixSemaphore semaphore) noexcept : semaphore_(std::move(semaphore)) {}
    PosixSemaphore semaphore_;
};

/// A lock that its owner, a thread of a process, may take again. Mirrors `multiprocessing.RLock`. The owner and the
/// count are kept in each process, as in CPython; only the semaphore is shared.
class RLock {
public:
    RLock();
    [[nodiscard]] static RLock attach(const std::shared_ptr<Arena>& arena, std::size_t offset);

    bool acquire();
    bool acquire(bool block);
    bool acquire(std::chrono::nanoseconds timeout);
    /// @throws AssertionError "attempt to release recursive lock not owned by thread"
    void release();
    [[nodiscard]] bool locked() const { return lock_.locked(); }

    void lock() { acquire(); }
    [[nodiscard]] bool try_lock() { return acquire(false); }
    void unlock() { release(); }

    [[nodiscard]] const Block& block() const noexcept { return lock_.block(); }

private:
    struct Owner;
    explicit RLock(Lock lock);
    template <typename... Wait>
    bool take(Wait... wait);
    Lock lock_;
    std::shared_ptr<Owner> owner_;
};

}  // namespace multiprocessing
