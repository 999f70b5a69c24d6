#include "multiprocessing/semaphore.hpp"

#include <sys/stat.h>

#include <limits>
#include <regex>
#include <vector>

#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using std::chrono::nanoseconds;

/// A semaphore in memory that is shared with children, without the help of PosixSemaphore.
class Placed {
public:
    explicit Placed(unsigned value) { sem::init(get(), value); }
    [[nodiscard]] sem_t* get() const { return reinterpret_cast<sem_t*>(block_.data()); }

private:
    Block block_ = Heap::instance().malloc(sizeof(sem_t));
};

// The operations

TEST(SemTest, CountsPermits) {
    const Placed placed(2);
    EXPECT_EQ(sem::value(placed.get()), 2);
    EXPECT_TRUE(sem::try_wait(placed.get()));
    sem::wait(placed.get());
    EXPECT_EQ(sem::value(placed.get()), 0);
    EXPECT_FALSE(sem::try_wait(placed.get()));
    sem::post(placed.get());
    EXPECT_EQ(sem::value(placed.get()), 1);
    sem::destroy(placed.get());
}

TEST(SemTest, RefusesTooManyPermits) {
    const Placed placed(SEM_VALUE_MAX);
    EXPECT_EQ(sem::value(placed.get()), SEM_VALUE_MAX);
    EXPECT_EQ(os_error([&] { sem::post(placed.get()); }), Failure(EOVERFLOW, "sem_post"));
    EXPECT_EQ(os_error([&] { sem::init(placed.get(), SEM_VALUE_MAX + 1u); }), Failure(EINVAL, "sem_init"));
    EXPECT_EQ(os_error([] { return PosixSemaphore(static_cast<unsigned>(-1)); }), Failure(EINVAL, "sem_init"));
}

TEST(SemTest, PostsUpToABound) {
    const Placed placed(0);
    EXPECT_TRUE(sem::post_bounded(placed.get(), 2));
    EXPECT_TRUE(sem::post_bounded(placed.get(), 2));
    EXPECT_FALSE(sem::post_bounded(placed.get(), 2));
    EXPECT_FALSE(sem::post_bounded(placed.get(), 1));
    EXPECT_EQ(sem::value(placed.get()), 2);
}

TEST(SemTest, WaitsForAllItsTime) {
    const Placed placed(0);
    for (const auto timeout : {1ms, 60ms}) {
        const auto start = Clock::now();
        EXPECT_FALSE(sem::wait_for(placed.get(), timeout));
        EXPECT_GE(Clock::now() - start, timeout);
    }
}

TEST(SemTest, OnlyTriesWithoutATimeout) {
    const Placed placed(1);
    EXPECT_TRUE(sem::wait_for(placed.get(), nanoseconds(-1))) << "a permit that is there is taken";
    for (const auto timeout : {nanoseconds(0), nanoseconds(-1), nanoseconds::min()}) {
        EXPECT_FALSE(sem::wait_for(placed.get(), timeout));
    }
}

TEST(SemTest, TakesAnyTimeout) {
    const Placed placed(0);
    for (const nanoseconds timeout : {nanoseconds::max(), nanoseconds(std::chrono::hours(24 * 365 * 200))}) {
        const Interrupter interrupter(2, [&] { sem::post(placed.get()); });
        EXPECT_TRUE(sem::wait_for(placed.get(), timeout));
    }
}

TEST(SemTest, WaitsAcrossSignals) {
    const Placed placed(0);
    {
        const Interrupter interrupter(5, [&] { sem::post(placed.get()); });
        sem::wait(placed.get());
        EXPECT_GE(interrupter.count(), 5);
    }
    const Interrupter interrupter(5, [&] { sem::post(placed.get()); });
    EXPECT_TRUE(sem::wait_for(placed.get(), patience));
    EXPECT_GE(interrupter.count(), 5);
}

