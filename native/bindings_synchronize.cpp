#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>

#include "bindings_support.hpp"
#include "multiprocessing/bindings.hpp"
#include "multiprocessing/deadlock.hpp"
#include "multiprocessing/synchronize/barrier_state.hpp"
#include "multiprocessing/synchronize/condition_state.hpp"
#include "multiprocessing/synchronize/event_state.hpp"
#include "multiprocessing/synchronize/lock_state.hpp"
#include "multiprocessing/synchronize/semaphore_state.hpp"

namespace multiprocessing::bindings {
namespace {

using sync::BarrierState;
using sync::ConditionState;
using sync::EventState;
using sync::LockState;
using sync::SemaphoreState;
using sync::this_process;

/// The object at an address.
template <typename State>
State& at(std::int64_t address) noexcept {
    return *pointer<State>(address);
}

std::string_view text(const std::int8_t* data, int length) noexcept {
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(std::max(length, 0))};
}

/// The length of all of `from`, of which what fits was copied.
int copy_and_measure(const std::string& from, std::int8_t* to, int capacity) noexcept {
    copy(from, to, capacity);
    return static_cast<int>(from.size());
}

/// A number or text, and what ends it.
template <typename... Parts>
void append(std::string& line, const Parts&... parts) {
    const auto one = [&](const auto& part) {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(part)>>) {
            line += std::to_string(part);
        } else {
            line += part;
        }
        line += '\t';
    };
    (one(parts), ...);
    line.back() = '\n';
}

/// A name may hold anything: what separates fields does not.
std::string field(std::string name) {
    std::ranges::replace_if(name, [](char c) { return c == '\t' || c == '\n'; }, ' ');
    return name;
}

void append(std::string& lines, const Deadlock& deadlock, int number) {
    for (const auto& member : deadlock) {
        append(lines, number, member.pid, member.thread, field(member.lock), member.address);
    }
}

}  // namespace

int sync_size(int kind) noexcept {
    switch (kind) {
        case sync_lock:
        case sync_rlock: return sizeof(LockState);
        case sync_semaphore: return sizeof(SemaphoreState);
        case sync_condition: return sizeof(ConditionState);
        case sync_event: return sizeof(EventState);
        case sync_barrier: return sizeof(BarrierState);
        default: return failed<int>(EINVAL, "sync_size");
    }
}

std::int64_t sync_allocate(int kind) noexcept {
    const int size = sync_size(kind);
    if (size < 0) return size;
    return guarded("malloc", [=] { return handle(Heap::locks().malloc(static_cast<std::size_t>(size))); });
}

int sync_is(std::int64_t object, int kind) noexcept {
    const auto& header = *pointer<sync::Header>(object + static_cast<std::int64_t>(sync::header_offset));
    return header.is(static_cast<sync::Kind>(kind));
}

// Locks

static_assert(offsetof(LockState, depth) == lock_depth_offset);

int lock_init(std::int64_t lock, int recursive, const std::int8_t* name, int name_length) noexcept {
    sync::init(at<LockState>(lock), recursive != 0, text(name, name_length));
    return 0;
}

int lock_acquire(std::int64_t lock, std::int64_t thread, std::int64_t timeout_ns, std::int64_t since) noexcept {
    const auto how = sync::acquire(at<LockState>(lock), this_process(), thread, timeout_ns, since);
    if (how == sync::Acquired::deadlock) return failed<int>(EDEADLK, "lock_acquire");
    return static_cast<int>(how);
}

int lock_release(std::int64_t lock, std::int64_t thread) noexcept {
    return sync::release(at<LockState>(lock), this_process(), thread);
}

int lock_locked(std::int64_t lock) noexcept {
    return sync::locked(at<LockState>(lock));
}

std::int64_t lock_depth(std::int64_t lock, std::int64_t thread) noexcept {
    return static_cast<std::int64_t>(sync::depth(at<LockState>(lock), this_process(), thread));
}

int lock_recovered(std::int64_t lock) noexcept {
    return sync::was_recovered(at<LockState>(lock));
}

int lock_owner(std::int64_t lock) noexcept {
    return sync::pid_of(at<LockState>(lock).word.load(std::memory_order_relaxed));
}

std::int64_t lock_owner_thread(std::int64_t lock) noexcept {
    return at<LockState>(lock).thread.load(std::memory_order_relaxed);
}

int lock_dead_owner(std::int64_t lock) noexcept {
    return sync::pid_of(at<LockState>(lock).dead_owner.load(std::memory_order_relaxed));
}

