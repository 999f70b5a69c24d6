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
/// Sends this process a signal once the one with the pidfd has ended.
int signal_at_end_of(int pidfd, int signal) noexcept;
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
/// @param really 0: does nothing, but is linked where a process calls it that is going to be forked
int close_stdin(int really) noexcept;

// connection.hpp
//
// Sending and receiving of arrays is written by hand (native/jvm/frames.cpp): it goes without copying twice.

/// Beside -errno: what connections answer.
constexpr int connection_eof = -2000;       ///< the other side is closed
constexpr int connection_refused = -2001;   ///< an authentication failed; failed_text() says why
constexpr int connection_timed_out = -2002; ///< nobody came in time
constexpr int connection_closed = -2003;    ///< the listener is closed

/// What the failure before was, in words, without a terminator. @return its length
int failed_text(std::int8_t* text, int capacity) noexcept;

/// @return 0 for pipes and files, 1 for sockets, 2 for sockets that can carry descriptors
int connection_kind(int fd) noexcept;
/// Two ends of connections, as pipe() and socketpair() answer them. @return the first in the low 32 bits
std::int64_t connection_pipe(int duplex) noexcept;
/// Sends a message that lies in memory. @return 0
int connection_send(int fd, int kind, std::int64_t address, std::int64_t size) noexcept;
/// Receives a message into memory.
/// @return its length; -ENOBUFS if there is no room for it: Frames.receive_rest then receives it
std::int64_t connection_receive(int fd, int kind, std::int64_t address, std::int64_t capacity) noexcept;
/// The descriptors that came with the message that this thread received last; they are the caller's. @return how many
int connection_descriptors(std::int32_t* fds, int capacity) noexcept;

/// Connects, and authenticates if there is a key (its length is not negative).
/// @param port negative: `host` is a path or an abstract name
/// @return the descriptor
int client_connect(const std::int8_t* host, int length, int port, const std::int8_t* key, int key_length,
                   std::int64_t timeout_ns) noexcept;
/// One half of an authentication, over any connection. @return 0
int deliver_challenge(int fd, const std::int8_t* key, int key_length) noexcept;
int answer_challenge(int fd, const std::int8_t* key, int key_length) noexcept;

/// @param port negative: `host` is a path or an abstract name; with an empty one: a path of its own
/// @return a handle, to be given to listener_release once
std::int64_t listener_open(const std::int8_t* host, int length, int port, int backlog, const std::int8_t* key,
                           int key_length, std::int64_t handshake_timeout_ns) noexcept;
/// @param timeout_ns negative: without limit @return the descriptor
int listener_accept(std::int64_t listener, std::int64_t timeout_ns) noexcept;
int listener_fileno(std::int64_t listener) noexcept;
/// @param last 1: where the last peer came from; 0: where it listens
/// @return the port, -1 for a path, -2 for nobody
int listener_port(std::int64_t listener, int last) noexcept;
/// The host or path of the same. @return its length
int listener_host(std::int64_t listener, int last, std::int8_t* text, int capacity) noexcept;
/// Ends accept() in other threads too, and waits for that.
void listener_close(std::int64_t listener) noexcept;
void listener_remove_file(std::int64_t listener) noexcept;
/// In a live-forked child, before anything else.
void listener_after_fork(std::int64_t listener) noexcept;
void listener_release(std::int64_t listener) noexcept;

// fifo.hpp

/// @param path UTF-8
int mkfifo(const std::int8_t* path, int length, int mode) noexcept;
/// Blocks until the other end is opened. @param write 1: the end that sends @return the descriptor
int open_fifo(const std::int8_t* path, int length, int write) noexcept;

// signals.hpp

int signal_watch(int signal) noexcept;
int signal_unwatch(int signal) noexcept;
/// Blocks until a watched signal comes. @return its number
int signal_next() noexcept;
int signal_after_fork() noexcept;

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
/// As malloc_trim(3), for all of the process.
void malloc_trim() noexcept;
/// @return a handle of a block, to be given to block_release once
std::int64_t block_allocate(std::int64_t size) noexcept;
/// A block of another process. The descriptor stays the caller's. @return a handle
std::int64_t block_attach(int fd, std::int64_t offset, std::int64_t size) noexcept;
/// A block of another process, which runs and has the descriptor open. @return a handle
std::int64_t block_attach_from(int pid, int fd, std::int64_t offset, std::int64_t size) noexcept;
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

