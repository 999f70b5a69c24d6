/// @file
/// What the Java bindings call: the library as plain functions of integers. JavaCPP generates its JNI code from this
/// header and from no other.
///
/// Addresses, handles and counts are 64-bit integers. A function that can fail answers -errno, and failed_call() then
/// names the call that failed. None throws, none keeps a pointer that it was given.
#pragma once

#include <cstdint>

namespace multiprocessing::bindings {

/// Copies the name of the call that failed last in this thread, without a terminator. @return its length
int failed_call(std::int8_t* name, int capacity) noexcept;

/// Copies errno's name and meaning, as "ENOENT: No such file or directory", without a terminator. @return its length
int error_text(int error, std::int8_t* text, int capacity) noexcept;

// process.hpp

/// waitpid's answer while the child runs; no status word is that large.
constexpr std::int64_t still_running = std::int64_t{1} << 32;

/// @param timeout_ns negative: blocks; 0: only asks
/// @return the status word, or still_running
std::int64_t waitpid(int pid, std::int64_t timeout_ns) noexcept;
int pidfd_open(int pid) noexcept;
int kill(int pid, int signal) noexcept;
/// Makes this process ignore a signal, and the programs that it starts.
int ignore_signal(int signal) noexcept;
int getpid() noexcept;
int getppid() noexcept;
int cpu_count() noexcept;
void exit_immediately(int code) noexcept;
/// @return the letter of /proc/PID/stat, 0 if there is no such process
int process_state(int pid) noexcept;
/// @return clock ticks since boot, 0 if there is no such process
std::int64_t process_start_time(int pid) noexcept;
/// @param strings the path, the arguments and the environment entries, each ended by a NUL
/// @param environment_count negative: this process's own environment
/// @return the child's pid
int spawn(const std::int8_t* strings, int argument_count, int environment_count, const std::int32_t* keep_fds,
          int keep_count, int stdin_fd) noexcept;

// pipe.hpp

/// @return the reader in the low and the writer in the high 32 bits
std::int64_t pipe() noexcept;
/// @return one end in the low and the other in the high 32 bits
std::int64_t socketpair() noexcept;
int close(int fd) noexcept;
/// @return a close-on-exec copy of fd
int duplicate(int fd) noexcept;
/// read(2), repeated after EINTR. @return the number of bytes, 0 at the end of file
int read(int fd, std::int8_t* buffer, int size) noexcept;
int write_all(int fd, const std::int8_t* data, int size) noexcept;
/// @return 1 if readable, 0 if the time ran out
int wait_readable(int fd, std::int64_t timeout_ms) noexcept;
/// @param ready answers 1 or 0 for each @return how many are readable, 0 if the time ran out
int wait_any_readable(const std::int32_t* fds, std::int8_t* ready, int count, std::int64_t timeout_ms) noexcept;
/// Lets the other side of a socket send no more: what it sent before can still be read.
int shutdown_read(int socket) noexcept;
/// Makes `to` another descriptor of what `fd` is one of.
int redirect(int fd, int to) noexcept;
/// Puts /dev/null in the place of standard input.
int close_stdin() noexcept;

// reduction.hpp

int send_fds(int socket, const std::int32_t* fds, int count) noexcept;
/// Receives descriptors; those beyond `capacity` are closed again, which is EMSGSIZE. @return their number
int receive_fds(int socket, std::int32_t* fds, int capacity) noexcept;

// heap.hpp

/// Anonymous memory that is shared with forked children. @return its address
std::int64_t map_shared(std::int64_t size) noexcept;
int unmap(std::int64_t address, std::int64_t size) noexcept;

/// Gives back the memory that no block needs.
void heap_trim() noexcept;
/// @return a handle of a block, to be given to block_release once
std::int64_t block_allocate(std::int64_t size) noexcept;
/// A block of another process. The descriptor stays the caller's. @return a handle
std::int64_t block_attach(int fd, std::int64_t offset, std::int64_t size) noexcept;
std::int64_t block_address(std::int64_t block) noexcept;
std::int64_t block_offset(std::int64_t block) noexcept;
/// The descriptor of the block's arena: valid as long as the block.
int block_fd(std::int64_t block) noexcept;
/// Gives the memory back to the heap now; it stays mapped until block_release.
void block_retire(std::int64_t block) noexcept;
void block_release(std::int64_t block) noexcept;

// semaphore.hpp; `semaphore` is the address of a sem_t

int semaphore_init(std::int64_t semaphore, int value) noexcept;
int semaphore_destroy(std::int64_t semaphore) noexcept;
int semaphore_wait(std::int64_t semaphore) noexcept;
/// @return 1 if a permit was taken, 0 if there is none
int semaphore_try_wait(std::int64_t semaphore) noexcept;
/// @return 1 if a permit was taken, 0 if the time ran out
int semaphore_timed_wait(std::int64_t semaphore, std::int64_t timeout_ns) noexcept;
int semaphore_post(std::int64_t semaphore) noexcept;
/// Posts unless `bound` permits are there. @return 1 if it posted, 0 if it was full
int semaphore_post_bounded(std::int64_t semaphore, int bound) noexcept;
int semaphore_value(std::int64_t semaphore) noexcept;

}  // namespace multiprocessing::bindings
