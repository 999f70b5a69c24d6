/// @file
/// The facade of the synchronization primitives.
#include <climits>
#include <string>

#include "multiprocessing/bindings.hpp"
#include "multiprocessing/deadlock.hpp"
#include "synchronize_support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
namespace jni = bindings;

/// An object that a program made through the facade.
class Object {
public:
    explicit Object(int kind) : block_(jni::sync_allocate(kind)), address_(jni::block_address(block_)) {}
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    ~Object() { jni::block_release(block_); }
    operator std::int64_t() const { return address_; }
    [[nodiscard]] std::int64_t block() const { return block_; }

private:
    std::int64_t block_;
    std::int64_t address_;
};

template <typename Call>
std::string text_of(Call&& call) {
    std::string text(static_cast<std::size_t>(std::max(0, call(nullptr, 0))), ' ');
    text.resize(static_cast<std::size_t>(
        std::max(0, call(reinterpret_cast<std::int8_t*>(text.data()), static_cast<int>(text.size())))));
    return text;
}

const std::int8_t* bytes(const char* text) {
    return reinterpret_cast<const std::int8_t*>(text);
}

TEST(BindingsSynchronizeTest, MakesObjects) {
    for (int kind = jni::sync_lock; kind <= jni::sync_barrier; ++kind) {
        const Object object(kind);
        EXPECT_EQ(jni::sync_is(object, kind), 0) << "not yet";
        EXPECT_GE(jni::sync_size(kind), 64);
    }
    EXPECT_EQ(jni::sync_allocate(0), -EINVAL);
}

TEST(BindingsSynchronizeTest, ALockIsTheSameInCpp) {
    const Object lock(jni::sync_rlock);
    EXPECT_EQ(jni::lock_init(lock, 1, bytes("door"), 4), 0);
    EXPECT_EQ(jni::sync_is(lock, jni::sync_rlock), 1);
    auto same = RLock::attach(Arena::attach(jni::block_fd(lock.block())),
                              static_cast<std::size_t>(jni::block_offset(lock.block())));
    EXPECT_EQ(same.name(), "door");
    EXPECT_EQ(jni::lock_acquire(lock, 7, -1, 0), jni::acquire_taken);
    EXPECT_EQ(jni::lock_acquire(lock, 7, 0, 0), jni::acquire_taken);
    EXPECT_EQ(jni::lock_depth(lock, 7), 2);
    EXPECT_EQ(jni::lock_depth(lock, 8), 0);
    EXPECT_EQ(jni::lock_acquire(lock, 8, 1'000'000, 0), jni::acquire_timed_out);
    EXPECT_EQ(jni::lock_release(lock, 8), 0);
    EXPECT_FALSE(same.acquire(false));
    EXPECT_EQ(jni::lock_owner(lock), ::getpid());
    EXPECT_EQ(jni::lock_owner_thread(lock), 7);
    EXPECT_EQ(jni::lock_release(lock, 7), 1);
    EXPECT_EQ(jni::lock_locked(lock), 1);
    EXPECT_EQ(jni::lock_release(lock, 7), 1);
    EXPECT_EQ(jni::lock_locked(lock), 0);
    EXPECT_TRUE(same.acquire(false));
    EXPECT_EQ(jni::lock_owner_thread(lock), -::gettid());
    same.release();
    EXPECT_EQ(jni::lock_owner(lock), 0);
    std::string name(63, ' ');
    EXPECT_EQ(jni::lock_name(lock, reinterpret_cast<std::int8_t*>(name.data()), 63), 4);
    EXPECT_EQ(name.substr(0, 4), "door");
}

