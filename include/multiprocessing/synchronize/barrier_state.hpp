/// @file
/// Barrier as it lies in shared memory.
///
/// Its whole state is one word, and each step (to arrive, to open, to break, to reset) one compare-and-set. A round has
/// a number; when it ends, the way it ended is noted in the same step, so that who wakes late still learns it, and
/// nobody waits for those to leave who have been let go (CPython's next round begins when the last has left).
///
/// Who takes part stands in a place of its own, which it takes before it arrives and keeps between rounds. Those that
/// wait look at these places: if one has died that arrived in this round, or that took part in the last one and did not
/// say goodbye, then nobody has to wait for it: the barrier breaks. So a process may be killed anywhere in a round: at
/// worst it is counted as arrived, or not, and found dead either way.
#pragma once

#include <cstddef>

#include "multiprocessing/export.hpp"
#include "multiprocessing/synchronize/object.hpp"

namespace multiprocessing {
namespace sync MULTIPROCESSING_API {

struct BarrierState {
    /// Bits 0-23: the round. 24: broken. 25: the action runs. 26-41: how the last 16 rounds ended, the last one at bit
    /// 26, 1 being broken. 42-63: how many have arrived.
    std::atomic<std::uint64_t> word;
    std::uint64_t parties;
    std::atomic<Nanoseconds> last_look;  ///< of those that wait one looks for the dead, for all
    Header header;
    std::atomic<Nanoseconds> full_at;  ///< when all places were last found to be the living's
    std::uint64_t reserved[3];

    struct Participant {
        std::atomic<ProcessId> process;  ///< 0: free
        std::atomic<ThreadId> thread;
        /// Bits 0-23: its round. 24: it is in wait(). 25: that round let it pass.
        std::atomic<std::uint64_t> state;
    };
    /// Further participants are let through all the same; their death is not noticed. The dead make room.
    static constexpr std::size_t places = 80;
    Participant participants[places];
};
static_assert(sizeof(BarrierState) == 1984 && offsetof(BarrierState, header) == header_offset &&
              offsetof(BarrierState, participants) == 64);

/// Whether it is in wait() at this moment.
[[nodiscard]] bool is_inside(const BarrierState::Participant& participant) noexcept;

constexpr std::uint64_t max_parties = (std::uint64_t{1} << 22) - 1;

void init(BarrierState& barrier, std::uint32_t parties) noexcept;

/// One thread's wait at a barrier.
class BarrierWait {
public:
    enum class Result { passed, broken, timed_out, run_action };

    /// Arrives; waits before for a round that is being opened. Breaks the barrier if that lasts for too long.
    /// @param has_action the last one is to run an action, and then to call open() or break_round()
    BarrierWait(BarrierState& barrier, ProcessId process, ThreadId thread, Nanoseconds timeout,
                bool has_action) noexcept;
    /// Resumes one from its token().
    BarrierWait(BarrierState& barrier, std::int64_t token) noexcept;

    /// @param timeout negative: for ever @return timed_out: it still waits
    [[nodiscard]] Result wait(Nanoseconds timeout) noexcept;
    /// Gives the participant's place free for its next round. Afterwards the object is of no more use.
    void leave() noexcept;
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
    [[nodiscard]] std::int64_t token() const noexcept;

    /// The action is done. @return whether the others pass; false if the round has been broken meanwhile
    bool open() noexcept;
    /// Breaks the barrier if this round is still on.
    void break_round() noexcept;

private:
    [[nodiscard]] bool somebody_died(std::uint64_t word) const noexcept;

    BarrierState* barrier_;
    BarrierState::Participant* place_;
    std::uint64_t round_ = 0;
    std::uint32_t index_ = 0;
    Result result_ = Result::timed_out;
};

void abort(BarrierState& barrier) noexcept;
void reset(BarrierState& barrier) noexcept;
[[nodiscard]] bool broken(const BarrierState& barrier) noexcept;
/// How many have arrived and wait; 0 if it is broken.
[[nodiscard]] std::uint32_t waiting(const BarrierState& barrier) noexcept;

/// This process takes part no more: it ends in good order. @param barrier one that it has mapped
void say_goodbye(BarrierState& barrier, ProcessId process) noexcept;

/// This process waits at barriers: it will have to say goodbye.
void note_barrier_wait(ProcessId process) noexcept;
/// To all barriers of this process, if it ever waited at one. At exit it is done by itself.
void say_goodbye() noexcept;

}  // namespace sync
}  // namespace multiprocessing