std::int64_t lock_dead_owner_thread(std::int64_t lock) noexcept {
    return at<LockState>(lock).dead_thread.load(std::memory_order_relaxed);
}

int lock_name(std::int64_t lock, std::int8_t* name, int capacity) noexcept {
    return copy(at<LockState>(lock).name.get(), name, capacity);
}

// Semaphores

static_assert(offsetof(SemaphoreState, word) == 0 && counting_semaphore_contended == SemaphoreState::contended &&
              counting_semaphore_contended - 1 == sync::max_permits &&
              counting_semaphore_booking == SemaphoreState::booking_mask &&
              counting_semaphore_version == std::int64_t{1} << SemaphoreState::version_shift);

int counting_semaphore_init(std::int64_t semaphore, int value, int bound, const std::int8_t* name,
                            int name_length) noexcept {
    if (value < 0 || bound < value) return failed<int>(EINVAL, "sem_init");
    sync::init(at<SemaphoreState>(semaphore), static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(bound),
               text(name, name_length));
    return 0;
}

int counting_semaphore_acquire(std::int64_t semaphore, std::int64_t thread, std::int64_t timeout_ns, int tracked,
                               std::int64_t since) noexcept {
    return sync::acquire(at<SemaphoreState>(semaphore), this_process(), thread, tracked != 0, timeout_ns, since);
}

int counting_semaphore_release(std::int64_t semaphore, int tracked) noexcept {
    return sync::release(at<SemaphoreState>(semaphore), this_process(), tracked != 0);
}

int counting_semaphore_value(std::int64_t semaphore) noexcept {
    return static_cast<int>(sync::value(at<SemaphoreState>(semaphore)));
}

int counting_semaphore_bound(std::int64_t semaphore) noexcept {
    return static_cast<int>(at<SemaphoreState>(semaphore).bound);
}

// Conditions

int condition_init(std::int64_t condition) noexcept {
    sync::init(at<ConditionState>(condition));
    return 0;
}

std::int64_t condition_enter(std::int64_t condition, std::int64_t lock, std::int64_t thread) noexcept {
    const auto wait =
        sync::ConditionWait::enter(at<ConditionState>(condition), at<LockState>(lock), this_process(), thread);
    return wait ? wait->ticket() : failed<std::int64_t>(EPERM, "condition_wait");
}

int condition_sleep(std::int64_t condition, std::int64_t lock, std::int64_t thread, std::int64_t ticket,
                    std::int64_t timeout_ns) noexcept {
    sync::ConditionWait wait(at<ConditionState>(condition), at<LockState>(lock), ticket);
    return wait.sleep(this_process(), thread, timeout_ns);
}

int condition_leave(std::int64_t condition, std::int64_t lock, std::int64_t thread, std::int64_t ticket,
                    std::int64_t since) noexcept {
    using Left = sync::ConditionWait::Left;
    sync::ConditionWait wait(at<ConditionState>(condition), at<LockState>(lock), ticket);
    const auto how = wait.leave(this_process(), thread, since, sync::InDeadlock::tell);
    return how == Left::deadlock ? failed<int>(EDEADLK, "lock_acquire") : how == Left::notified;
}

int condition_notify(std::int64_t condition, std::int64_t lock, std::int64_t thread, int count) noexcept {
    if (!sync::is_mine(at<LockState>(lock), this_process(), thread)) return failed<int>(EPERM, "condition_notify");
    return sync::notify(at<ConditionState>(condition), count);
}

int condition_waiters(std::int64_t condition) noexcept {
    return sync::waiters(at<ConditionState>(condition));
}

// Events

int event_init(std::int64_t event) noexcept {
    sync::init(at<EventState>(event));
    return 0;
}

int event_is_set(std::int64_t event) noexcept {
    return sync::is_set(at<EventState>(event));
}

int event_set(std::int64_t event) noexcept {
    sync::set(at<EventState>(event));
    return 0;
}

int event_clear(std::int64_t event) noexcept {
    sync::clear(at<EventState>(event));
    return 0;
}

int event_wait(std::int64_t event, std::int64_t timeout_ns) noexcept {
    return sync::wait(at<EventState>(event), timeout_ns);
}

// Barriers

int barrier_init(std::int64_t barrier, int parties) noexcept {
    if (parties < 0 || static_cast<std::uint64_t>(parties) > sync::max_parties) {
        return failed<int>(EINVAL, "barrier_init");
    }
    sync::init(at<BarrierState>(barrier), static_cast<std::uint32_t>(parties));
    return 0;
}

