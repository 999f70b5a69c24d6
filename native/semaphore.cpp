#include "multiprocessing/semaphore.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <random>
#include <utility>

#include "multiprocessing/error.hpp"

namespace multiprocessing {
namespace {

#if defined(__GLIBC__) && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 30))
constexpr clockid_t wait_clock = CLOCK_MONOTONIC;
int timed_wait(sem_t* sem, const timespec& deadline) {
    return ::sem_clockwait(sem, wait_clock, &deadline);
}
#else
constexpr clockid_t wait_clock = CLOCK_REALTIME;
int timed_wait(sem_t* sem, const timespec& deadline) {
    return ::sem_timedwait(sem, &deadline);
}
#endif

timespec deadline_after(std::chrono::nanoseconds timeout) {
    constexpr long second = 1'000'000'000;
    // A hundred years: beyond it the sum could overflow, and nobody waits for the difference.
    const auto ns = std::min<std::chrono::nanoseconds::rep>(timeout.count(), 100L * 365 * 24 * 3600 * second);
    timespec now{};
    check(::clock_gettime(wait_clock, &now), "clock_gettime");
    now.tv_sec += ns / second;
    now.tv_nsec += ns % second;
    if (now.tv_nsec >= second) {
        ++now.tv_sec;
        now.tv_nsec -= second;
    }
    return now;
}

}  // namespace

namespace sem {

void init(sem_t* sem, unsigned value) {
    check(::sem_init(sem, 1, value), "sem_init");
}

void destroy(sem_t* sem) {
    check(::sem_destroy(sem), "sem_destroy");
}

bool wait_for(sem_t* sem, std::chrono::nanoseconds timeout) {
    if (try_wait(sem)) return true;
    if (timeout <= timeout.zero()) return false;
    const auto deadline = deadline_after(timeout);
    if (retry([&] { return timed_wait(sem, deadline); }) == 0) return true;
    if (errno == ETIMEDOUT) return false;
    throw_errno("sem_clockwait");
}

}  // namespace sem

PosixSemaphore::PosixSemaphore(unsigned value) : block_(Heap::instance().malloc(sizeof(sem_t))) {
    sem::init(get(), value);
}

PosixSemaphore PosixSemaphore::attach(const std::shared_ptr<Arena>& arena, std::size_t offset) {
    return PosixSemaphore(Block::attach(arena, offset, sizeof(sem_t)));
}

NamedSemaphore NamedSemaphore::create(const std::string& name, unsigned value) {
    sem_t* sem = ::sem_open(name.c_str(), O_CREAT | O_EXCL, 0600, value);
    if (sem == SEM_FAILED) throw_errno("sem_open");
    return {sem, name};
}

NamedSemaphore NamedSemaphore::open(const std::string& name) {
    sem_t* sem = ::sem_open(name.c_str(), 0);
    if (sem == SEM_FAILED) throw_errno("sem_open");
    return {sem, name};
}

void NamedSemaphore::unlink(const std::string& name) {
    check(::sem_unlink(name.c_str()), "sem_unlink");
}

std::string NamedSemaphore::make_name() {
    static constexpr char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    std::random_device random;
    std::uniform_int_distribution<std::size_t> pick(0, sizeof(characters) - 2);
    std::string name = "/mp-";
    for (int i = 0; i < 8; ++i) name += characters[pick(random)];
    return name;
}

NamedSemaphore::NamedSemaphore(NamedSemaphore&& other) noexcept
    : sem_(std::exchange(other.sem_, nullptr)), name_(std::move(other.name_)) {}

NamedSemaphore& NamedSemaphore::operator=(NamedSemaphore&& other) noexcept {
    std::swap(sem_, other.sem_);
    std::swap(name_, other.name_);
    return *this;
}

NamedSemaphore::~NamedSemaphore() {
    if (sem_ != nullptr) ::sem_close(sem_);
}

}  // namespace multiprocessing
