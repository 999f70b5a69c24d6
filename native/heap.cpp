#include "multiprocessing/heap.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>

#include "multiprocessing/error.hpp"
#include "multiprocessing/synchronize/object.hpp"

namespace multiprocessing {
namespace {

std::size_t round_up(std::size_t size, std::size_t unit) {
    return (size + unit - 1) / unit * unit;
}

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

/// Bytes that can be had without the kernel killing somebody for them: MemAvailable of /proc/meminfo.
std::size_t available_memory() {
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> file(std::fopen("/proc/meminfo", "re"));
    char line[128];
    while (file && std::fgets(line, sizeof line, file.get())) {
        unsigned long long kib = 0;
        if (std::sscanf(line, "MemAvailable: %llu", &kib) == 1) return kib * 1024;
    }
    return std::numeric_limits<std::size_t>::max();
}

/// From this size on an arena's memory is asked about before it is reserved: nothing else limits a memfd.
constexpr std::size_t large_arena = std::size_t{64} << 20;

void check_memory(std::size_t size, const char* call) {
    if (size >= large_arena && size > available_memory()) throw OSError(ENOMEM, call);
}

/// The arenas of other processes that are mapped here, so that each is mapped once.
class Attached {
public:
    using File = std::pair<dev_t, ino_t>;

    template <typename Map>
    std::shared_ptr<Arena> find_or_map(File file, Map&& map) {
        std::shared_ptr<Arena> arena;  // goes after the guard: its end takes the mutex
        std::lock_guard guard{mutex_};
        if (const auto known = arenas_.find(file); known != arenas_.end()) arena = known->second.lock();
        if (!arena) {
            std::shared_ptr<Arena> mapped = map();
            auto* const address = mapped.get();
            arena.reset(address, [this, file, mapped = std::move(mapped)](Arena*) mutable {
                mapped.reset();
                forget(file);
            });
            arenas_[file] = arena;
        }
        return arena;
    }

private:
    /// Unless it has been mapped again meanwhile.
    void forget(File file) {
        std::lock_guard guard{mutex_};
        const auto known = arenas_.find(file);
        if (known != arenas_.end() && known->second.expired()) arenas_.erase(known);
    }

    std::mutex mutex_;
    std::map<File, std::weak_ptr<Arena>> arenas_;
};

}  // namespace

// Arena

std::shared_ptr<Arena> Arena::create(std::size_t size, const char* label) {
    return create_sparse(size, size, label);
}

std::shared_ptr<Arena> Arena::create_sparse(std::size_t size, std::size_t reserved, const char* label) {
    size = round_up(std::max<std::size_t>(size, 1), page_size());
    check_memory(reserved, "memfd_create");
    Fd fd(check(::memfd_create(label, MFD_CLOEXEC), "memfd_create"));
    check(retry([&] { return ::ftruncate(fd.get(), static_cast<off_t>(size)); }), "ftruncate");
    reserve(fd.get(), 0, round_up(std::max<std::size_t>(reserved, 1), page_size()));
    return map(std::move(fd), size);
}

void Arena::reserve(int fd, std::size_t offset, std::size_t size) {
    check_memory(size, "posix_fallocate");
    int error;
    do {
        error = ::posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(size));
    } while (error == EINTR);
    if (error != 0) throw OSError(error, "posix_fallocate");
}

std::shared_ptr<Arena> Arena::attach(int fd) {
    Fd mine(check(::fcntl(fd, F_DUPFD_CLOEXEC, 3), "fcntl"));
    struct stat status {};
    check(::fstat(mine.get(), &status), "fstat");
    static auto& attached = *new Attached;
    return attached.find_or_map({status.st_dev, status.st_ino}, [&] {
        return map(std::move(mine), static_cast<std::size_t>(status.st_size));
    });
}

std::shared_ptr<Arena> Arena::attach(pid_t pid, int fd) {
    const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
    const Fd opened(check(::open(path.c_str(), O_RDWR | O_CLOEXEC), "open"));
    return attach(opened.get());
}

std::shared_ptr<Arena> Arena::map(Fd fd, std::size_t size) {
    void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (data == MAP_FAILED) throw_errno("mmap");
    return std::shared_ptr<Arena>(new Arena(std::move(fd), static_cast<std::byte*>(data), size));
}

void Arena::discard() noexcept {
    // Fails at worst by doing nothing: the pages then go with the last mapping.
    static_cast<void>(::fallocate(fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size_)));
    fd_.reset();
}