TEST(SemTest, SignalsNeitherShortenNorProlongATimeout) {
    const Placed placed(0);
    const Interrupter interrupter(until_stopped);
    const auto start = Clock::now();
    EXPECT_FALSE(sem::wait_for(placed.get(), 100ms));
    EXPECT_GE(Clock::now() - start, 100ms);
}

TEST(SemTest, ShowsNoPermitsWhileSomebodyWaits) {
    const Placed placed(0);
    Child child([&] { EXPECT_TRUE(sem::wait_for(placed.get(), patience)); });
    ASSERT_TRUE(eventually([&] { return process_state(child.pid()) == ProcessState::sleeping; }));
    EXPECT_EQ(sem::value(placed.get()), 0);
    sem::post(placed.get());
    EXPECT_EQ(child.exitcode(), 0);
}

// Unnamed

TEST(PosixSemaphoreTest, IsSharedAcrossFork) {
    PosixSemaphore ping(0);
    PosixSemaphore pong(0);
    Child child([&] {
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(ping.wait_for(patience));
            pong.post();
        }
    });
    for (int i = 0; i < 100; ++i) {
        ping.post();
        ASSERT_TRUE(pong.wait_for(patience));
    }
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(ping.value(), 0);
    EXPECT_EQ(pong.value(), 0);
}

TEST(PosixSemaphoreTest, CopiesAreTheSame) {
    PosixSemaphore semaphore(1);
    auto copy = semaphore;
    copy.wait();
    EXPECT_EQ(semaphore.value(), 0);
    EXPECT_FALSE(semaphore.try_wait());
    EXPECT_EQ(semaphore.block().data(), copy.block().data());
}

TEST(PosixSemaphoreTest, HasABlockOfItsOwn) {
    const PosixSemaphore one(1);
    const PosixSemaphore other(1);
    EXPECT_EQ(one.block().size(), sizeof(sem_t));
    EXPECT_NE(one.block().data(), other.block().data());
}

TEST(PosixSemaphoreTest, AttachesToAnotherOne) {
    PosixSemaphore semaphore(0);
    const auto arena = Arena::attach(semaphore.block().arena()->fd());
    auto attached = PosixSemaphore::attach(arena, semaphore.block().offset());
    attached.post();
    EXPECT_TRUE(semaphore.try_wait());
    EXPECT_TRUE(semaphore.post_bounded(1));
    EXPECT_FALSE(attached.post_bounded(1));
    EXPECT_THROW(static_cast<void>(PosixSemaphore::attach(arena, arena->size())), ValueError);
}

TEST(PosixSemaphoreTest, GivesItsMemoryBack) {
    const auto before = Heap::instance().statistics().used_blocks;
    {
        const PosixSemaphore semaphore(1);
        EXPECT_EQ(Heap::instance().statistics().used_blocks, before + 1);
    }
    EXPECT_EQ(Heap::instance().statistics().used_blocks, before);
    EXPECT_THROW(PosixSemaphore(SEM_VALUE_MAX + 1u), OSError);
    EXPECT_EQ(Heap::instance().statistics().used_blocks, before);
}

TEST(PosixSemaphoreTest, LosesNoPermit) {
    constexpr int rounds = 2000;
    PosixSemaphore semaphore(0);
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 2; ++i) {
        children.push_back(std::make_unique<Child>([&] {
            for (int round = 0; round < rounds; ++round) semaphore.post();
        }));
        children.push_back(std::make_unique<Child>([&] {
            for (int round = 0; round < rounds - 1; ++round) EXPECT_TRUE(semaphore.wait_for(patience));
        }));
    }
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0);
    EXPECT_EQ(semaphore.value(), 2);
}

// Named

std::filesystem::path file_of(const std::string& name) {
    return "/dev/shm/sem." + name.substr(1);
}

class NamedSemaphoreTest : public ::testing::Test {
protected:
    void TearDown() override {
        EXPECT_FALSE(std::filesystem::exists(file_of(name_))) << "each test unlinks what it made";
        ::sem_unlink(name_.c_str());
    }
    const std::string name_ = NamedSemaphore::make_name();
};

