#include "multiprocessing/bindings.hpp"

#include <fcntl.h>
#include <signal.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bindings_support.hpp"
#include "multiprocessing/heap.hpp"
#include "multiprocessing/pipe.hpp"
#include "multiprocessing/process.hpp"
#include "multiprocessing/reduction.hpp"
#include "multiprocessing/semaphore.hpp"

namespace multiprocessing::bindings {
namespace {

std::int64_t packed(int low, int high) noexcept {
    return std::int64_t{high} << 32 | static_cast<std::uint32_t>(low);
}

}  // namespace

int failed_call(std::int8_t* name, int capacity) noexcept {
    return copy(last_call, name, capacity);
}

int error_text(int error, std::int8_t* text, int capacity) noexcept {
    const char* name = ::strerrorname_np(error);
    const char* meaning = ::strerrordesc_np(error);
    if (name == nullptr || meaning == nullptr) return copy("unknown error", text, capacity);
    const int length = copy(name, text, capacity);
    const int colon = copy(": ", text + length, capacity - length);
    return length + colon + copy(meaning, text + length + colon, capacity - length - colon);
}

std::int64_t waitpid(int pid, std::int64_t timeout_ns) noexcept {
    return guarded("waitpid", [=]() -> std::int64_t {
        if (timeout_ns < 0) return multiprocessing::waitpid(pid).raw();
        const auto status = multiprocessing::waitpid(pid, std::chrono::nanoseconds(timeout_ns));
        return status ? status->raw() : still_running;
    });
}

int pidfd_open(int pid) noexcept {
    return guarded("pidfd_open", [=] { return multiprocessing::pidfd_open(pid).release(); });
}

int kill(int pid, int signal) noexcept {
    return guarded("kill", [=] {
        multiprocessing::kill(pid, signal);
        return 0;
    });
}

int signal_at_end_of(int pidfd, int signal) noexcept {
    return guarded("signal_at_end_of", [=] {
        multiprocessing::signal_at_end_of(pidfd, signal);
        return 0;
    });
}

int ignore_signal(int signal) noexcept {
    return ::signal(signal, SIG_IGN) == SIG_ERR ? failed<int>(errno, "signal") : 0;
}

int getpid() noexcept {
    return multiprocessing::getpid();
}

int getppid() noexcept {
    return multiprocessing::getppid();
}

int cpu_count() noexcept {
    return multiprocessing::cpu_count();
}

void exit_immediately(int code) noexcept {
    ::_exit(code);
}

int process_state(int pid) noexcept {
    return guarded("open", [=] {
        const auto state = multiprocessing::process_state(pid);
        return state ? static_cast<int>(*state) : 0;
    });
}

std::int64_t process_start_time(int pid) noexcept {
    return guarded("open", [=] {
        return static_cast<std::int64_t>(multiprocessing::process_start_time(pid).value_or(0));
    });
}

int spawn(const std::int8_t* strings, int argument_count, int environment_count, const std::int32_t* keep_fds,
          int keep_count, int stdin_fd) noexcept {
    return guarded("posix_spawn", [=] {
        const char* at = reinterpret_cast<const char*>(strings);
        const auto next = [&at] {
            std::string string(at);
            at += string.size() + 1;
            return string;
        };
        SpawnOptions options;
        options.path = next();
        for (int i = 0; i < argument_count; ++i) options.arguments.push_back(next());
        if (environment_count >= 0) options.environment.emplace();
        for (int i = 0; i < environment_count; ++i) options.environment->push_back(next());
        options.keep_fds.assign(keep_fds, keep_fds + keep_count);
        options.stdin_fd = stdin_fd;
        return multiprocessing::spawn(options);
    });
}

std::int64_t pipe() noexcept {
    return guarded("pipe2", [] {
        auto ends = multiprocessing::pipe();
        return packed(ends.reader.release(), ends.writer.release());
    });
}

std::int64_t socketpair() noexcept {
    return guarded("socketpair", [] {
        auto [one, other] = multiprocessing::socketpair();
        return packed(one.release(), other.release());
    });
}

int close(int fd) noexcept {
    // Not repeated after EINTR: on Linux the descriptor is gone then, and the number may be somebody else's.
    if (::close(fd) == 0 || errno == EINTR) return 0;
    return failed<int>(errno, "close");
}

int duplicate(int fd) noexcept {
    return guarded("fcntl", [=] {
        Fd borrowed(fd);
        struct Lend {
            Fd& fd;
            ~Lend() { static_cast<void>(fd.release()); }
        } lend{borrowed};
        return borrowed.duplicate().release();
    });
}

int read(int fd, std::int8_t* buffer, int size) noexcept {
    return guarded("read", [=] {
        const auto got = retry([=] { return ::read(fd, buffer, static_cast<std::size_t>(size)); });
        return static_cast<int>(check(got, "read"));
    });
}

int write_all(int fd, const std::int8_t* data, int size) noexcept {
    return guarded("write", [=] {
        multiprocessing::write_all(fd, std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
        return 0;
    });
}

int wait_readable(int fd, std::int64_t timeout_ms) noexcept {
    return guarded("poll", [=] { return static_cast<int>(multiprocessing::wait_readable(fd, timeout_ms)); });
}

int wait_any_readable(const std::int32_t* fds, std::int8_t* ready, int count, std::int64_t timeout_ms) noexcept {
    return guarded("poll", [=] {
        const auto size = static_cast<std::size_t>(count);
        const auto flags = std::make_unique<bool[]>(size);
        const auto found = multiprocessing::wait_readable({fds, size}, {flags.get(), size}, timeout_ms);
        std::copy_n(flags.get(), size, ready);
        return static_cast<int>(found);
    });
}

int shutdown_read(int socket) noexcept {
    return ::shutdown(socket, SHUT_RD) == 0 ? 0 : failed<int>(errno, "shutdown");
}

int redirect(int fd, int to) noexcept {
    return guarded("dup2", [=] {
        check(retry([=] { return ::dup2(fd, to); }), "dup2");
        return 0;
    });
}

int close_stdin(int really) noexcept {
    if (really == 0) return 0;
    return guarded("open", [] {
        const Fd null(check(retry([] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }), "open"));
        return redirect(null.get(), STDIN_FILENO);
    });
}

int send_fds(int socket, const std::int32_t* fds, int count) noexcept {
    return guarded("sendmsg", [=] {
        multiprocessing::send_fds(socket, {fds, static_cast<std::size_t>(count)});
        return 0;
    });
}

int receive_fds(int socket, std::int32_t* fds, int capacity) noexcept {
    return guarded("recvmsg", [=] {
        auto received = multiprocessing::receive_fds(socket);
        if (received.size() > static_cast<std::size_t>(capacity)) throw OSError(EMSGSIZE, "recvmsg");
        std::ranges::transform(received, fds, [](Fd& fd) { return fd.release(); });
        return static_cast<int>(received.size());
    });
}

std::int64_t map_shared(std::int64_t size) noexcept {
    constexpr int flags = MAP_SHARED | MAP_ANONYMOUS;
    void* data = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, flags, -1, 0);
    return data == MAP_FAILED ? failed<std::int64_t>(errno, "mmap") : reinterpret_cast<std::int64_t>(data);
}

