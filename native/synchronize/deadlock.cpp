#include "multiprocessing/deadlock.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "deadlock_watch.hpp"
#include "multiprocessing/error.hpp"
#include "multiprocessing/pipe.hpp"
#include "survey.hpp"

namespace multiprocessing {
namespace sync {
namespace {

using Thread = std::pair<ProcessId, ThreadId>;

/// A thread that waits for a lock that another holds, at some moment. Points into the survey it was read from.
struct Edge {
    Thread from;
    Thread to;
    const LockState* lock;
    const Waiter* waiter;
    std::uint64_t since;
    std::uint64_t word;
    std::string name;
    std::string address;

    /// Whether that is so at this moment as well. A waiter that is asleep since the same time has not had the lock in
    /// between, and has done nothing else either.
    [[nodiscard]] bool still_holds() const {
        return waiter->since.load(std::memory_order_acquire) == since &&
               waiter->process.load(std::memory_order_relaxed) == from.first &&
               (lock->word.load(std::memory_order_acquire) & process_bits) == (word & process_bits) &&
               lock->thread.load(std::memory_order_relaxed) == to.second;
    }
};

using Cycle = std::vector<Edge>;

/// Who waits for whom: each thread for one other at most.
std::map<Thread, Edge> wait_for_graph(const Survey& survey) {
    std::map<Thread, Edge> graph;
    for (const auto& [address, lock] : survey.locks()) {
        for (const auto& waiter : lock->waiters.place) {
            const auto process = waiter.process.load(std::memory_order_acquire);
            const auto since = waiter.since.load(std::memory_order_acquire);
            if (process == 0 || (since & Waiter::sleeping) == 0) continue;
            const auto word = lock->word.load(std::memory_order_acquire);
            const Thread from{process, waiter.thread.load(std::memory_order_relaxed)};
            const Thread to{word & process_bits, lock->thread.load(std::memory_order_relaxed)};
            if (word == 0) continue;
            graph.insert_or_assign(
                from, Edge{from, to, lock, &waiter, since, word, std::string(lock->name.get()), address});
        }
    }
    return graph;
}

/// All circles of the graph that are still there when all of it has been read.
std::vector<Cycle> find_cycles(const std::map<Thread, Edge>& graph) {
    std::vector<Cycle> cycles;
    std::set<Thread> seen;
    for (const auto& [start, unused] : graph) {
        Cycle path;
        std::set<Thread> on_path;
        auto at = start;
        for (auto edge = graph.find(at); edge != graph.end() && seen.insert(at).second; edge = graph.find(at)) {
            on_path.insert(at);
            path.push_back(edge->second);
            at = edge->second.to;
        }
        if (!on_path.contains(at)) continue;
        const auto first = std::ranges::find(path, at, &Edge::from);
        path.erase(path.begin(), first);
        const bool real = std::ranges::all_of(path, [](const Edge& edge) {
            return edge.still_holds() && is_alive(edge.from.first);
        });
        if (real) cycles.push_back(std::move(path));
    }
    return cycles;
}

Deadlock to_deadlock(const Cycle& cycle) {
    Deadlock deadlock;
    for (const auto& edge : cycle) {
        deadlock.push_back({pid_of(edge.from.first), edge.from.second, edge.name, edge.address});
    }
    return deadlock;
}

constinit std::atomic<DeadlockAction> action{DeadlockAction::report};
constinit std::atomic<Nanoseconds> search_after{1'000'000'000};

/// The circle that a thread is part of.
std::optional<Cycle> cycle_of(const Survey& survey, const Thread& thread) {
    for (auto& cycle : find_cycles(wait_for_graph(survey))) {
        const auto mine = std::ranges::find(cycle, thread, &Edge::from);
        if (mine == cycle.end()) continue;
        std::ranges::rotate(cycle, mine);
        return cycle;
    }
    return std::nullopt;
}

Deadlock& last_of_this_thread() {
    thread_local Deadlock last;
    return last;
}

/// One write, lest the lines of several processes mix.
void report(const Deadlock& deadlock) {
    const auto line = describe(deadlock) + "\n";
    static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

/// Whether of those in the circle that would break it this one came last.
bool has_to_give_up(const Cycle& cycle) {
    const auto mine = cycle.front().since;
    return std::ranges::none_of(cycle, [=](const Edge& edge) {
        return (edge.since & Waiter::throws) != 0 && edge.since > mine;
    });
}

}  // namespace

bool DeadlockWatch::finds(const Wait& wait) noexcept {
    const auto wanted = action.load(std::memory_order_relaxed);
    if (wanted == DeadlockAction::ignore || wait.record() == nullptr) return false;
    const bool throws = wanted == DeadlockAction::raise && what_ == InDeadlock::as_set;
    auto& since = wait.record()->since;
    if (throws) since.fetch_or(Waiter::throws, std::memory_order_relaxed);
    const auto now = monotonic_now();
    const auto after = search_after.load(std::memory_order_relaxed);
    // A wait may come in slices: what is known of it outlives this object.
    thread_local struct {
        const void* lock;
        Nanoseconds since;
        Nanoseconds next_search;
        bool reported;
    } known{};
    if (known.lock != &lock_ || known.since != wait.since()) {
        known = {&lock_, wait.since(), wait.since() + after, false};
    }
    if (now < known.next_search) return false;
    known.next_search = now + std::max<Nanoseconds>(after, 100'000'000);

    since.fetch_or(Waiter::sleeping, std::memory_order_release);  // for whoever else looks for it at the same time
    bool answer = false;
    try {
        const Survey survey(0);
        if (const auto cycle = cycle_of(survey, {process_, thread_})) {
            if (throws) {
                answer = has_to_give_up(*cycle);
            } else if (!known.reported) {
                known.reported = true;
                answer = what_ == InDeadlock::tell ||
                         (what_ == InDeadlock::as_set && wanted == DeadlockAction::tell);
                if (!answer) report(to_deadlock(*cycle));
            }
            if (answer) last_of_this_thread() = to_deadlock(*cycle);
        }
    } catch (const std::exception&) {
        answer = false;  // no memory or no descriptor: the wait goes on, and the next search may succeed
    }
    since.fetch_and(~Waiter::sleeping, std::memory_order_relaxed);
    return answer;
}

Deadlock last_deadlock() {
    return last_of_this_thread();
}

}  // namespace sync

namespace {

std::string thread_text(std::int64_t thread) {
    return std::to_string(thread < 0 ? -thread : thread);
}

}  // namespace

std::string describe(const Deadlock& deadlock) {
    std::string text = "<Deadlock:";
    for (std::size_t i = 0; i < deadlock.size(); ++i) {
        const auto& member = deadlock[i];
        const auto& next = deadlock[(i + 1) % deadlock.size()];
        const auto& lock = member.lock.empty() ? member.address : member.lock;
        text += (i == 0 ? " process " : ", process ") + std::to_string(member.pid) + " thread " +
                thread_text(member.thread) + " waits for lock '" + lock +
                "' held by process " + std::to_string(next.pid) + " thread " + thread_text(next.thread);
    }
    return text + ">";
}

std::vector<Deadlock> deadlocks(pid_t pid) {
    const sync::Survey survey(pid);
    std::vector<Deadlock> result;
    for (const auto& cycle : sync::find_cycles(sync::wait_for_graph(survey))) {
        result.push_back(sync::to_deadlock(cycle));
    }
    return result;
}

namespace {

/// Collects who uses one object.
class Uses {
public:
    Uses(std::vector<LockUse>& all, std::string kind, std::string_view name, const std::string& address)
        : all_(all), kind_(std::move(kind)), name_(name), address_(address) {}