// synchronize.hpp: the primitives in shared memory
//
// An object is a block from sync_allocate(), or one attached by block_attach(); the functions below take the address of
// its memory (block_address). `thread` is a number that the caller gives its thread: positive, and no other living
// thread of its process has it. Who the process is the library finds out by itself, cheaply and after any kind of fork.
// A timeout is in nanoseconds by the monotonic clock; negative waits for ever, 0 only tries. A function that blocks
// makes no system call and allocates nothing where it need not wait.
// `since` is when the caller began to wait (nanoseconds of CLOCK_MONOTONIC, System.nanoTime()), 0 for now: for callers
// that wait in slices, in order to look at interrupts in between.

/// The kinds of sync_allocate().
constexpr int sync_lock = 1;
constexpr int sync_rlock = 2;
constexpr int sync_semaphore = 3;
constexpr int sync_condition = 4;
constexpr int sync_event = 5;
constexpr int sync_barrier = 6;

/// What acquiring answers.
constexpr int acquire_timed_out = 0;
constexpr int acquire_taken = 1;
/// Taken from an owner that died: what the lock protects may be half changed. See lock_dead_owner().
constexpr int acquire_recovered = 2;

/// The size of an object in bytes.
int sync_size(int kind) noexcept;
/// Memory for an object, all zero, where `locks` finds it. @return a handle of a block, as block_allocate() gives it
std::int64_t sync_allocate(int kind) noexcept;
/// Whether an object of that kind lies there, as attaching to a foreign program's should ask. @return 1 or 0
int sync_is(std::int64_t object, int kind) noexcept;

/// @param name UTF-8, cut after 63 bytes; no name: 0 bytes
int lock_init(std::int64_t lock, int recursive, const std::int8_t* name, int name_length) noexcept;
/// Where an RLock's memory says how often its owner, and only it may write that, has it: 64 bits.
constexpr int lock_depth_offset = 16;
/// Takes a Lock, or an RLock once more.
/// @return acquire_…, or -EDEADLK where deadlock_action() is to throw; the cycle is then in deadlock_last()
int lock_acquire(std::int64_t lock, std::int64_t thread, std::int64_t timeout_ns, std::int64_t since) noexcept;
/// Releases a Lock, whoever holds it, or an RLock of this thread once.
/// @return 1; 0 where nothing was released: the Lock is free, or the RLock is not this thread's
int lock_release(std::int64_t lock, std::int64_t thread) noexcept;
/// @return 1 if a living process holds it, else 0
int lock_locked(std::int64_t lock) noexcept;
/// How often this thread holds it: 0 if it does not.
std::int64_t lock_depth(std::int64_t lock, std::int64_t thread) noexcept;
/// @return 1 while the lock is held by who took it from a dead owner, else 0
int lock_recovered(std::int64_t lock) noexcept;
/// The pid of the owner, 0 if it is free.
int lock_owner(std::int64_t lock) noexcept;
/// The owner's thread: positive as the caller named it, negative a kernel thread's id, 0 if unknown or free.
std::int64_t lock_owner_thread(std::int64_t lock) noexcept;
/// Of whom the lock was taken last when its owner had died: the pid, 0 if that never happened.
int lock_dead_owner(std::int64_t lock) noexcept;
std::int64_t lock_dead_owner_thread(std::int64_t lock) noexcept;
/// Copies the name. @return its length
int lock_name(std::int64_t lock, std::int8_t* name, int capacity) noexcept;

/// @param value the permits at first
/// @param bound the most there may ever be: `value` for a BoundedSemaphore, INT_MAX for a Semaphore
int counting_semaphore_init(std::int64_t semaphore, int value, int bound, const std::int8_t* name,
                            int name_length) noexcept;