TEST(BindingsSynchronizeTest, ADeadOwnerIsTold) {
    const Object lock(jni::sync_lock);
    jni::lock_init(lock, 0, nullptr, 0);
    EXPECT_EQ(jni::lock_release(lock, 1), 0) << "too many times";
    Child child([&] { EXPECT_EQ(jni::lock_acquire(lock, 5, -1, 0), jni::acquire_taken); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(jni::lock_acquire(lock, 1, -1, 0), jni::acquire_recovered);
    EXPECT_EQ(jni::lock_recovered(lock), 1);
    EXPECT_EQ(jni::lock_dead_owner(lock), child.pid());
    EXPECT_EQ(jni::lock_dead_owner_thread(lock), 5);
    EXPECT_EQ(jni::lock_release(lock, 2), 1) << "a Lock is anybody's";
    EXPECT_EQ(jni::lock_recovered(lock), 0);
}

TEST(BindingsSynchronizeTest, Semaphores) {
    const Object semaphore(jni::sync_semaphore);
    EXPECT_EQ(jni::counting_semaphore_init(semaphore, -1, 1, nullptr, 0), -EINVAL);
    EXPECT_EQ(jni::counting_semaphore_init(semaphore, 2, 2, nullptr, 0), 0);
    EXPECT_EQ(jni::counting_semaphore_bound(semaphore), 2);
    EXPECT_EQ(jni::counting_semaphore_release(semaphore, 0), 0);
    EXPECT_EQ(jni::counting_semaphore_acquire(semaphore, 1, -1, 0, 0), 1);
    EXPECT_EQ(jni::counting_semaphore_acquire(semaphore, 1, 0, 1, 0), 1);
    EXPECT_EQ(jni::counting_semaphore_acquire(semaphore, 1, 1000, 1, 0), 0);
    EXPECT_EQ(jni::counting_semaphore_value(semaphore), 0);
    EXPECT_EQ(jni::counting_semaphore_release(semaphore, 1), 1);
    EXPECT_EQ(jni::counting_semaphore_release(semaphore, 0), 1);
    EXPECT_EQ(jni::counting_semaphore_value(semaphore), 2);
}

TEST(BindingsSynchronizeTest, Conditions) {
    const Object lock(jni::sync_rlock), condition(jni::sync_condition);
    jni::lock_init(lock, 1, nullptr, 0);
    jni::condition_init(condition);
    EXPECT_EQ(jni::condition_notify(condition, lock, 1, 1), -EPERM);
    EXPECT_EQ(jni::condition_enter(condition, lock, 1), -EPERM);
    jni::lock_acquire(lock, 1, -1, 0);
    jni::lock_acquire(lock, 1, -1, 0);
    const auto ticket = jni::condition_enter(condition, lock, 1);
    ASSERT_GE(ticket, 0);
    EXPECT_EQ(jni::lock_locked(lock), 0);
    EXPECT_EQ(jni::condition_waiters(condition), 1);
    EXPECT_EQ(jni::condition_sleep(condition, lock, 1, ticket, 1'000'000), 0) << "a look at interrupts";
    jni::lock_acquire(lock, 2, -1, 0);
    EXPECT_EQ(jni::condition_notify(condition, lock, 2, -1), 1);
    jni::lock_release(lock, 2);
    EXPECT_EQ(jni::condition_sleep(condition, lock, 1, ticket, -1), 1);
    EXPECT_EQ(jni::condition_leave(condition, lock, 1, ticket, 0), 1);
    EXPECT_EQ(jni::lock_depth(lock, 1), 2);
}

TEST(BindingsSynchronizeTest, AConditionsLockThatIsPartOfADeadlock) {
    constexpr std::int64_t long_ago = 1;
    const Object lock(jni::sync_rlock), kept(jni::sync_rlock), condition(jni::sync_condition);
    jni::lock_init(lock, 1, nullptr, 0);
    jni::lock_init(kept, 1, nullptr, 0);
    jni::condition_init(condition);
    for (const int action : {jni::deadlock_tell, jni::deadlock_throw}) {
        jni::deadlock_action(action, 60'000'000);
        jni::lock_acquire(kept, 1, -1, 0);
        jni::lock_acquire(lock, 1, -1, 0);
        const auto ticket = jni::condition_enter(condition, lock, 1);
        jni::lock_acquire(lock, 2, -1, 0);
        EXPECT_EQ(jni::condition_notify(condition, lock, 2, 1), 1);
        std::atomic<bool> told{false};
        std::thread other([&] {
            while (!told) EXPECT_LE(jni::lock_acquire(kept, 2, 500'000'000, long_ago), 0);
            jni::lock_release(lock, 2);
        });
        EXPECT_EQ(jni::condition_leave(condition, lock, 1, ticket, 0), -EDEADLK) << "is told, and has not got it";
        told = true;
        std::int8_t text[1024];
        EXPECT_GT(jni::deadlock_last(text, sizeof text), 0);
        EXPECT_EQ(jni::lock_depth(lock, 1), 0);
        int how = -EDEADLK;
        while (how == -EDEADLK) how = jni::condition_leave(condition, lock, 1, ticket, long_ago);
        EXPECT_EQ(how, 1) << "that it was notified is not lost";
        EXPECT_EQ(jni::lock_depth(lock, 1), 1);
        other.join();
        jni::lock_release(lock, 1);
        jni::lock_release(kept, 1);
    }
    jni::deadlock_action(jni::deadlock_report, 1'000'000'000);
}

TEST(BindingsSynchronizeTest, Events) {
    const Object event(jni::sync_event);
    jni::event_init(event);
    EXPECT_EQ(jni::event_wait(event, 1000), 0);
    jni::event_set(event);
    EXPECT_EQ(jni::event_is_set(event), 1);
    EXPECT_EQ(jni::event_wait(event, -1), 1);
    jni::event_clear(event);
    EXPECT_EQ(jni::event_is_set(event), 0);
}

TEST(BindingsSynchronizeTest, Barriers) {
    const Object barrier(jni::sync_barrier);
    EXPECT_EQ(jni::barrier_init(barrier, -1), -EINVAL);
    EXPECT_EQ(jni::barrier_init(barrier, 2), 0);
    EXPECT_EQ(jni::barrier_parties(barrier), 2);
    const auto first = jni::barrier_arrive(barrier, 1, -1, 1);
    EXPECT_EQ(first & jni::barrier_run_action, 0);
    EXPECT_EQ(jni::barrier_waiting(barrier), 1);
    EXPECT_EQ(jni::barrier_sleep(barrier, first, 1000), jni::barrier_still_waiting);
    const auto second = jni::barrier_arrive(barrier, 2, -1, 1);
    EXPECT_NE(second & jni::barrier_run_action, 0);
    EXPECT_EQ(jni::barrier_sleep(barrier, first, 1000), jni::barrier_still_waiting) << "the action runs";
    EXPECT_EQ(jni::barrier_open(barrier, second), 1);
    EXPECT_EQ(jni::barrier_sleep(barrier, first, -1), 0);
    EXPECT_EQ(jni::barrier_wait(barrier, 1, 1000), jni::barrier_is_broken);
    EXPECT_EQ(jni::barrier_broken(barrier), 1);
    EXPECT_EQ(jni::barrier_arrive(barrier, 1, -1, 0), jni::barrier_is_broken);
    jni::barrier_reset(barrier);
    const auto third = jni::barrier_arrive(barrier, 1, -1, 0);
    jni::barrier_break(barrier, third);
    EXPECT_EQ(jni::barrier_sleep(barrier, third, 0), jni::barrier_is_broken);
    jni::barrier_abort(barrier);
}

TEST(BindingsSynchronizeTest, Deadlocks) {
    const Object lock(jni::sync_lock);
    jni::lock_init(lock, 0, bytes("a\tb"), 3);
    jni::deadlock_action(jni::deadlock_throw, 50'000'000);
    jni::lock_acquire(lock, 3, -1, 0);
    const auto since = sync::monotonic_now();
    int answer = jni::acquire_timed_out;
    // In slices, as who looks at interrupts does: the wait is one all the same.
    while (answer == jni::acquire_timed_out) answer = jni::lock_acquire(lock, 3, 10'000'000, since);
    EXPECT_EQ(answer, -EDEADLK);
    jni::deadlock_action(jni::deadlock_report, 1'000'000'000);
    const auto line = text_of([](std::int8_t* text, int size) { return jni::deadlock_last(text, size); });
    EXPECT_THAT(line, ::testing::StartsWith("1\t" + std::to_string(::getpid()) + "\t3\ta b\t"));
    EXPECT_EQ(text_of([](std::int8_t* text, int size) { return jni::deadlocks(0, text, size); }), "");
    const auto uses = text_of([](std::int8_t* text, int size) { return jni::locks(0, text, size); });
    EXPECT_THAT(uses, ::testing::HasSubstr("held\t" + std::to_string(::getpid()) + "\t3\talive\t1\t0\n"));
    EXPECT_EQ(jni::deadlocks(INT_MAX - 1, nullptr, 0), -ESRCH);
}

}  // namespace
}  // namespace multiprocessing
