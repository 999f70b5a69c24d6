/// What glibc keeps for each thread (`struct pthread`), found as debuggers find it: by the symbols for libthread_db(3).
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>

namespace multiprocessing::jvm {

class ThreadDescriptors {
public:
    /// @throws ForkRefused if this is no glibc, or one that does not tell
    ThreadDescriptors();

    /// Where a thread's id is kept.
    [[nodiscard]] pid_t* tid(void* thread_pointer) const;

    /// What a thread has set with pthread_setspecific(3). Only while it stands still.
    [[nodiscard]] const void* specific(const void* thread_pointer, pthread_key_t key) const;

    /// The key under which the calling thread has set something; nothing if there is none.
    [[nodiscard]] std::optional<pthread_key_t> key_of(const void* value) const;

private:
    std::size_t tid_;  ///< from the thread pointer
    std::size_t specific_;
    std::size_t keys_in_block_;  ///< a thread has an array of pointers to blocks of values
    std::size_t entry_size_;
    std::size_t entry_value_;
};

}  // namespace multiprocessing::jvm