    void holds(sync::ProcessId process, sync::ThreadId thread, std::uint64_t count) {
        add(false, process, thread, count, 0);
    }
    void wait(const sync::Waiters& waiters) {
        for (const auto& waiter : waiters.place) {
            const auto since = waiter.since.load(std::memory_order_acquire);
            waits(waiter.process.load(std::memory_order_relaxed), waiter.thread.load(std::memory_order_relaxed), since);
        }
    }
    void waits(sync::ProcessId process, sync::ThreadId thread, std::uint64_t since) {
        if (process == 0 || !sync::is_alive(process)) return;
        const auto waited = since == 0 ? 0 : sync::monotonic_now() - static_cast<sync::Nanoseconds>(since);
        add(true, process, thread, 0, waited);
    }

private:
    void add(bool waits, sync::ProcessId process, sync::ThreadId thread, std::uint64_t count, long waited) {
        all_.push_back({kind_, name_, address_, waits, sync::pid_of(process), thread, sync::is_alive(process), count,
                        std::chrono::nanoseconds(waited)});
    }
    std::vector<LockUse>& all_;
    const std::string kind_;
    const std::string name_;
    const std::string& address_;
};

}  // namespace

std::vector<LockUse> locks(pid_t pid) {
    using std::memory_order_relaxed;
    const sync::Survey survey(pid);
    std::vector<LockUse> all;
    for (const auto& [address, lock] : survey.locks()) {
        Uses uses(all, lock->recursive() ? "RLock" : "Lock", lock->name.get(), address);
        if (const auto owner = lock->word.load(memory_order_relaxed) & sync::process_bits; owner != 0) {
            uses.holds(owner, lock->thread.load(memory_order_relaxed), lock->depth.load(memory_order_relaxed));
        }
        uses.wait(lock->waiters);
    }
    for (const auto& [address, semaphore] : survey.semaphores()) {
        Uses uses(all, "Semaphore", semaphore->name.get(), address);
        for (const auto& holder : semaphore->holders) {
            const auto count = holder.booked.load(memory_order_relaxed) & 0xffff'ffff;
            if (count != 0) uses.holds(holder.process.load(memory_order_relaxed), 0, count);
        }
        uses.wait(semaphore->waiters);
    }
    for (const auto& [address, condition] : survey.conditions()) {
        Uses uses(all, "Condition", {}, address);
        for (const auto& place : condition->place) {
            if (place.state.load(memory_order_relaxed) != sync::ConditionState::waiting) continue;
            uses.waits(place.process.load(memory_order_relaxed), place.thread.load(memory_order_relaxed), 0);
        }
    }
    for (const auto& [address, barrier] : survey.barriers()) {
        Uses uses(all, "Barrier", {}, address);
        for (const auto& one : barrier->participants) {
            if (!sync::is_inside(one)) continue;
            uses.waits(one.process.load(memory_order_relaxed), one.thread.load(memory_order_relaxed), 0);
        }
    }
    return all;
}

void set_deadlock_action(DeadlockAction action, std::chrono::nanoseconds after) noexcept {
    sync::action.store(action, std::memory_order_relaxed);
    sync::search_after.store(after.count(), std::memory_order_relaxed);
}

}  // namespace multiprocessing