// Where nobody sleeps and no booking stands out, an untracked acquire or release is one compare-and-set of the word,
// the 64 bits that the object begins with: what Java can do by itself. All else is for the functions below.
/// Somebody sleeps: to release is for counting_semaphore_release(). The bits below hold the permits; an acquire that
/// finds none is for counting_semaphore_acquire(), a release that finds `bound` for counting_semaphore_release().
constexpr std::int64_t counting_semaphore_contended = std::int64_t{1} << 31;
/// Where one of these bits is set, a booking stands out: both are for the functions.
constexpr std::int64_t counting_semaphore_booking = std::int64_t{63} << 32;
/// What every change adds besides: a version, in the topmost bits.
constexpr std::int64_t counting_semaphore_version = std::int64_t{1} << 40;

/// Takes a permit.
/// @param tracked 1: the permit is this process's until counting_semaphore_release(…, 1), and comes back if it dies;
///        0: the permit is nobody's, anybody may release it
/// @return acquire_taken or acquire_timed_out
int counting_semaphore_acquire(std::int64_t semaphore, std::int64_t thread, std::int64_t timeout_ns, int tracked,
                               std::int64_t since) noexcept;
/// @param tracked 1: gives back a permit that this process took so, where there is one, else as 0
/// @return 1; 0 if there are `bound` permits already
int counting_semaphore_release(std::int64_t semaphore, int tracked) noexcept;
int counting_semaphore_value(std::int64_t semaphore) noexcept;
int counting_semaphore_bound(std::int64_t semaphore) noexcept;

// `lock` is the condition's Lock or RLock: the caller names the same one at every call.

int condition_init(std::int64_t condition) noexcept;
/// Wakes up to `count` waiting threads; negative: all.
/// @return how many, or -EPERM if this thread does not hold the lock
int condition_notify(std::int64_t condition, std::int64_t lock, std::int64_t thread, int count) noexcept;
/// How many wait at this moment.
int condition_waiters(std::int64_t condition) noexcept;
// A wait is three calls, so that one can look at interrupts in between, and at deadlocks at the end.
/// Registers, and releases the lock however often this thread holds it.
/// @return a ticket for the other two, or -EPERM if this thread does not hold the lock
std::int64_t condition_enter(std::int64_t condition, std::int64_t lock, std::int64_t thread) noexcept;
/// @return 1 once notified, 0 if the time ran out
int condition_sleep(std::int64_t condition, std::int64_t lock, std::int64_t thread, std::int64_t ticket,
                    std::int64_t timeout_ns) noexcept;
/// Takes the lock again, as often as before; must follow condition_enter() in the same thread.
/// @return 1 if it was notified, else 0; -EDEADLK, once for each `since` and unless deadlocks are ignored: the lock is
///         not taken, the cycle is in deadlock_last(), and the caller reports it and calls again
int condition_leave(std::int64_t condition, std::int64_t lock, std::int64_t thread, std::int64_t ticket,
                    std::int64_t since) noexcept;

int event_init(std::int64_t event) noexcept;
int event_is_set(std::int64_t event) noexcept;
int event_set(std::int64_t event) noexcept;
int event_clear(std::int64_t event) noexcept;
/// @return 1 if it is set or was set meanwhile, 0 if the time ran out
int event_wait(std::int64_t event, std::int64_t timeout_ns) noexcept;

/// What is answered instead of an index or a ticket.
constexpr int barrier_is_broken = -1000;
constexpr int barrier_still_waiting = -1001;
/// Set in a ticket: the others have all arrived, and the caller has to run the action.
constexpr std::int64_t barrier_run_action = std::int64_t{1} << 62;

/// @param parties 0 to 2^22 - 1
int barrier_init(std::int64_t barrier, int parties) noexcept;
/// Waits for the others; breaks the barrier if the time runs out.
/// @return 0 … parties - 1, for each another; barrier_is_broken
int barrier_wait(std::int64_t barrier, std::int64_t thread, std::int64_t timeout_ns) noexcept;
// barrier_wait() in several calls: for a barrier with an action, and for who wants to look at interrupts meanwhile.
/// Arrives. Blocks only while the action of a round runs that is complete, and breaks that if it takes too long.
/// @return a ticket for the following, perhaps with barrier_run_action; barrier_is_broken
std::int64_t barrier_arrive(std::int64_t barrier, std::int64_t thread, std::int64_t timeout_ns,
                            int has_action) noexcept;