Arena::~Arena() {
    ::munmap(data_, size_);
}

// Heap

/// The bookkeeping: for each arena its pieces by offset, and all free pieces by size. As in heap.py, none of it is in
/// shared memory. Blocks keep it alive, so that they can outlast the Heap.
class Heap::Books {
public:
    struct Piece {
        std::size_t size;
        bool free;
    };
    struct Ledger {
        std::shared_ptr<Arena> arena;
        std::map<std::size_t, Piece> pieces{};
    };

    Books(const char* label, Withdraw withdraw) : label_(label), withdraw_(withdraw), pid_(::getpid()) {}

    /// @return the ledger's arena and the offset of `size` bytes in it
    std::pair<std::shared_ptr<Arena>, std::size_t> take(std::size_t size) {
        std::lock_guard guard{mutex_};
        auto best = free_.lower_bound({size, nullptr, 0});
        if (best == free_.end()) {
            add_arena(size);
            best = free_.lower_bound({size, nullptr, 0});
        }
        const auto [found, ledger, offset] = *best;
        free_.erase(best);
        auto& piece = ledger->pieces.at(offset);
        piece.free = false;
        if (found > size) {
            piece.size = size;
            ledger->pieces.emplace(offset + size, Piece{found - size, true});
            free_.insert({found - size, ledger, offset + size});
        }
        return {ledger->arena, offset};
    }

    void give_back(const Arena* arena, std::size_t offset) {
        std::lock_guard guard{mutex_};
        if (withdraw_ != nullptr) withdraw_(arena->data() + offset);
        auto& ledger = ledgers_.at(arena);
        auto& pieces = ledger.pieces;
        auto here = pieces.find(offset);
        here->second.free = true;
        if (const auto next = std::next(here); next != pieces.end() && next->second.free) {
            free_.erase({next->second.size, &ledger, next->first});
            here->second.size += next->second.size;
            pieces.erase(next);
        }
        if (here != pieces.begin()) {
            if (const auto previous = std::prev(here); previous->second.free) {
                free_.erase({previous->second.size, &ledger, previous->first});
                previous->second.size += here->second.size;
                pieces.erase(here);
                here = previous;
            }
        }
        // A large arena that is empty goes back to the system; small ones are kept for the next allocation.
        if (here->second.size == arena->size() && arena->size() > keep_at_most) {
            ledger.arena->discard();
            ledgers_.erase(arena);
        } else {
            free_.insert({here->second.size, &ledger, here->first});
        }
    }

    void trim() {
        std::lock_guard guard{mutex_};
        for (auto here = ledgers_.begin(); here != ledgers_.end();) {
            auto& ledger = here->second;
            const auto& piece = ledger.pieces.begin()->second;
            if (piece.free && piece.size == ledger.arena->size()) {
                free_.erase({piece.size, &ledger, 0});
                ledger.arena->discard();
                here = ledgers_.erase(here);
            } else {
                ++here;
            }
        }
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// Keeps what a forked child cannot use, for as long as its heap lives: its other threads may still look at it.
    void inherit(const std::shared_ptr<Books>* parents) noexcept { parents_.reset(parents); }

    [[nodiscard]] Statistics statistics() const {
        std::lock_guard guard{mutex_};
        Statistics sum{};
        for (const auto& [arena, ledger] : ledgers_) {
            ++sum.arenas;
            sum.arena_bytes += arena->size();
            for (const auto& [offset, piece] : ledger.pieces) {
                if (piece.free) {
                    ++sum.free_blocks;
                } else {
                    ++sum.used_blocks;
                    sum.used_bytes += piece.size;
                }
            }
        }
        return sum;
    }

    void check_consistency() const {
        std::lock_guard guard{mutex_};
        std::size_t free_pieces = 0;
        for (const auto& [arena, ledger] : ledgers_) {
            std::size_t expected = 0;
            bool last_free = false;
            for (const auto& [offset, piece] : ledger.pieces) {
                if (offset != expected) throw AssertionError("heap: gap or overlap at " + std::to_string(offset));
                if (piece.free && last_free) throw AssertionError("heap: free neighbours at " + std::to_string(offset));
                if (piece.free && !free_.contains({piece.size, const_cast<Ledger*>(&ledger), offset}))
                    throw AssertionError("heap: free piece not indexed at " + std::to_string(offset));
                free_pieces += piece.free;
                last_free = piece.free;
                expected = offset + piece.size;
            }
            if (expected != arena->size()) throw AssertionError("heap: pieces do not fill the arena");
        }
        if (free_pieces != free_.size()) throw AssertionError("heap: index of free pieces out of step");
    }

private:
    /// Called with the mutex held.
    void add_arena(std::size_t size) {
        const auto arena = Arena::create(std::max(size, next_arena_), label_);
        next_arena_ = std::min(next_arena_ * 2, largest_step);
        auto& ledger = ledgers_[arena.get()];
        ledger.arena = arena;
        ledger.pieces.emplace(0, Piece{arena->size(), true});
        free_.insert({arena->size(), &ledger, 0});
    }

    static constexpr std::size_t largest_step = std::size_t{4} << 20;
    static constexpr std::size_t keep_at_most = std::size_t{4} << 20;

    const char* const label_;
    const Withdraw withdraw_;
    const pid_t pid_;
    std::unique_ptr<const std::shared_ptr<Books>> parents_{};
    mutable std::mutex mutex_;
    std::size_t next_arena_ = page_size();
    std::map<const Arena*, Ledger> ledgers_;
    std::set<std::tuple<std::size_t, Ledger*, std::size_t>> free_;
};

// Block

struct Block::Owner {
    std::shared_ptr<Arena> arena;
    std::size_t offset;
    std::size_t size;
    std::shared_ptr<Heap::Books> books;  ///< null: allocated elsewhere

