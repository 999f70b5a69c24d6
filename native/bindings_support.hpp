/// @file
/// What the parts of the facade for Java share: exceptions become error numbers, handles stand for blocks.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "multiprocessing/error.hpp"
#include "multiprocessing/heap.hpp"

namespace multiprocessing::bindings {

inline thread_local char last_call[64];
/// What the last failure said, where more is to be said than errno does.
inline thread_local char last_text[256];

template <typename Result>
Result failed(int error, const char* call) noexcept {
    std::strncpy(last_call, call, sizeof last_call - 1);
    return static_cast<Result>(-error);
}

inline int copy(std::string_view from, std::int8_t* to, int capacity) noexcept {
    return static_cast<int>(from.copy(reinterpret_cast<char*>(to), static_cast<std::size_t>(std::max(capacity, 0))));
}

/// Exceptions end here: what `body` answers, or -errno.
template <typename Body>
auto guarded(const char* name, Body&& body) noexcept -> decltype(body()) {
    using Result = decltype(body());
    try {
        return body();
    } catch (const OSError& error) {
        return failed<Result>(error.error(), error.call().c_str());
    } catch (const std::bad_alloc&) {
        return failed<Result>(ENOMEM, name);
    } catch (const std::exception&) {
        return failed<Result>(EINVAL, name);
    }
}

template <typename T>
T* pointer(std::int64_t address) noexcept {
    return reinterpret_cast<T*>(address);
}

/// What a handle of a block points to.
struct HeldBlock {
    Block block;
    std::shared_ptr<Arena> arena;  ///< keeps the memory mapped when the block was given back
};

inline HeldBlock& held(std::int64_t handle) noexcept {
    return *pointer<HeldBlock>(handle);
}

inline const Block& block(std::int64_t handle) noexcept {
    return held(handle).block;
}

inline std::int64_t handle(Block block) {
    auto arena = block.arena();
    return reinterpret_cast<std::int64_t>(new HeldBlock{std::move(block), std::move(arena)});
}

}  // namespace multiprocessing::bindings
