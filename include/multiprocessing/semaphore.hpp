/// @file
/// POSIX semaphores, unnamed in shared memory and named. What CPython's _multiprocessing.SemLock stands on.
///
/// Both kinds may be used by several threads and processes at once. Sources: sem_overview(7), sem_init(3),
/// sem_clockwait(3), sem_open(3); Modules/_multiprocessing/semaphore.c.
#pragma once

#include <semaphore.h>

#include <chrono>
#include <string>

#include "multiprocessing/error.hpp"
#include "multiprocessing/export.hpp"
#include "multiprocessing/heap.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// The operations on a sem_t, inline: an uncontended one takes some nanoseconds, and no system call. All repeat after
/// EINTR.
namespace sem {
/// Makes a process-shared semaphore where `sem` points to. @throws OSError EINVAL if value > SEM_VALUE_MAX
void init(sem_t* sem, unsigned value);
void destroy(sem_t* sem);
/// Waits for a permit and takes it. Blocks without limit.
inline void wait(sem_t* sem) {
    check(retry([sem] { return ::sem_wait(sem); }), "sem_wait");
}
/// Takes a permit if there is one. @return whether it did
[[nodiscard]] inline bool try_wait(sem_t* sem) {
    if (retry([sem] { return ::sem_trywait(sem); }) == 0) return true;
    if (errno == EAGAIN) return false;
    throw_errno("sem_trywait");
}
/// Waits at most `timeout`, measured by the monotonic clock where glibc has sem_clockwait (2.30), so that setting the
/// clock changes nothing. Negative means 0. @return false when the time ran out
[[nodiscard]] bool wait_for(sem_t* sem, std::chrono::nanoseconds timeout);
/// Gives a permit back. @throws OSError EOVERFLOW
inline void post(sem_t* sem) {
    check(::sem_post(sem), "sem_post");
}
/// The permits at this moment; 0 if processes wait.
[[nodiscard]] inline int value(sem_t* sem) {
    int value = 0;
    check(::sem_getvalue(sem, &value), "sem_getvalue");
    return value > 0 ? value : 0;
}
/// Gives a permit back unless `bound` of them are there. As in CPython the bound is looked at first, and not held
/// against two releases at once. @return whether it did
[[nodiscard]] inline bool post_bounded(sem_t* sem, int bound) {
    if (value(sem) >= bound) return false;
    post(sem);
    return true;
}
}  // namespace sem

/// An unnamed process-shared semaphore in a block of its own. Copies share it. It is not destroyed with sem_destroy
/// when the last copy goes, since other processes may still use it: its memory is simply given back.
class PosixSemaphore {
public:
    explicit PosixSemaphore(unsigned value);
    [[nodiscard]] static PosixSemaphore attach(const std::shared_ptr<Arena>& arena, std::size_t offset);

    void wait() { sem::wait(get()); }
    [[nodiscard]] bool try_wait() { return sem::try_wait(get()); }
    [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout) { return sem::wait_for(get(), timeout); }
    void post() { sem::post(get()); }
    [[nodiscard]] bool post_bounded(int bound) { return sem::post_bounded(get(), bound); }
    [[nodiscard]] int value() const { return sem::value(get()); }
    [[nodiscard]] const Block& block() const noexcept { return block_; }

private:
    explicit PosixSemaphore(Block block) noexcept : block_(std::move(block)) {}
    [[nodiscard]] sem_t* get() const noexcept { return reinterpret_cast<sem_t*>(block_.data()); }
    Block block_;
};

static_assert(sizeof(sem_t) == 32 && alignof(sem_t) <= Heap::alignment, "the layout that CPython's semaphores have");

/// A named semaphore (sem_open). Closed, but not unlinked, with the object. Move-only.
class NamedSemaphore {
public:
    /// Makes a new one. @throws OSError EEXIST, EINVAL, ENAMETOOLONG
    [[nodiscard]] static NamedSemaphore create(const std::string& name, unsigned value);
    /// Opens an existing one, a Python process's for instance. @throws OSError ENOENT, EACCES
    [[nodiscard]] static NamedSemaphore open(const std::string& name);
    /// Removes the name; processes that have it open keep the semaphore. @throws OSError ENOENT
    static void unlink(const std::string& name);
    /// A fresh name as CPython makes them: `/mp-` and eight of [a-z0-9_].
    [[nodiscard]] static std::string make_name();

    NamedSemaphore(NamedSemaphore&& other) noexcept;
    NamedSemaphore& operator=(NamedSemaphore&& other) noexcept;
    NamedSemaphore(const NamedSemaphore&) = delete;
    NamedSemaphore& operator=(const NamedSemaphore&) = delete;
    ~NamedSemaphore();

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    void wait() { sem::wait(sem_); }
    [[nodiscard]] bool try_wait() { return sem::try_wait(sem_); }
    [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout) { return sem::wait_for(sem_, timeout); }
    void post() { sem::post(sem_); }
    [[nodiscard]] int value() const { return sem::value(sem_); }

private:
    NamedSemaphore(sem_t* sem, std::string name) noexcept : sem_(sem), name_(std::move(name)) {}
    sem_t* sem_ = nullptr;
    std::string name_;
};

}  // namespace multiprocessing
