/// Gathering: a process's private memory moves into large folios of the kernel's, each page staying at its address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace multiprocessing::jvm {

/// Which memory.
enum class Gathered {
    all,
    /// A process's own copies of the pages of files: HotSpot's class archive above all, of which each page is written to
    /// when it is mapped, and few later. No input or output goes there.
    of_files,
};

/// Gathers the memory of this process.
///
/// Most of what fork(2) and the end of a child cost is for the number of pages: the kernel looks each of them up, counts
/// it, and gives it back. A JVM's lie anywhere; those that lie in one folio, side by side, are dealt with together
/// (Linux 6.9 and later). So what they hold is copied to huge pages, which are then cut and put in their places
/// (mremap(2)). A page that is written to after a fork leaves its folio: a process that has not settled yet gains
/// little.
///
/// For a process whose other threads all stand still, and which has lent none of it to the kernel (io_uring, O_DIRECT).
/// Only memory of which nothing is said but what may be done with it is moved: not what is shared, locked, guarded,
/// withheld from children or from core dumps. Allocates nothing with malloc, and takes no lock.
///
/// @param in_use addresses in memory that may be written to meanwhile: stacks and thread-local storage, the caller's
///     too. All that is mapped together with one of them stays.
/// @return how many bytes were moved; 0 if there is too little of it, or the kernel has no folios to give: then nothing
///     has changed
std::size_t gather_memory(Gathered which, std::span<const std::uintptr_t> in_use);

}  // namespace multiprocessing::jvm
