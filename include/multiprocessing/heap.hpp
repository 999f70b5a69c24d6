/// @file
/// Anonymous shared memory: memfd arenas, and an allocator on them. Mirrors Lib/multiprocessing/heap.py.
///
/// An arena has no name: nothing is to be unlinked and nothing is left behind by a crash; a process gets at it by
/// inheriting or receiving its descriptor. Its pages are reserved when it is made, so that exhausted memory is an
/// OSError then and no SIGBUS later. Sources: memfd_create(2), posix_fallocate(3), mmap(2).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

#include "multiprocessing/export.hpp"
#include "multiprocessing/pipe.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// A memfd, mapped shared for as long as the object lives.
class Arena {
public:
    /// Makes an arena, all zero. @param size bytes, rounded up to whole pages
    /// @param label what /proc/PID/fd shows of it, as `/memfd:LABEL (deleted)`
    /// @throws OSError ENOMEM, ENOSPC when the memory cannot be had; EMFILE
    [[nodiscard]] static std::shared_ptr<Arena> create(std::size_t size, const char* label = default_label);
    /// Makes an arena of which only the beginning is there: reserve() makes room. Mapped whole all the same.
    /// @param size bytes, rounded up to whole pages @param reserved bytes that are there from the beginning
    /// @throws OSError as create()
    [[nodiscard]] static std::shared_ptr<Arena> create_sparse(std::size_t size, std::size_t reserved,
                                                              const char* label);
    /// Makes sure that a part of an arena is there. @throws OSError ENOMEM, ENOSPC
    static void reserve(int fd, std::size_t offset, std::size_t size);
    /// Maps an arena of another process. Duplicates the descriptor: the caller keeps its own.
    /// @throws OSError EBADF, ENOMEM
    [[nodiscard]] static std::shared_ptr<Arena> attach(int fd);
    /// As attach(), without the descriptor having been sent: the other process runs, and has the arena open as `fd`.
    /// @throws OSError ENOENT if it does not; EACCES if it is another user's
    [[nodiscard]] static std::shared_ptr<Arena> attach(pid_t pid, int fd);

    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    static constexpr const char* default_label = "multiprocessing";

    /// Gives the pages and the descriptor back to the system; what is still mapped reads as zeros from now on.
    void discard() noexcept;

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::byte* data() const noexcept { return data_; }

private:
    Arena(Fd fd, std::byte* data, std::size_t size) noexcept : fd_(std::move(fd)), data_(data), size_(size) {}
    [[nodiscard]] static std::shared_ptr<Arena> map(Fd fd, std::size_t size);
    Fd fd_;
    std::byte* data_;
    std::size_t size_;
};

/// A piece of an arena. Where it came from the heap, the last copy gives it back, in the process that allocated it and
/// nowhere else: a child must not free what its parent still uses.
class Block {
public:
    Block() noexcept = default;

    /// A piece of an arena that another process allocated; never freed here.
    /// @throws ValueError if it does not lie inside the arena
    [[nodiscard]] static Block attach(std::shared_ptr<Arena> arena, std::size_t offset, std::size_t size);

    [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
    [[nodiscard]] std::byte* data() const noexcept;
    /// The size asked for, in bytes.
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::size_t offset() const noexcept;
    [[nodiscard]] const std::shared_ptr<Arena>& arena() const noexcept;

private:
    struct Owner;
    friend class Heap;
    explicit Block(std::shared_ptr<const Owner> owner) noexcept : owner_(std::move(owner)) {}
    std::shared_ptr<const Owner> owner_;
};

/// Allocates blocks from arenas: best fit, neighbours coalesce when freed, arenas double in size from one page up to
/// 4 MiB, large ones are given back when empty. Thread-safe. The bookkeeping is each process's own: after a fork the
/// child starts with an empty heap, and the blocks it inherited stay valid.
class Heap {
public:
    /// What is done to memory that is given back, beside nothing.
    using Withdraw = void (*)(std::byte* data) noexcept;
    /// @param label of its arenas; must outlive the heap
    explicit Heap(const char* label = Arena::default_label, Withdraw withdraw = nullptr);
    Heap(const Heap&) = delete;
    Heap& operator=(const Heap&) = delete;
    ~Heap();

    /// Allocates `size` bytes, zeroed, on a cache line of their own (64-byte alignment): what different processes
    /// write does not share a line.
    /// @throws ValueError "Size … out of range"
    /// @throws OSError ENOMEM, ENOSPC
    [[nodiscard]] Block malloc(std::size_t size);

    struct Statistics {
        std::size_t arenas;
        std::size_t arena_bytes;
        std::size_t used_blocks;
        std::size_t used_bytes;  ///< rounded up to the alignment
        std::size_t free_blocks;
    };
    [[nodiscard]] Statistics statistics() const;
    /// Gives back the arenas that nothing is allocated in. malloc_trim(3).
    void trim();
    /// Walks all blocks and checks that they tile the arenas, that no two free ones touch and that every index agrees.
    /// @throws AssertionError naming what is wrong
    void check_consistency() const;

    /// The heap of this process.
    [[nodiscard]] static Heap& instance();
    /// Another one, for locks and their like alone: in its arenas they can be found. See deadlock.hpp.
    [[nodiscard]] static Heap& locks();
    static constexpr const char* locks_label = "multiprocessing-locks";

    static constexpr std::size_t alignment = 64;

private:
    friend struct Block::Owner;
    class Books;
    [[nodiscard]] const std::shared_ptr<Books>& books() const;
    const char* label_;
    Withdraw withdraw_;
    mutable std::atomic<const std::shared_ptr<Books>*> books_;
};

}  // namespace multiprocessing