std::int64_t barrier_arrive(std::int64_t barrier, std::int64_t thread, std::int64_t timeout_ns,
                            int has_action) noexcept {
    sync::BarrierWait wait(at<BarrierState>(barrier), this_process(), thread, timeout_ns, has_action != 0);
    switch (wait.wait(0)) {
        case sync::BarrierWait::Result::broken: wait.leave(); return barrier_is_broken;
        case sync::BarrierWait::Result::run_action: return wait.token() | barrier_run_action;
        default: return wait.token();
    }
}

int barrier_sleep(std::int64_t barrier, std::int64_t ticket, std::int64_t timeout_ns) noexcept {
    sync::BarrierWait wait(at<BarrierState>(barrier), ticket & ~barrier_run_action);
    const auto result = wait.wait(timeout_ns);
    if (result == sync::BarrierWait::Result::timed_out) return barrier_still_waiting;
    wait.leave();
    return result == sync::BarrierWait::Result::passed ? static_cast<int>(wait.index()) : barrier_is_broken;
}

int barrier_wait(std::int64_t barrier, std::int64_t thread, std::int64_t timeout_ns) noexcept {
    sync::BarrierWait wait(at<BarrierState>(barrier), this_process(), thread, timeout_ns, false);
    auto result = wait.wait(timeout_ns);
    if (result == sync::BarrierWait::Result::timed_out) {
        wait.break_round();
        result = wait.wait(0);  // it may have passed at the last moment
    }
    wait.leave();
    return result == sync::BarrierWait::Result::passed ? static_cast<int>(wait.index()) : barrier_is_broken;
}

int barrier_open(std::int64_t barrier, std::int64_t ticket) noexcept {
    sync::BarrierWait wait(at<BarrierState>(barrier), ticket & ~barrier_run_action);
    const bool passed = wait.open();
    wait.leave();
    return passed ? static_cast<int>(wait.index()) : barrier_is_broken;
}

void barrier_break(std::int64_t barrier, std::int64_t ticket) noexcept {
    sync::BarrierWait(at<BarrierState>(barrier), ticket & ~barrier_run_action).break_round();
}

int barrier_abort(std::int64_t barrier) noexcept {
    sync::abort(at<BarrierState>(barrier));
    return 0;
}

int barrier_reset(std::int64_t barrier) noexcept {
    sync::reset(at<BarrierState>(barrier));
    return 0;
}

int barrier_broken(std::int64_t barrier) noexcept {
    return sync::broken(at<BarrierState>(barrier));
}

int barrier_parties(std::int64_t barrier) noexcept {
    return static_cast<int>(at<BarrierState>(barrier).parties);
}

int barrier_waiting(std::int64_t barrier) noexcept {
    return static_cast<int>(sync::waiting(at<BarrierState>(barrier)));
}

void end_process(int really, int code) noexcept {
    if (really == 0) return;
    sync::say_goodbye();
    char door[32];  // of jcmd's, if it was ever asked for
    std::snprintf(door, sizeof door, "/tmp/.java_pid%d", static_cast<int>(::getpid()));
    ::unlink(door);
    ::_exit(code);
}

// Deadlocks

void deadlock_action(int action, std::int64_t after_ns) noexcept {
    set_deadlock_action(static_cast<DeadlockAction>(action), std::chrono::nanoseconds(after_ns));
}

int deadlocks(int pid, std::int8_t* text, int capacity) noexcept {
    return guarded("opendir", [=] {
        std::string lines;
        int number = 0;
        for (const auto& deadlock : multiprocessing::deadlocks(pid)) append(lines, deadlock, ++number);
        return copy_and_measure(lines, text, capacity);
    });
}

int deadlock_last(std::int8_t* text, int capacity) noexcept {
    return guarded("deadlock_last", [=] {
        std::string lines;
        append(lines, sync::last_deadlock(), 1);
        return copy_and_measure(lines, text, capacity);
    });
}

int locks(int pid, std::int8_t* text, int capacity) noexcept {
    return guarded("opendir", [=] {
        std::string lines;
        for (const auto& use : multiprocessing::locks(pid)) {
            append(lines, use.kind, field(use.name), use.address, use.waits ? "waits" : "held", use.pid, use.thread,
                   use.alive ? "alive" : "dead", use.count, use.waiting.count());
        }
        return copy_and_measure(lines, text, capacity);
    });
}

}  // namespace multiprocessing::bindings