int unmap(std::int64_t address, std::int64_t size) noexcept {
    return ::munmap(pointer<void>(address), static_cast<std::size_t>(size)) == 0 ? 0 : failed<int>(errno, "munmap");
}

void heap_trim() noexcept {
    Heap::instance().trim();
    Heap::locks().trim();
}

void malloc_trim() noexcept {
    ::malloc_trim(0);
}

std::int64_t block_allocate(std::int64_t size) noexcept {
    return guarded("malloc", [=] { return handle(Heap::instance().malloc(static_cast<std::size_t>(size))); });
}

std::int64_t block_attach(int fd, std::int64_t offset, std::int64_t size) noexcept {
    return guarded("mmap", [=] {
        const auto arena = Arena::attach(fd);
        return handle(Block::attach(arena, static_cast<std::size_t>(offset), static_cast<std::size_t>(size)));
    });
}

std::int64_t block_attach_from(int pid, int fd, std::int64_t offset, std::int64_t size) noexcept {
    return guarded("open", [=] {
        const auto arena = Arena::attach(pid, fd);
        return handle(Block::attach(arena, static_cast<std::size_t>(offset), static_cast<std::size_t>(size)));
    });
}

std::int64_t block_address(std::int64_t handle) noexcept {
    return reinterpret_cast<std::int64_t>(block(handle).data());
}

std::int64_t block_offset(std::int64_t handle) noexcept {
    return static_cast<std::int64_t>(block(handle).offset());
}

int block_fd(std::int64_t handle) noexcept {
    return block(handle).arena()->fd();
}

void block_retire(std::int64_t handle) noexcept {
    held(handle).block = Block();
}

void block_release(std::int64_t handle) noexcept {
    delete &held(handle);
}

int semaphore_init(std::int64_t semaphore, int value) noexcept {
    return guarded("sem_init", [=] {
        sem::init(pointer<sem_t>(semaphore), static_cast<unsigned>(value));
        return 0;
    });
}

int semaphore_destroy(std::int64_t semaphore) noexcept {
    return guarded("sem_destroy", [=] {
        sem::destroy(pointer<sem_t>(semaphore));
        return 0;
    });
}

int semaphore_wait(std::int64_t semaphore) noexcept {
    return guarded("sem_wait", [=] {
        sem::wait(pointer<sem_t>(semaphore));
        return 0;
    });
}

int semaphore_try_wait(std::int64_t semaphore) noexcept {
    return guarded("sem_trywait", [=] { return static_cast<int>(sem::try_wait(pointer<sem_t>(semaphore))); });
}

int semaphore_timed_wait(std::int64_t semaphore, std::int64_t timeout_ns) noexcept {
    return guarded("sem_clockwait", [=] {
        return static_cast<int>(sem::wait_for(pointer<sem_t>(semaphore), std::chrono::nanoseconds(timeout_ns)));
    });
}

int semaphore_post(std::int64_t semaphore) noexcept {
    return guarded("sem_post", [=] {
        sem::post(pointer<sem_t>(semaphore));
        return 0;
    });
}

int semaphore_post_bounded(std::int64_t semaphore, int bound) noexcept {
    return guarded("sem_post", [=] { return static_cast<int>(sem::post_bounded(pointer<sem_t>(semaphore), bound)); });
}

int semaphore_value(std::int64_t semaphore) noexcept {
    return guarded("sem_getvalue", [=] { return sem::value(pointer<sem_t>(semaphore)); });
}

}  // namespace multiprocessing::bindings
