#include "multiprocessing/synchronize.hpp"

#include <unistd.h>

#include <sstream>

#include "multiprocessing/error.hpp"
#include "multiprocessing/process.hpp"

namespace multiprocessing {
namespace {

const char* const released_too_often = "semaphore or lock released too many times";

/// What repr() calls the calling thread: the process alone for its first one.
std::string this_threads_name() {
    const auto thread = -sync::this_thread(sync::this_process());
    auto name = current_process().name;
    if (thread != ::getpid()) name += "|Thread-" + std::to_string(thread);
    return name;
}

std::string address_text(const void* address) {
    std::ostringstream text;
    text << address;
    return text.str();
}

}  // namespace

// BasicLock, Lock, RLock

std::optional<DeadOwner> BasicLock::dead_owner() const noexcept {
    const auto process = state().dead_owner.load(std::memory_order_relaxed);
    if (process == 0) return std::nullopt;
    return DeadOwner{sync::pid_of(process), state().dead_thread.load(std::memory_order_relaxed)};
}

void BasicLock::throw_deadlock() {
    throw DeadlockError(sync::last_deadlock());
}

void BasicLock::refuse_release() const {
    if (state().recursive()) throw AssertionError("attempt to release recursive lock not owned by thread");
    throw ValueError(released_too_often);
}

std::string BasicLock::repr() const {
    const auto process = sync::this_process();
    std::string holder = "None";
    std::string count = "0";
    if (const auto depth = sync::depth(state(), process, sync::this_thread(process)); depth > 0) {
        holder = this_threads_name();
        count = std::to_string(depth);
    } else if (locked()) {
        const auto owner = state().word.load(std::memory_order_relaxed) & sync::process_bits;
        holder = owner == process ? "SomeOtherThread" : "SomeOtherProcess";
        count = "nonzero";
    }
    return state().recursive() ? "<RLock(" + holder + ", " + count + ")>" : "<Lock(owner=" + holder + ")>";
}

// Semaphore, BoundedSemaphore

Semaphore::Semaphore(int value, std::uint64_t bound, std::string_view name) {
    if (value < 0) throw OSError(EINVAL, "sem_init");
    sync::init(state(), static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(bound), name);
}

void Semaphore::release(bool tracked) {
    if (!sync::release(state(), sync::this_process(), tracked)) throw ValueError(released_too_often);
}

std::string Semaphore::repr() const {
    return "<Semaphore(value=" + std::to_string(get_value()) + ")>";
}

std::string BoundedSemaphore::repr() const {
    return "<BoundedSemaphore(value=" + std::to_string(get_value()) + ", maxvalue=" + std::to_string(state().bound) +
           ")>";
}

// Condition

Condition::Condition(BasicLock lock) : lock_(std::move(lock)) {
    sync::init(state());
}

Condition::Condition(const std::shared_ptr<Arena>& arena, std::size_t offset, BasicLock lock)
    : SharedObject(arena, offset), lock_(std::move(lock)) {
    check_kind(sync::Kind::condition, "Condition");
}

bool Condition::wait_until_notified(sync::Nanoseconds timeout) {
    const auto process = sync::this_process();
    const auto thread = sync::this_thread(process);
    auto wait = sync::ConditionWait::enter(state(), lock_.state(), process, thread);
    if (!wait) throw AssertionError("must acquire() condition before using wait()");
    static_cast<void>(wait->sleep(process, thread, timeout));
    return wait->leave(process, thread) == sync::ConditionWait::Left::notified;
}

void Condition::notify_some(int count) {
    const auto process = sync::this_process();
    if (!sync::is_mine(lock_.state(), process, sync::this_thread(process))) throw AssertionError("lock is not owned");
    sync::notify(state(), count);
}

std::string Condition::repr() const {
    return "<Condition(" + lock_.repr() + ", " + std::to_string(sync::waiters(state())) + ")>";
}

// Event

std::string Event::repr() const {
    return "<Event at " + address_text(&state()) + (is_set() ? " set>" : " unset>");
}

// Barrier

Barrier::Barrier(int parties, Action action, Timeout timeout) : action_(std::move(action)), timeout_(timeout) {
    if (parties < 0 || static_cast<std::uint64_t>(parties) > sync::max_parties) {
        throw ValueError("parties out of range: " + std::to_string(parties));
    }
    sync::init(state(), static_cast<std::uint32_t>(parties));
}

Barrier::Barrier(const std::shared_ptr<Arena>& arena, std::size_t offset, Action action, Timeout timeout)
    : SharedObject(arena, offset), action_(std::move(action)), timeout_(timeout) {
    check_kind(sync::Kind::barrier, "Barrier");
}

int Barrier::wait(Timeout timeout) {
    using Result = sync::BarrierWait::Result;
    const sync::Nanoseconds limit = !timeout ? -1 : std::max<sync::Nanoseconds>(timeout->count(), 0);
    const auto process = sync::this_process();
    sync::BarrierWait wait(state(), process, sync::this_thread(process), limit, static_cast<bool>(action_));
    struct Leave {
        sync::BarrierWait& wait;
        ~Leave() { wait.leave(); }
    } leave{wait};
    auto result = wait.wait(limit);
    if (result == Result::run_action) {
        try {
            action_();
        } catch (...) {
            wait.break_round();
            throw;
        }
        result = wait.open() ? Result::passed : Result::broken;
    } else if (result == Result::timed_out) {
        wait.break_round();
        result = wait.wait(0);  // it may have passed at the last moment
    }
    if (result != Result::passed) throw BrokenBarrierError();
    return static_cast<int>(wait.index());
}

std::string Barrier::repr() const {
    const auto text = "<multiprocessing.synchronize.Barrier at " + address_text(&state()) + ": ";
    if (broken()) return text + "broken>";
    return text + "waiters=" + std::to_string(n_waiting()) + "/" + std::to_string(parties()) + ">";
}

}  // namespace multiprocessing