/// @return the index, barrier_is_broken, or barrier_still_waiting if the time ran out: the caller sleeps again, or
/// calls barrier_break() and sleeps once more, for 0, to learn how it ended
int barrier_sleep(std::int64_t barrier, std::int64_t ticket, std::int64_t timeout_ns) noexcept;
/// The action is done: lets all pass. @return the index, or barrier_is_broken if that happened meanwhile
int barrier_open(std::int64_t barrier, std::int64_t ticket) noexcept;
/// Breaks the barrier if the ticket's round is still on: it took too long, was interrupted, or the action failed.
void barrier_break(std::int64_t barrier, std::int64_t ticket) noexcept;
int barrier_abort(std::int64_t barrier) noexcept;
int barrier_reset(std::int64_t barrier) noexcept;
int barrier_broken(std::int64_t barrier) noexcept;
int barrier_parties(std::int64_t barrier) noexcept;
int barrier_waiting(std::int64_t barrier) noexcept;
/// Ends this process as _exit(2) does, but in good order: barriers that it took part in do not break because it is gone,
/// and the socket that HotSpot made for jcmd is removed, as HotSpot does in its own end.
/// @param really as with close_stdin()
void end_process(int really, int code) noexcept;

// What a blocked acquire does about a deadlock that it is part of.
constexpr int deadlock_ignore = 0;
constexpr int deadlock_report = 1;
constexpr int deadlock_throw = 2;
/// To answer -EDEADLK instead of writing to stderr, once for each wait, that is for each `since`: the caller reports it
/// and goes on with the same `since`.
constexpr int deadlock_tell = 3;
/// For all of this process. At first deadlock_report, after a second.
/// @param action deadlock_…; to report is to write to stderr, once for each wait
void deadlock_action(int action, std::int64_t after_ns) noexcept;
/// All deadlocks that processes reachable from `pid` (0: this one) are in: those that share locks with it, with those,
/// and so on. As lines of text, a cycle's members in order, tab-separated:
///   CYCLE-NUMBER PID THREAD WAITS-FOR-NAME WAITS-FOR-ADDRESS
/// THREAD as in lock_owner_thread(); each waits for what the next holds, the last for what the first holds.
/// ADDRESS is `inode:offset` of the memory.
/// @return the length of the whole text, of which `capacity` bytes at most were copied; -ESRCH, -EACCES
int deadlocks(int pid, std::int8_t* text, int capacity) noexcept;
/// The cycle that made this thread's last lock_acquire() answer -EDEADLK, in the same form.
int deadlock_last(std::int8_t* text, int capacity) noexcept;
/// Who holds and who waits, among the processes reachable from `pid`. Lines, tab-separated:
///   KIND NAME ADDRESS held|waits PID THREAD alive|dead COUNT NANOSECONDS
/// COUNT is the depth or the number of permits; NANOSECONDS how long it has been waiting, 0 for holders.
/// @return as deadlocks()
int locks(int pid, std::int8_t* text, int capacity) noexcept;

// queues.hpp
//
// A queue is a block from queue_allocate(), or one attached by block_attach(); the functions below take the address of
// its memory. Threads, timeouts and `since` are as above.

/// The kinds of queue_allocate().
constexpr int queue_plain = 7;
constexpr int queue_simple = 8;
constexpr int queue_joinable = 9;

/// The bytes of a queue that have to be attached.
int queue_size_in_memory() noexcept;
/// @param max_items 0: any number @param limit bytes; 0: as much as there is @return a handle of a block
std::int64_t queue_allocate(int kind, int max_items, std::int64_t limit) noexcept;
/// Whether a queue of that kind lies there. @return 1 or 0
int queue_is(std::int64_t queue, int kind) noexcept;

/// A door of a queue, private to the process, through which each operation goes that is not counted: how it is found
/// that the queue was closed meanwhile. @return the address of two words, each with the queue's address, to be freed by
/// memory_free(): what queue_put() and queue_get() take
std::int64_t queue_door(std::int64_t queue) noexcept;
/// Clears the first word. The second, at + 8, is for who is in already.
void queue_shut(std::int64_t door) noexcept;

