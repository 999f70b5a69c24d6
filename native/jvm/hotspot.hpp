/// What live fork must know of HotSpot's insides. All of it is read from the tables that libjvm.so exports for
/// debuggers (vmStructs.hpp): nothing is assumed about a version.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace multiprocessing::jvm {

/// The values of enum JavaThreadState that matter here.
constexpr int thread_in_native = 4;
constexpr int thread_blocked = 10;

class Hotspot {
public:
    /// @throws ForkRefused if this is no HotSpot, or one that does not tell
    Hotspot();

    /// A function that libjvm.so exports; null if there is none of that name.
    [[nodiscard]] static void* function(const char* name);

    [[nodiscard]] bool uses_zgc() const { return zgc_; }

    /// Whether the heap is a file, or System V shared memory.
    [[nodiscard]] bool shares_heap() const { return shares_heap_; }

    /// In a child: it would remove its parent's file of performance counters at its end.
    void clear_use_perf_data() const;

    /// The JavaThreads. Call only while nothing changes them: all other threads are parked.
    [[nodiscard]] std::size_t thread_count() const;
    [[nodiscard]] const std::byte* thread(std::size_t index) const;

    /// Whether a Thread is a Java thread, listed or not: it is of the same class as one that is listed. The JVM's other
    /// threads are never listed. Call as these.
    [[nodiscard]] bool is_java_thread(const std::byte* thread) const;

    /// Where a thread's id is kept; null if it has none yet.
    [[nodiscard]] pid_t* thread_id_field(const std::byte* java_thread) const;
    [[nodiscard]] int thread_state(const std::byte* java_thread) const;

    /// Where Serial's next young objects will be: nothing is in it. Empty with another collector, or if it cannot be
    /// known. Call only while all other threads are parked.
    [[nodiscard]] std::span<std::byte> free_eden() const;

private:
    /// A chain of fields that leads to the eden space; no field is at offset 0 of these types.
    struct Eden {
        std::byte* heap = nullptr;  ///< Universe::_collectedHeap
        std::size_t young = 0;
        std::size_t space = 0;
        std::size_t top = 0;
        std::size_t end = 0;
    };

    [[nodiscard]] std::byte* find_flag(const char* name) const;
    [[nodiscard]] bool flag(const char* name) const;
    [[nodiscard]] std::byte* os_thread(const std::byte* java_thread) const;
    [[nodiscard]] const std::byte* threads_list() const;

    Eden eden_;
    const std::byte* const* list_;  ///< ThreadsSMRSupport::_java_thread_list
    std::size_t list_length_;
    std::size_t list_threads_;
    std::size_t os_thread_;
    std::size_t os_thread_id_;
    std::size_t state_;
    const std::byte* flags_;
    std::size_t flag_count_;
    std::size_t flag_size_;
    std::size_t flag_name_;
    std::size_t flag_address_;
    bool zgc_;
    bool shares_heap_;
    std::byte* use_perf_data_;
};

}  // namespace multiprocessing::jvm
