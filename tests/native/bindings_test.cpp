#include "multiprocessing/bindings.hpp"

#include <semaphore.h>

#include <cstring>
#include <limits>
#include <vector>

#include "multiprocessing/heap.hpp"
#include "support.hpp"

namespace multiprocessing::bindings {
namespace {

using namespace test;

std::string call_that_failed() {
    std::int8_t name[64];
    return {reinterpret_cast<const char*>(name), static_cast<std::size_t>(failed_call(name, sizeof name))};
}

std::string text_of(int error, int capacity = 200) {
    std::vector<std::int8_t> text(200);
    return {reinterpret_cast<const char*>(text.data()),
            static_cast<std::size_t>(error_text(error, text.data(), capacity))};
}

/// -errno, and the call that it was.
Failure failure(std::int64_t result) {
    return {static_cast<int>(-result), call_that_failed()};
}

template <typename T>
T* at(std::int64_t address) {
    return reinterpret_cast<T*>(address);
}

const std::int8_t* text(const std::string& string) {
    return reinterpret_cast<const std::int8_t*>(string.data());
}

// Errors

TEST(BindingsErrorTest, NamesTheCallThatFailedLast) {
    EXPECT_EQ(close(-1), -EBADF);
    EXPECT_EQ(call_that_failed(), "close");
    EXPECT_EQ(kill(multiprocessing::getpid(), 0), 0);
    EXPECT_EQ(call_that_failed(), "close") << "success changes nothing";
    EXPECT_EQ(semaphore_init(map_shared(4096), -1), -EINVAL);
    EXPECT_EQ(call_that_failed(), "sem_init");
    EXPECT_EQ(duplicate(-1), -EBADF);
    EXPECT_EQ(call_that_failed(), "fcntl") << "the shorter name leaves nothing of the longer";
}

TEST(BindingsErrorTest, CutsTheNameToItsRoom) {
    EXPECT_EQ(close(-1), -EBADF);
    std::int8_t name[4] = {1, 1, 1, 1};
    EXPECT_EQ(failed_call(name, 3), 3);
    EXPECT_EQ(std::memcmp(name, "clo\1", 4), 0);
    EXPECT_EQ(failed_call(name, 0), 0);
    EXPECT_EQ(failed_call(name, -1), 0);
}

TEST(BindingsErrorTest, KeepsTheNameForEachThread) {
    EXPECT_EQ(close(-1), -EBADF);
    std::string there = "not asked";
    std::thread([&] {
        there = call_that_failed();
        EXPECT_EQ(duplicate(-1), -EBADF);
    }).join();
    EXPECT_EQ(there, "");
    EXPECT_EQ(call_that_failed(), "close");
}

TEST(BindingsErrorTest, SaysWhatAnErrnoMeans) {
    EXPECT_EQ(text_of(ENOENT), "ENOENT: No such file or directory");
    EXPECT_EQ(text_of(EINVAL), "EINVAL: Invalid argument");
    EXPECT_EQ(text_of(-1), "unknown error");
    EXPECT_EQ(text_of(100'000), "unknown error");
}

TEST(BindingsErrorTest, CutsTheMeaningToItsRoom) {
    const std::string whole = "ENOENT: No such file or directory";
    for (int room = 0; room <= static_cast<int>(whole.size()); ++room) {
        EXPECT_EQ(text_of(ENOENT, room), whole.substr(0, static_cast<std::size_t>(room)));
    }
    EXPECT_EQ(text_of(ENOENT, -5), "");
}

// Processes

TEST(BindingsProcessTest, WaitsForAChild) {
    for (const std::int64_t timeout : {std::int64_t{-1}, std::int64_t{20'000'000'000}}) {
        const int pid = fork();
        if (pid == 0) exit_immediately(5);
        ASSERT_GT(pid, 0);
        EXPECT_EQ(waitpid(pid, timeout), 5 << 8);
        EXPECT_EQ(failure(waitpid(pid, timeout)), Failure(ECHILD, "waitpid"));
    }
}

TEST(BindingsProcessTest, WaitsNoLongerThanItShould) {
    Child child([] { linger(); });
    EXPECT_EQ(waitpid(child.pid(), 0), still_running);
    const auto start = Clock::now();
    EXPECT_EQ(waitpid(child.pid(), 20'000'000), still_running);
    EXPECT_GE(Clock::now() - start, 20ms);
    EXPECT_EQ(kill(child.pid(), SIGTERM), 0);
    EXPECT_EQ(waitpid(child.pid(), -1), SIGTERM);
    child.forget();
}

TEST(BindingsProcessTest, ReportsFailures) {
    EXPECT_EQ(failure(pidfd_open(-1)), Failure(EINVAL, "pidfd_open"));
    EXPECT_EQ(failure(kill(multiprocessing::getpid(), 1000)), Failure(EINVAL, "kill"));
    EXPECT_EQ(failure(waitpid(1, 0)), Failure(ECHILD, "waitpid"));
    EXPECT_EQ(failure(waitpid(-1, -1)), Failure(ECHILD, "waitpid"));
}

TEST(BindingsProcessTest, KnowsProcesses) {
    EXPECT_EQ(getpid(), ::getpid());
    EXPECT_EQ(getppid(), ::getppid());
    EXPECT_EQ(cpu_count(), multiprocessing::cpu_count());
    EXPECT_EQ(process_state(::getpid()), 'R');
    EXPECT_GT(process_start_time(::getpid()), 0);
    EXPECT_EQ(process_state(-1), 0);
    EXPECT_EQ(process_start_time(-1), 0);
    const Fd pidfd(pidfd_open(::getpid()));
    EXPECT_TRUE(pidfd);
}

TEST(BindingsProcessTest, ReportsThatDescriptorsRunOut) {
    const auto held = multiprocessing::pipe();
    block_release(block_allocate(64));  // now a sanitizer has seen its classes
    const auto without_descriptors = [](auto call) { return with_descriptors(0, [&] { return failure(call()); }); };
    EXPECT_EQ(without_descriptors([] { return process_state(::getpid()); }), Failure(EMFILE, "open"));
    EXPECT_EQ(without_descriptors([] { return process_start_time(::getpid()); }), Failure(EMFILE, "open"));
    EXPECT_EQ(without_descriptors([] { return pipe(); }), Failure(EMFILE, "pipe2"));
    EXPECT_EQ(without_descriptors([] { return socketpair(); }), Failure(EMFILE, "socketpair"));
    EXPECT_EQ(without_descriptors([&] { return duplicate(held.reader.get()); }), Failure(EMFILE, "fcntl"));
    EXPECT_EQ(without_descriptors([] { return block_allocate(64 << 20); }), Failure(EMFILE, "memfd_create"));
}

TEST(BindingsProcessTest, SpawnsAProgram) {
    using std::string_literals::operator""s;
    auto out = multiprocessing::pipe();
    auto in = multiprocessing::pipe();
    write_all(in.writer.get(), text("input"), 5);
    in.writer.reset();
    const auto strings = "/bin/sh\0sh\0-c\0cat >&3; echo \" $0 $VALUE\" >&3; exit 9\0argument\0VALUE=some thing\0"s;
    const std::int32_t keep[] = {out.writer.get()};
    const int pid = spawn(text(strings), 4, 1, keep, 1, in.reader.get());
    ASSERT_GT(pid, 0);
    out.writer.reset();
    EXPECT_EQ(read_text(out.reader.get()), "input argument some thing\n");
    EXPECT_EQ(exitcode_of(pid), 9);
}

TEST(BindingsProcessTest, SpawnsWithTheEnvironmentOfThisProcess) {
    using std::string_literals::operator""s;
    Child child([] {
        ::setenv("MULTIPROCESSING_TEST", "7", 1);
        const auto strings = "/bin/sh\0sh\0-c\0exit $MULTIPROCESSING_TEST\0"s;
        EXPECT_EQ(exitcode_of(spawn(text(strings), 3, -1, nullptr, 0, -1)), 7);
    });
    EXPECT_EQ(child.exitcode(), 0);
    const auto strings = "/bin/sh\0sh\0-c\0exit ${HOME+1}0\0"s;
    EXPECT_EQ(exitcode_of(spawn(text(strings), 3, 0, nullptr, 0, -1)), 0) << "none at all";
}

TEST(BindingsProcessTest, ReportsWhatCannotBeSpawned) {
    using std::string_literals::operator""s;
    EXPECT_EQ(failure(spawn(text("/no/such/program\0x\0"s), 1, -1, nullptr, 0, -1)), Failure(ENOENT, "posix_spawn"));
    const std::int32_t keep[] = {-1};
    EXPECT_EQ(failure(spawn(text("/bin/sh\0sh\0"s), 1, -1, keep, 1, -1)), Failure(EBADF, "fcntl"));
    EXPECT_FALSE(has_children());
}

// Pipes

std::pair<Fd, Fd> unpacked(std::int64_t packed) {
    return {Fd(static_cast<int>(packed & 0xffffffff)), Fd(static_cast<int>(packed >> 32))};
}

TEST(BindingsPipeTest, ReadsWhatWasWritten) {
    auto [reader, writer] = unpacked(pipe());
    EXPECT_EQ(wait_readable(reader.get(), 0), 0);
    EXPECT_EQ(write_all(writer.get(), text("Hello"), 5), 0);
    EXPECT_EQ(wait_readable(reader.get(), 0), 1);
    std::int8_t buffer[10]{};
    EXPECT_EQ(read(reader.get(), buffer, 2), 2);
    EXPECT_EQ(read(reader.get(), buffer + 2, 8), 3) << "what is there";
    EXPECT_EQ(std::memcmp(buffer, "Hello", 6), 0);
    EXPECT_EQ(close(writer.release()), 0);
    EXPECT_EQ(wait_readable(reader.get(), -1), 1);
    EXPECT_EQ(read(reader.get(), buffer, 10), 0);
}

TEST(BindingsPipeTest, SocketsCarryBothWays) {
    const auto [one, other] = unpacked(socketpair());
    std::int8_t byte = 0;
    EXPECT_EQ(write_all(one.get(), text("a"), 1), 0);
    EXPECT_EQ(read(other.get(), &byte, 1), 1);
    EXPECT_EQ(byte, 'a');
    EXPECT_EQ(write_all(other.get(), text("b"), 1), 0);
    EXPECT_EQ(read(one.get(), &byte, 1), 1);
    EXPECT_EQ(byte, 'b');
}

TEST(BindingsPipeTest, DuplicatesAndLeavesTheOriginalOpen) {
    const auto [reader, writer] = unpacked(pipe());
    const Fd copy(duplicate(writer.get()));
    ASSERT_TRUE(copy);
    EXPECT_NE(copy.get(), writer.get());
    EXPECT_TRUE(::fcntl(copy.get(), F_GETFD) & FD_CLOEXEC);
    EXPECT_EQ(write_all(writer.get(), text("a"), 1), 0);
    EXPECT_EQ(write_all(copy.get(), text("b"), 1), 0);
    std::int8_t buffer[2];
    EXPECT_EQ(read(reader.get(), buffer, 2), 2);
}

TEST(BindingsPipeTest, ReadingGoesOnAfterASignal) {
    const auto [reader, writer] = unpacked(pipe());
    const Interrupter interrupter(3, [&, to = writer.get()] { EXPECT_EQ(write_all(to, text("x"), 1), 0); });
    std::int8_t byte = 0;
    EXPECT_EQ(read(reader.get(), &byte, 1), 1);
    EXPECT_GE(interrupter.count(), 3);
}

TEST(BindingsPipeTest, ReportsFailures) {
    const Disposition ignored(SIGPIPE, SIG_IGN);
    auto [reader, writer] = unpacked(pipe());
    reader.reset();
    std::int8_t byte = 0;
    EXPECT_EQ(failure(write_all(writer.get(), &byte, 1)), Failure(EPIPE, "write"));
    EXPECT_EQ(failure(write_all(-1, &byte, 1)), Failure(EBADF, "write"));
    EXPECT_EQ(failure(read(-1, &byte, 1)), Failure(EBADF, "read"));
    EXPECT_EQ(failure(wait_readable(-1, 0)), Failure(EBADF, "poll"));
    EXPECT_EQ(failure(close(-1)), Failure(EBADF, "close"));
}

// Memory

TEST(BindingsMemoryTest, MapsMemoryThatChildrenShare) {
    const auto address = map_shared(100);
    ASSERT_GT(address, 0);
    EXPECT_EQ(at<int>(address)[0], 0);
    Child child([=] { at<int>(address)[0] = 5; });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(at<int>(address)[0], 5);
    EXPECT_EQ(unmap(address, 100), 0);
}

TEST(BindingsMemoryTest, ReportsWhatCannotBeMapped) {
    EXPECT_EQ(failure(map_shared(0)), Failure(EINVAL, "mmap"));
    EXPECT_EQ(failure(map_shared(-1)), Failure(ENOMEM, "mmap"));
    EXPECT_EQ(failure(map_shared(std::numeric_limits<std::int64_t>::max())), Failure(ENOMEM, "mmap"));
    EXPECT_EQ(failure(unmap(1, 100)), Failure(EINVAL, "munmap"));
}

TEST(BindingsMemoryTest, AllocatesAndAttachesBlocks) {
    const auto block = block_allocate(100);
    ASSERT_GT(block, 0);
    const auto address = block_address(block);
    EXPECT_EQ(address % 64, 0);
    *at<int>(address) = 42;
    const auto other = block_attach(block_fd(block), block_offset(block), 100);
    ASSERT_GT(other, 0);
    EXPECT_NE(block_address(other), address);
    EXPECT_EQ(block_offset(other), block_offset(block));
    EXPECT_EQ(*at<int>(block_address(other)), 42);
    block_release(other);
    block_release(block);
}

TEST(BindingsMemoryTest, ReleasingFrees) {
    const auto used = [] { return Heap::instance().statistics().used_blocks; };
    const auto before = used();
    const auto block = block_allocate(100);
    EXPECT_EQ(used(), before + 1);
    block_release(block);
    EXPECT_EQ(used(), before);
}

TEST(BindingsMemoryTest, RetiringFreesAndKeepsTheMemoryMapped) {
    const auto used = [] { return Heap::instance().statistics().used_blocks; };
    const auto before = used();
    for (const std::int64_t size : {std::int64_t{100}, std::int64_t{8} << 20}) {
        const auto block = block_allocate(size);
        const auto address = block_address(block);
        *at<int>(address) = 42;
        block_retire(block);
        EXPECT_EQ(used(), before);
        *at<volatile int>(address) = 43;
        EXPECT_EQ(*at<volatile int>(address), 43);
        block_retire(block);
        block_release(block);
        EXPECT_EQ(used(), before);
    }
}

TEST(BindingsMemoryTest, ReportsWhatCannotBeAllocated) {
    EXPECT_EQ(failure(block_allocate(-1)), Failure(EINVAL, "malloc"));
    EXPECT_EQ(-block_allocate(std::int64_t{1} << 45), ENOMEM);
    EXPECT_EQ(failure(block_attach(-1, 0, 1)), Failure(EBADF, "fcntl"));
    const auto block = block_allocate(100);
    EXPECT_EQ(-block_attach(block_fd(block), std::int64_t{1} << 40, 1), EINVAL);
    EXPECT_EQ(-block_attach(block_fd(block), -64, 64), EINVAL);
    block_release(block);
}

// Semaphores

class BindingsSemaphoreTest : public ::testing::Test {
protected:
    void TearDown() override { EXPECT_EQ(unmap(semaphore_, sizeof(sem_t)), 0); }
    const std::int64_t semaphore_ = map_shared(sizeof(sem_t));
};

TEST_F(BindingsSemaphoreTest, CountsPermits) {
    EXPECT_EQ(semaphore_init(semaphore_, 1), 0);
    EXPECT_EQ(semaphore_value(semaphore_), 1);
    EXPECT_EQ(semaphore_wait(semaphore_), 0);
    EXPECT_EQ(semaphore_try_wait(semaphore_), 0);
    EXPECT_EQ(semaphore_post(semaphore_), 0);
    EXPECT_EQ(semaphore_try_wait(semaphore_), 1);
    EXPECT_EQ(semaphore_value(semaphore_), 0);
    EXPECT_EQ(semaphore_post_bounded(semaphore_, 1), 1);
    EXPECT_EQ(semaphore_post_bounded(semaphore_, 1), 0);
    EXPECT_EQ(semaphore_destroy(semaphore_), 0);
}

TEST_F(BindingsSemaphoreTest, WaitsForItsTime) {
    EXPECT_EQ(semaphore_init(semaphore_, 0), 0);
    const auto start = Clock::now();
    EXPECT_EQ(semaphore_timed_wait(semaphore_, 20'000'000), 0);
    EXPECT_GE(Clock::now() - start, 20ms);
    EXPECT_EQ(semaphore_timed_wait(semaphore_, 0), 0);
    EXPECT_EQ(semaphore_timed_wait(semaphore_, -1), 0);
    EXPECT_EQ(semaphore_post(semaphore_), 0);
    EXPECT_EQ(semaphore_timed_wait(semaphore_, std::numeric_limits<std::int64_t>::max()), 1);
}

TEST_F(BindingsSemaphoreTest, IsSharedWithAChild) {
    EXPECT_EQ(semaphore_init(semaphore_, 0), 0);
    Child child([&] { EXPECT_EQ(semaphore_post(semaphore_), 0); });
    EXPECT_EQ(semaphore_timed_wait(semaphore_, 20'000'000'000), 1);
    EXPECT_EQ(child.exitcode(), 0);
}

TEST_F(BindingsSemaphoreTest, ReportsFailures) {
    EXPECT_EQ(failure(semaphore_init(semaphore_, -1)), Failure(EINVAL, "sem_init"));
    EXPECT_EQ(semaphore_init(semaphore_, std::numeric_limits<int>::max()), 0);
    EXPECT_EQ(failure(semaphore_post(semaphore_)), Failure(EOVERFLOW, "sem_post"));
}

}  // namespace
}  // namespace multiprocessing::bindings