TEST_F(NamedSemaphoreTest, NamesAreFreshAndOfPythonsForm) {
    const std::regex form("/mp-[a-z0-9_]{8}");
    std::set<std::string> names;
    for (int i = 0; i < 200; ++i) {
        const auto name = NamedSemaphore::make_name();
        EXPECT_TRUE(std::regex_match(name, form)) << name;
        names.insert(name);
    }
    EXPECT_EQ(names.size(), 200u);
}

TEST_F(NamedSemaphoreTest, IsThereUntilItIsUnlinked) {
    auto made = NamedSemaphore::create(name_, 3);
    EXPECT_EQ(made.name(), name_);
    EXPECT_EQ(made.value(), 3);
    struct stat status {};
    ASSERT_EQ(::stat(file_of(name_).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_EQ(status.st_size, 32);
    NamedSemaphore::unlink(name_);
    EXPECT_EQ(os_error([&] { return NamedSemaphore::open(name_); }), Failure(ENOENT, "sem_open"));
    made.wait();
    EXPECT_TRUE(made.try_wait()) << "who has it open keeps it";
    EXPECT_EQ(made.value(), 1);
}

TEST_F(NamedSemaphoreTest, OutlivesTheObject) {
    NamedSemaphore::create(name_, 0).post();
    EXPECT_EQ(NamedSemaphore::open(name_).value(), 1);
    NamedSemaphore::unlink(name_);
}

TEST_F(NamedSemaphoreTest, IsMadeOnce) {
    const auto made = NamedSemaphore::create(name_, 1);
    EXPECT_EQ(os_error([&] { return NamedSemaphore::create(name_, 5); }), Failure(EEXIST, "sem_open"));
    EXPECT_EQ(made.value(), 1);
    NamedSemaphore::unlink(name_);
}

TEST_F(NamedSemaphoreTest, ReportsWhatIsNotThere) {
    EXPECT_EQ(os_error([&] { return NamedSemaphore::open(name_); }), Failure(ENOENT, "sem_open"));
    EXPECT_EQ(os_error([&] { NamedSemaphore::unlink(name_); }), Failure(ENOENT, "sem_unlink"));
}

TEST_F(NamedSemaphoreTest, ReportsBadArguments) {
    EXPECT_EQ(os_error([&] { return NamedSemaphore::create(name_, SEM_VALUE_MAX + 1u); }), Failure(EINVAL, "sem_open"));
    EXPECT_EQ(os_error([] { return NamedSemaphore::create("/", 1); }), Failure(EINVAL, "sem_open"));
    EXPECT_EQ(os_error([] { return NamedSemaphore::create("/" + std::string(300, 'n'), 1); }).second, "sem_open");
}

TEST_F(NamedSemaphoreTest, JoinsUnrelatedProcesses) {
    Gate made;
    Child child([&] {
        ASSERT_TRUE(made.pass());
        auto opened = NamedSemaphore::open(name_);
        ASSERT_TRUE(opened.wait_for(patience));
        NamedSemaphore::unlink(name_);
    });
    auto semaphore = NamedSemaphore::create(name_, 0);
    made.open();
    semaphore.post();
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_FALSE(semaphore.wait_for(1ms)) << "its permit was taken";
}

TEST_F(NamedSemaphoreTest, MovesWithItsName) {
    auto one = NamedSemaphore::create(name_, 1);
    NamedSemaphore::unlink(name_);
    auto moved = std::move(one);
    EXPECT_EQ(moved.name(), name_);
    EXPECT_EQ(moved.value(), 1);
    const auto second_name = NamedSemaphore::make_name();
    auto other = NamedSemaphore::create(second_name, 2);
    NamedSemaphore::unlink(second_name);
    moved = std::move(other);
    EXPECT_EQ(moved.name(), second_name);
    EXPECT_EQ(moved.value(), 2);
}

}  // namespace
}  // namespace multiprocessing