// What putting and getting answer, if not -errno: one of these in bits 0 to 2, the flags, and the rest.
constexpr int queue_timed_out = 0;
constexpr int queue_done = 1;
/// The buffer: nothing was taken, queue_size() says what it takes.
constexpr int queue_too_small = 2;
/// The time ran out with so many bytes of the message written: it is to be put again with that number, in the same
/// thread, or given up by queue_abandon().
constexpr int queue_underway = 3;
/// The door was shut.
constexpr int queue_shut_door = 4;
constexpr int queue_status_bits = 7;
/// It was found that a message was lost with a process that died while it put it: queue_dead_writer().
constexpr int queue_lost_flag = 8;
/// The same, but it died while it took the message, in pieces: queue_dead_reader().
constexpr int queue_lost_with_reader_flag = 16;
/// Bits 8 to 15: the letter of the message. Bits 16 on: bytes, of the message or written of it.
constexpr int queue_letter_shift = 8;
constexpr int queue_bytes_shift = 16;

/// The fence that is to follow, see queues::put(), the JVM makes when it comes back to Java.
/// @param door the address of a word of the door's @param fd of the queue's block, block_fd() @param data an address
/// @param written 0, or see queue_underway
std::int64_t queue_put(std::int64_t door, int fd, std::int64_t thread, std::int64_t data, int size, int letter,
                       std::int64_t timeout_ns, std::int64_t since, std::int64_t written) noexcept;
void queue_abandon(std::int64_t queue) noexcept;
/// @param door as above @param buffer an address @param consume 0 only copies the first message
/// @param shelf 0, or where those that follow are to be copied to, if one was taken: see below
std::int64_t queue_get(std::int64_t door, std::int64_t thread, std::int64_t buffer, int capacity,
                       std::int64_t timeout_ns, std::int64_t since, int consume, std::int64_t shelf) noexcept;

// A shelf begins with an int: before queue_get() how many messages are wanted on it, after that how many there are. If
// none was taken it says nothing. From queue_shelf_first on come the messages: the head at which each is the first one
// (8 bytes), the head without it (8 bytes), its size and its letter (4 bytes each), and its bytes, up to a multiple of
// 8. It is taken by who changes the head, at queue_head_offset of the queue, from the one to the other. If then bit 0
// of the word at queue_writers_offset is set, queue_wake_writers() is to be called.

constexpr int queue_shelf_size = 4096;
constexpr int queue_shelf_first = 8;
constexpr int queue_head_offset = 128;
constexpr int queue_writers_offset = 256;
void queue_wake_writers(std::int64_t queue) noexcept;
int queue_length(std::int64_t queue) noexcept;
int queue_empty(std::int64_t queue) noexcept;
int queue_full(std::int64_t queue) noexcept;
int queue_max_items(std::int64_t queue) noexcept;
/// @return 1; 0 if it was called too often
int queue_task_done(std::int64_t queue) noexcept;
/// Whether all has been dealt with at this moment. @return 1 or 0
int queue_all_done(std::int64_t queue) noexcept;
/// Begins to wait until all has been dealt with. @return what queue_join() is to be given, in each slice
std::int64_t queue_begin_join(std::int64_t queue) noexcept;
/// @return 1, or 0 if the time ran out
int queue_join(std::int64_t queue, std::int64_t thread, std::int64_t timeout_ns, std::int64_t since,
               std::int64_t begun) noexcept;
/// How many messages were lost with processes that died.
std::int64_t queue_lost(std::int64_t queue) noexcept;
/// The pid of the process that died last while it put a message; 0: none did.
int queue_dead_writer(std::int64_t queue) noexcept;
/// The pid of the process that died last while it took a message; 0: none did.
int queue_dead_reader(std::int64_t queue) noexcept;
/// The other processes that have the queue's memory open. @param fd of its block
/// @return how many there are, of which `capacity` at most were written
int queue_others(int fd, std::int32_t* pids, int capacity) noexcept;

/// Private memory. @return its address
std::int64_t memory_allocate(int size) noexcept;
void memory_free(std::int64_t address) noexcept;

/// Whether there is a thread_barrier(). @return 1 or 0
int thread_barrier_exists() noexcept;
/// Each running thread of this process passes a full memory barrier meanwhile. Takes a microsecond, the first time ten
/// milliseconds. Source: membarrier(2). @return 0 or -errno
int thread_barrier() noexcept;

}  // namespace multiprocessing::bindings
