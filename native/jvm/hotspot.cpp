#include "hotspot.hpp"

#include <dlfcn.h>

#include <cstring>
#include <optional>

#include "multiprocessing/jvm/live_fork.hpp"

namespace multiprocessing::jvm {
namespace {

template <typename T>
T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/// The exported tables, whose own layout is exported too.
class Tables {
public:
    Tables() : library_(::dlopen("libjvm.so", RTLD_NOLOAD | RTLD_LAZY)) {
        if (library_ == nullptr) refuse("libjvm.so is not loaded under that name");
    }
    Tables(const Tables&) = delete;
    Tables& operator=(const Tables&) = delete;
    ~Tables() { ::dlclose(library_); }

    [[nodiscard]] void* function(const char* name) const { return ::dlsym(library_, name); }

    struct Field {
        std::size_t offset;
        std::byte* address;
    };

    /// @param other_type where the field is in some versions; may be null
    [[nodiscard]] Field field(const char* type, const char* name, const char* other_type = nullptr) const {
        if (const auto found = find_field(type, name, other_type)) return *found;
        refuse(std::string("vmStructs has no ") + type + "::" + name);
    }

    [[nodiscard]] std::optional<Field> find_field(
        const char* type, const char* name, const char* other_type = nullptr) const {
        const auto* entry = symbol<const std::byte*>("gHotSpotVMStructs");
        const auto type_at = symbol<std::uint64_t>("gHotSpotVMStructEntryTypeNameOffset");
        const auto name_at = symbol<std::uint64_t>("gHotSpotVMStructEntryFieldNameOffset");
        const auto offset_at = symbol<std::uint64_t>("gHotSpotVMStructEntryOffsetOffset");
        const auto address_at = symbol<std::uint64_t>("gHotSpotVMStructEntryAddressOffset");
        const auto stride = symbol<std::uint64_t>("gHotSpotVMStructEntryArrayStride");
        for (; load<const char*>(entry + type_at) != nullptr; entry += stride) {
            const auto* this_type = load<const char*>(entry + type_at);
            const auto* this_name = load<const char*>(entry + name_at);
            const bool same_type = std::strcmp(this_type, type) == 0 ||
                                   (other_type != nullptr && std::strcmp(this_type, other_type) == 0);
            if (same_type && this_name != nullptr && std::strcmp(this_name, name) == 0) {
                return Field{load<std::uint64_t>(entry + offset_at), load<std::byte*>(entry + address_at)};
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::size_t type_size(const char* type) const {
        const auto* entry = symbol<const std::byte*>("gHotSpotVMTypes");
        const auto name_at = symbol<std::uint64_t>("gHotSpotVMTypeEntryTypeNameOffset");
        const auto size_at = symbol<std::uint64_t>("gHotSpotVMTypeEntrySizeOffset");
        const auto stride = symbol<std::uint64_t>("gHotSpotVMTypeEntryArrayStride");
        for (; load<const char*>(entry + name_at) != nullptr; entry += stride) {
            if (std::strcmp(load<const char*>(entry + name_at), type) == 0) return load<std::uint64_t>(entry + size_at);
        }
        refuse(std::string("vmStructs has no type ") + type);
    }

private:
    [[noreturn]] static void refuse(const std::string& what) {
        throw ForkRefused("live fork needs a HotSpot JVM that exports its structure (" + what +
                          "); use the start method spawn");
    }

    template <typename T>
    [[nodiscard]] T symbol(const char* name) const {
        const auto* at = static_cast<const std::byte*>(::dlsym(library_, name));
        if (at == nullptr) refuse(std::string("no symbol ") + name);
        return load<T>(at);
    }

    void* library_;
};

}  // namespace

Hotspot::Hotspot() {
    const Tables tables;
    list_ = reinterpret_cast<const std::byte* const*>(
        tables.field("ThreadsSMRSupport", "_java_thread_list").address);
    list_length_ = tables.field("ThreadsList", "_length").offset;
    list_threads_ = tables.field("ThreadsList", "_threads").offset;
    os_thread_ = tables.field("JavaThread", "_osthread", "Thread").offset;
    os_thread_id_ = tables.field("OSThread", "_thread_id").offset;
    state_ = tables.field("JavaThread", "_thread_state").offset;
    flags_ = load<const std::byte*>(tables.field("JVMFlag", "flags").address);
    flag_count_ = load<std::size_t>(tables.field("JVMFlag", "numFlags").address);
    flag_name_ = tables.field("JVMFlag", "_name").offset;
    flag_address_ = tables.field("JVMFlag", "_addr").offset;
    flag_size_ = tables.type_size("JVMFlag");
    zgc_ = flag("UseZGC");
    const auto* heap_file = find_flag("AllocateHeapAt");
    shares_heap_ = (heap_file != nullptr && load<const char*>(heap_file) != nullptr) || flag("UseSHM");
    use_perf_data_ = find_flag("UsePerfData");
    if (!flag("UseSerialGC")) return;
    const auto heap = tables.find_field("Universe", "_collectedHeap");
    const auto young = tables.find_field("SerialHeap", "_young_gen", "GenCollectedHeap");
    const auto space = tables.find_field("DefNewGeneration", "_eden_space");
    const auto top = tables.find_field("ContiguousSpace", "_top");
    const auto end = tables.find_field("ContiguousSpace", "_end", "Space");
    if (heap && young && space && top && end) {
        eden_ = {heap->address, young->offset, space->offset, top->offset, end->offset};
    }
}

void* Hotspot::function(const char* name) {
    const Tables tables;
    return tables.function(name);
}

std::byte* Hotspot::find_flag(const char* name) const {
    for (std::size_t i = 0; i < flag_count_; ++i) {
        const auto* entry = flags_ + i * flag_size_;
        const auto* this_name = load<const char*>(entry + flag_name_);
        if (this_name != nullptr && std::strcmp(this_name, name) == 0) return load<std::byte*>(entry + flag_address_);
    }
    return nullptr;
}

bool Hotspot::flag(const char* name) const {
    const auto* value = find_flag(name);
    return value != nullptr && load<bool>(value);
}

void Hotspot::clear_use_perf_data() const {
    if (use_perf_data_ != nullptr && *use_perf_data_ != std::byte{0}) *use_perf_data_ = std::byte{0};
}

const std::byte* Hotspot::threads_list() const {
    return *const_cast<const std::byte* const volatile*>(list_);
}

std::size_t Hotspot::thread_count() const {
    return load<std::uint32_t>(threads_list() + list_length_);
}

const std::byte* Hotspot::thread(std::size_t index) const {
    const auto* threads = load<const std::byte*>(threads_list() + list_threads_);
    return load<const std::byte*>(threads + index * sizeof(void*));
}

bool Hotspot::is_java_thread(const std::byte* thread) const {
    const auto* type = load<const void*>(thread);  // where C++ objects that have one point to their table of functions
    for (std::size_t i = 0; i < thread_count(); ++i) {
        if (load<const void*>(this->thread(i)) == type) return true;
    }
    return false;
}

std::byte* Hotspot::os_thread(const std::byte* java_thread) const {
    return load<std::byte*>(java_thread + os_thread_);
}

pid_t* Hotspot::thread_id_field(const std::byte* java_thread) const {
    auto* os = os_thread(java_thread);
    return os == nullptr ? nullptr : reinterpret_cast<pid_t*>(os + os_thread_id_);
}

int Hotspot::thread_state(const std::byte* java_thread) const {
    return load<int>(java_thread + state_);
}

std::span<std::byte> Hotspot::free_eden() const {
    if (eden_.heap == nullptr) return {};
    const auto* heap = load<const std::byte*>(eden_.heap);
    const auto* young = load<const std::byte*>(heap + eden_.young);
    const auto* space = load<const std::byte*>(young + eden_.space);
    auto* top = load<std::byte*>(space + eden_.top);
    return {top, load<std::byte*>(space + eden_.end)};
}

}  // namespace multiprocessing::jvm
