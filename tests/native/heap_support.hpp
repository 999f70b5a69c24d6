/// @file
/// What the tests of arenas and of the heap share.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "multiprocessing/heap.hpp"
#include "support.hpp"

namespace multiprocessing::test {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

inline std::size_t page_size() {
    return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

inline bool holds_only(const std::byte* data, std::size_t size, std::byte value) {
    return std::all_of(data, data + size, [=](std::byte one) { return one == value; });
}

inline bool holds_only(const Block& block, std::byte value) {
    return holds_only(block.data(), block.size(), value);
}

inline void fill(const Block& block, std::byte value) {
    std::fill_n(block.data(), block.size(), value);
}

/// The memory that the file really occupies.
inline std::size_t bytes_in_use(int fd) {
    struct stat status {};
    check(::fstat(fd, &status), "fstat");
    return static_cast<std::size_t>(status.st_blocks) * 512;
}

/// The counts, to be compared: arenas, their bytes, used blocks, their bytes, free blocks.
inline std::array<std::size_t, 5> counts(const Heap& heap) {
    const auto [arenas, arena_bytes, used_blocks, used_bytes, free_blocks] = heap.statistics();
    return {arenas, arena_bytes, used_blocks, used_bytes, free_blocks};
}

}  // namespace multiprocessing::test
