#include <sys/mman.h>

#include <bit>

#include "ring.hpp"

namespace multiprocessing::queues {
namespace {

void init(QueueState& queue, std::uint32_t max_items, std::size_t limit, std::size_t size) noexcept {
    queue.max_items = max_items;
    queue.largest = static_cast<std::uint32_t>(limit / unit);
    queue.size = size;
    auto& ring = queue.ring[0];
    ring.offset = data_offset;
    ring.mask = static_cast<std::uint32_t>(std::min(limit, first_ring) / unit - 1);
    sync::init(queue.put_lock, false, "queue put");
    sync::init(queue.get_lock, false, "queue get");
}

}  // namespace

Block allocate(sync::Kind kind, std::uint32_t max_items, std::size_t limit) {
    limit = limit == 0 ? most_bytes : std::bit_ceil(std::clamp(limit, least_ring, most_bytes));
    // Rings of doubling sizes may lie behind each other while they are read.
    const auto size = data_offset + (limit > first_ring ? std::min(2 * limit, most_bytes) : limit);
    auto arena = Arena::create_sparse(size, data_offset + std::min(limit, first_ring), arena_label);
    ::madvise(arena->data(), arena->size(), MADV_DONTDUMP);
    auto block = Block::attach(std::move(arena), 0, sizeof(QueueState));
    auto& queue = *reinterpret_cast<QueueState*>(block.data());
    init(queue, max_items, limit, size);
    queue.header.publish(kind);
    return block;
}

}  // namespace multiprocessing::queues
