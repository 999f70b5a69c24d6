#include "thread_descriptors.hpp"

#include <dlfcn.h>
#include <limits.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "multiprocessing/jvm/fork_refused.hpp"
#include "raw.hpp"

namespace multiprocessing::jvm {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw ForkRefused("live fork needs glibc, and one that tells debuggers " + what + "; use the start method spawn");
}

template <typename T>
T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

const std::uint32_t* symbol(const std::string& name) {
    const auto* value = static_cast<const std::uint32_t*>(::dlsym(RTLD_DEFAULT, ("_thread_db_" + name).c_str()));
    if (value == nullptr) refuse(name);
    return value;
}

/// A field is described by its size in bits, the number of its elements, and its offset.
std::size_t offset_of(const std::string& field) {
    return symbol(field)[2];
}

/// The descriptor starts at the thread pointer on x86-64, and ends there on aarch64.
std::size_t descriptor_offset() {
#if defined(__x86_64__)
    return 0;
#else
    return -static_cast<std::size_t>(*symbol("sizeof_pthread"));
#endif
}

}  // namespace

ThreadDescriptors::ThreadDescriptors()
    : tid_(descriptor_offset() + offset_of("pthread_tid")),
      specific_(descriptor_offset() + offset_of("pthread_specific")),
      keys_in_block_(symbol("pthread_key_data_level2_data")[1]),
      entry_size_(*symbol("sizeof_pthread_key_data")),
      entry_value_(offset_of("pthread_key_data_data")) {
    if (*tid(__builtin_thread_pointer()) != raw::gettid() || keys_in_block_ == 0) refuse("the truth");
}

pid_t* ThreadDescriptors::tid(void* thread_pointer) const {
    return reinterpret_cast<pid_t*>(static_cast<std::byte*>(thread_pointer) + tid_);
}

const void* ThreadDescriptors::specific(const void* thread_pointer, pthread_key_t key) const {
    const auto* blocks = static_cast<const std::byte*>(thread_pointer) + specific_;
    const auto* block = load<const std::byte*>(blocks + key / keys_in_block_ * sizeof(void*));
    if (block == nullptr) return nullptr;
    return load<const void*>(block + key % keys_in_block_ * entry_size_ + entry_value_);
}

std::optional<pthread_key_t> ThreadDescriptors::key_of(const void* value) const {
    for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; ++key) {
        if (::pthread_getspecific(key) == value && specific(__builtin_thread_pointer(), key) == value) return key;
    }
    return std::nullopt;
}

}  // namespace multiprocessing::jvm
