/// @file
/// Values and arrays in shared memory. Mirrors Lib/multiprocessing/sharedctypes.py.
///
/// `Value<int> v{0}` is Python's `Value('i', 0)`: `get()` and `set()` take the lock each, and `v.set(v.get() + 1)` is
/// therefore no atomic increment: hold `v.get_lock()` around it, or use `fetch_add`. Copies stand for the same memory;
/// a child of fork shares it with its parent. The memory is plain: C's layout at an offset of an arena, no header.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "multiprocessing/error.hpp"
#include "multiprocessing/export.hpp"
#include "multiprocessing/synchronize.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// What may lie in shared memory: no pointers to a process's own memory, no constructor to run.
template <typename T>
concept Shareable = std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> && alignof(T) <= Heap::alignment;

/// The size in bytes of a typecode of Python's array and multiprocessing modules (c u b B h H i I l L q Q f d);
/// 'u' is wchar_t. @throws ValueError for any other character
[[nodiscard]] std::size_t typecode_size(char typecode);

/// One value, without a lock. Mirrors `RawValue`.
template <Shareable T>
class RawValue {
public:
    /// All bytes zero.
    RawValue() : block_(Heap::instance().malloc(sizeof(T))) {}
    explicit RawValue(const T& value) : RawValue() { *data() = value; }
    /// A value that another process made.
    [[nodiscard]] static RawValue attach(std::shared_ptr<Arena> arena, std::size_t offset) {
        return RawValue(Block::attach(std::move(arena), offset, sizeof(T)));
    }

    /// The value itself, in shared memory: plain reads and writes.
    [[nodiscard]] T& value() noexcept { return *data(); }
    [[nodiscard]] const T& value() const noexcept { return *data(); }
    [[nodiscard]] const Block& block() const noexcept { return block_; }

    /// Adds atomically; integers only. @return the value before
    T fetch_add(T delta) noexcept
        requires std::integral<T>
    {
        return std::atomic_ref<T>(*data()).fetch_add(delta);
    }
    /// Stores `desired` if the value is `expected`, atomically. @return whether it did
    bool compare_and_set(T expected, T desired) noexcept
        requires std::is_arithmetic_v<T>
    {
        return std::atomic_ref<T>(*data()).compare_exchange_strong(expected, desired);
    }

private:
    explicit RawValue(Block block) noexcept : block_(std::move(block)) {}
    [[nodiscard]] T* data() const noexcept { return reinterpret_cast<T*>(block_.data()); }
    Block block_;
};

/// One value with an RLock. Mirrors `Value`.
template <Shareable T>
class Value {
public:
    Value() = default;
    explicit Value(const T& value) : raw_(value) {}
    /// Uses a lock that exists already, as `Value(…, lock=lock)`.
    Value(const T& value, RLock lock) : raw_(value), lock_(std::move(lock)) {}
    /// Puts a lock around a value. Mirrors `synchronized()`.
    explicit Value(RawValue<T> raw, RLock lock = {}) : raw_(std::move(raw)), lock_(std::move(lock)) {}

    [[nodiscard]] T get() const {
        std::lock_guard guard{lock_};
        return raw_.value();
    }
    void set(const T& value) {
        std::lock_guard guard{lock_};
        raw_.value() = value;
    }
    [[nodiscard]] RLock& get_lock() noexcept { return lock_; }
    /// The value without its lock.
    [[nodiscard]] RawValue<T>& get_obj() noexcept { return raw_; }
    /// Atomic among the atomic operations; does not take the lock.
    T fetch_add(T delta) noexcept
        requires std::integral<T>
    {
        return raw_.fetch_add(delta);
    }

private:
    RawValue<T> raw_;
    mutable RLock lock_;
};

/// A sequence of fixed length, without a lock. Mirrors `RawArray`. Indices may be negative, from the end.
template <Shareable T>
class RawArray {
public:
    /// `size` elements, all bytes zero. @throws ValueError if they are more than there are addresses
    explicit RawArray(std::size_t size) : block_(Heap::instance().malloc(bytes(size))) {}
    RawArray(std::initializer_list<T> values) : RawArray(std::span<const T>(values.begin(), values.size())) {}
    explicit RawArray(std::span<const T> values) : RawArray(values.size()) {
        std::copy_n(values.data(), values.size(), data());
    }
    /// An array that another process made. @param size its number of elements
    [[nodiscard]] static RawArray attach(std::shared_ptr<Arena> arena, std::size_t offset, std::size_t size) {
        return RawArray(Block::attach(std::move(arena), offset, bytes(size)));
    }

    [[nodiscard]] std::size_t size() const noexcept { return block_.size() / sizeof(T); }
    /// @throws std::out_of_range "invalid index"
    [[nodiscard]] T& operator[](std::ptrdiff_t index) const {
        const auto length = static_cast<std::ptrdiff_t>(size());
        const auto at = index < 0 ? index + length : index;
        if (at < 0 || at >= length) throw std::out_of_range("invalid index");
        return data()[at];
    }
    /// The elements themselves, in shared memory.
    [[nodiscard]] std::span<T> span() const noexcept { return {data(), size()}; }
    [[nodiscard]] T* begin() const noexcept { return data(); }
    [[nodiscard]] T* end() const noexcept { return data() + size(); }
    [[nodiscard]] const Block& block() const noexcept { return block_; }

private:
    explicit RawArray(Block block) noexcept : block_(std::move(block)) {}
    [[nodiscard]] static std::size_t bytes(std::size_t size) {
        if (size > std::numeric_limits<std::size_t>::max() / sizeof(T)) {
            throw ValueError("Size " + std::to_string(size) + " out of range");
        }
        return size * sizeof(T);
    }
    [[nodiscard]] T* data() const noexcept { return reinterpret_cast<T*>(block_.data()); }
    Block block_;
};

/// A sequence of fixed length with an RLock. Mirrors `Array`.
template <Shareable T>
class Array {
public:
    explicit Array(std::size_t size) : raw_(size) {}
    Array(std::initializer_list<T> values) : raw_(values) {}
    explicit Array(std::span<const T> values) : raw_(values) {}
    /// Puts a lock around an array. Mirrors `synchronized()`.
    explicit Array(RawArray<T> raw, RLock lock = {}) : raw_(std::move(raw)), lock_(std::move(lock)) {}

    [[nodiscard]] std::size_t size() const noexcept { return raw_.size(); }
    /// @throws std::out_of_range "invalid index"
    [[nodiscard]] T get(std::ptrdiff_t index) const {
        std::lock_guard guard{lock_};
        return raw_[index];
    }
    void set(std::ptrdiff_t index, const T& value) {
        std::lock_guard guard{lock_};
        raw_[index] = value;
    }
    /// A copy of all elements, taken under the lock: Python's `array[:]`.
    [[nodiscard]] std::vector<T> copy() const {
        std::lock_guard guard{lock_};
        return {raw_.begin(), raw_.end()};
    }
    /// Stores all elements under the lock: Python's `array[:] = values`.
    /// @throws ValueError "Can only assign sequence of same size"
    void assign(std::span<const T> values) {
        if (values.size() != size()) throw ValueError("Can only assign sequence of same size");
        std::lock_guard guard{lock_};
        std::copy(values.begin(), values.end(), raw_.begin());
    }
    [[nodiscard]] RLock& get_lock() noexcept { return lock_; }
    [[nodiscard]] RawArray<T>& get_obj() noexcept { return raw_; }

private:
    RawArray<T> raw_;
    mutable RLock lock_;
};

}  // namespace multiprocessing
