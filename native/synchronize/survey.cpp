#include "survey.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "multiprocessing/error.hpp"
#include "multiprocessing/heap.hpp"

namespace multiprocessing::sync {
namespace {

constexpr std::size_t step = Heap::alignment;

bool is_lock_arena(const std::string& descriptor) {
    char target[64];
    const auto length = ::readlink(descriptor.c_str(), target, sizeof target);
    const std::string_view text(target, length < 0 ? 0 : static_cast<std::size_t>(length));
    return text == std::string("/memfd:") + Heap::locks_label + " (deleted)";
}

}  // namespace

Survey::Survey(pid_t pid) {
    if (pid == 0) pid = ::getpid();
    met_.insert(pid);
    visit(pid);
    while (!to_visit_.empty()) {
        const auto next = to_visit_.back();
        to_visit_.pop_back();
        try {
            visit(next);
        } catch (const OSError&) {
            continue;  // dead, or another user's: what it has is seen as far as others have it too
        }
    }
}

Survey::~Survey() {
    for (const auto& [file, arena] : arenas_) ::munmap(const_cast<std::byte*>(arena.data), arena.size);
}

void Survey::visit(pid_t pid) {
    const auto path = "/proc/" + std::to_string(pid) + "/fd";
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (!directory) {
        if (errno == ENOENT) throw OSError(ESRCH, "opendir");
        throw_errno("opendir");
    }
    while (const auto* entry = ::readdir(directory.get())) {
        const auto descriptor = path + "/" + entry->d_name;
        if (is_lock_arena(descriptor)) map(descriptor);
    }
}

void Survey::map(const std::string& descriptor) {
    const Fd file(::open(descriptor.c_str(), (writable_ ? O_RDWR : O_RDONLY) | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0 || status.st_size == 0) return;
    const std::pair key{status.st_dev, status.st_ino};
    if (arenas_.contains(key)) return;
    const auto size = static_cast<std::size_t>(status.st_size);
    void* data = ::mmap(nullptr, size, writable_ ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file.get(), 0);
    if (data == MAP_FAILED) return;
    const auto arena = arenas_.emplace(key, Mapping{static_cast<const std::byte*>(data), size}).first->second;
    scan(status.st_ino, arena);
}

void Survey::scan(ino_t inode, const Mapping& arena) {
    for (std::size_t offset = 0; offset + step <= arena.size;) {
        const auto* at = arena.data + offset;
        const auto& header = *reinterpret_cast<const Header*>(at + header_offset);
        const auto found = [&]<typename State>(std::vector<Found<State>>& list) -> const State* {
            if (offset + sizeof(State) > arena.size) return nullptr;
            const auto* state = reinterpret_cast<const State*>(at);
            list.push_back({std::to_string(inode) + ":" + std::to_string(offset), state});
            offset += sizeof(State);
            return state;
        };
        if (header.is(Kind::lock) || header.is(Kind::rlock)) {
            if (const auto* lock = found(locks_)) {
                meet(lock->word.load(std::memory_order_relaxed) & process_bits);
                for (const auto& waiter : lock->waiters.place) meet(waiter.process.load(std::memory_order_relaxed));
                continue;
            }
        } else if (header.is(Kind::semaphore)) {
            if (const auto* semaphore = found(semaphores_)) {
                for (const auto& holder : semaphore->holders) meet(holder.process.load(std::memory_order_relaxed));
                for (const auto& waiter : semaphore->waiters.place) {
                    meet(waiter.process.load(std::memory_order_relaxed));
                }
                continue;
            }
        } else if (header.is(Kind::condition)) {
            if (const auto* condition = found(conditions_)) {
                for (const auto& place : condition->place) meet(place.process.load(std::memory_order_relaxed));
                continue;
            }
        } else if (header.is(Kind::barrier)) {
            if (const auto* barrier = found(barriers_)) {
                for (const auto& one : barrier->participants) meet(one.process.load(std::memory_order_relaxed));
                continue;
            }
        }
        offset += step;
    }
}

void Survey::meet(ProcessId process) {
    if (process == 0) return;
    const auto pid = pid_of(process);
    if (met_.insert(pid).second && is_alive(process)) to_visit_.push_back(pid);
}

namespace {
constinit std::atomic<ProcessId> barrier_goer{0};
}

void note_barrier_wait(ProcessId process) noexcept {
    if (barrier_goer.load(std::memory_order_relaxed) == process) return;
    barrier_goer.store(process, std::memory_order_relaxed);
    // In forked children it is there already.
    static const int registered = std::atexit([] { say_goodbye(); });
    static_cast<void>(registered);
}

void say_goodbye() noexcept {
    const auto process = this_process();
    if (barrier_goer.load(std::memory_order_relaxed) != process) return;
    try {
        Survey survey;
        survey.writable_ = true;
        survey.visit(::getpid());
        for (const auto& [address, barrier] : survey.barriers()) {
            say_goodbye(*const_cast<BarrierState*>(barrier), process);
        }
    } catch (const std::exception&) {
        return;  // its barriers break, as if it had been killed
    }
}

}  // namespace multiprocessing::sync