    Owner(std::shared_ptr<Arena> a, std::size_t o, std::size_t s, std::shared_ptr<Heap::Books> b)
        : arena(std::move(a)), offset(o), size(s), books(std::move(b)) {}
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    ~Owner() {
        if (books && books->pid() == ::getpid()) books->give_back(arena.get(), offset);
    }
};

Block Block::attach(std::shared_ptr<Arena> arena, std::size_t offset, std::size_t size) {
    if (offset > arena->size() || size > arena->size() - offset) {
        throw ValueError("block of " + std::to_string(size) + " bytes at " + std::to_string(offset) +
                         " lies outside of the arena of " + std::to_string(arena->size()) + " bytes");
    }
    return Block(std::make_shared<const Owner>(std::move(arena), offset, size, nullptr));
}

std::byte* Block::data() const noexcept {
    return owner_->arena->data() + owner_->offset;
}

std::size_t Block::size() const noexcept {
    return owner_->size;
}

std::size_t Block::offset() const noexcept {
    return owner_->offset;
}

const std::shared_ptr<Arena>& Block::arena() const noexcept {
    return owner_->arena;
}

Heap::Heap(const char* label, Withdraw withdraw)
    : label_(label), withdraw_(withdraw), books_(new std::shared_ptr(std::make_shared<Books>(label, withdraw))) {}

Heap::~Heap() {
    delete books_.load();
}

const std::shared_ptr<Heap::Books>& Heap::books() const {
    // New ones in each process: a child neither allocates from its parent's arenas nor waits for a mutex that a thread
    // of the parent held at the fork.
    const auto* current = books_.load(std::memory_order_acquire);
    if ((*current)->pid() == ::getpid()) return *current;
    auto fresh = std::make_unique<const std::shared_ptr<Books>>(std::make_shared<Books>(label_, withdraw_));
    const auto* parents = current;
    if (!books_.compare_exchange_strong(current, fresh.get(), std::memory_order_acq_rel)) return *current;
    (*fresh)->inherit(parents);
    return *fresh.release();
}

Block Heap::malloc(std::size_t size) {
    if (size > static_cast<std::size_t>(std::numeric_limits<off_t>::max()) - page_size()) {
        throw ValueError("Size " + std::to_string(size) + " out of range");
    }
    auto books = this->books();
    const auto [arena, offset] = books->take(round_up(std::max<std::size_t>(size, 1), alignment));
    std::memset(arena->data() + offset, 0, size);
    return Block(std::make_shared<const Block::Owner>(arena, offset, size, std::move(books)));
}

Heap::Statistics Heap::statistics() const {
    return books()->statistics();
}

void Heap::check_consistency() const {
    books()->check_consistency();
}

void Heap::trim() {
    books()->trim();
}

Heap& Heap::instance() {
    static auto& heap = *new Heap;  // never destroyed: blocks may be freed while the program exits
    return heap;
}

Heap& Heap::locks() {
    // Only its name tag goes: a process that still uses it is not to be harmed before the memory is used again.
    static auto& heap = *new Heap(locks_label, [](std::byte* object) noexcept { sync::withdraw(object); });
    return heap;
}

}  // namespace multiprocessing
