#include "thread_descriptors.hpp"

#include <unistd.h>

#include <array>
#include <functional>
#include <future>
#include <thread>

#include "process_support.hpp"

namespace multiprocessing::jvm {
namespace {

/// More than the thirty-two that glibc keeps in the descriptor itself.
class Keys {
public:
    Keys() {
        for (auto& key : keys_) EXPECT_EQ(0, ::pthread_key_create(&key, nullptr));
    }
    Keys(const Keys&) = delete;
    Keys& operator=(const Keys&) = delete;
    ~Keys() {
        for (const auto key : keys_) ::pthread_key_delete(key);
    }

    [[nodiscard]] std::size_t size() const { return keys_.size(); }
    [[nodiscard]] pthread_key_t operator[](std::size_t index) const { return keys_[index]; }
    [[nodiscard]] const void* value(std::size_t index) const { return &keys_[index]; }
    void set(std::size_t index) const { EXPECT_EQ(0, ::pthread_setspecific(keys_[index], value(index))); }

private:
    std::array<pthread_key_t, 80> keys_{};
};

/// A thread that stands still once it has done something, until the end of its scope.
class StandingThread {
public:
    explicit StandingThread(std::function<void()> preparation) : thread_([this, preparation] {
        preparation();
        pointer_.set_value(__builtin_thread_pointer());
        id_.set_value(::gettid());
        leave_.get_future().wait();
    }) {}
    StandingThread(const StandingThread&) = delete;
    StandingThread& operator=(const StandingThread&) = delete;
    ~StandingThread() {
        leave_.set_value();
        thread_.join();
    }

    [[nodiscard]] void* pointer() { return pointer_.get_future().get(); }
    [[nodiscard]] pid_t id() { return id_.get_future().get(); }

private:
    std::promise<void*> pointer_;
    std::promise<pid_t> id_;
    std::promise<void> leave_;
    std::thread thread_;
};

TEST(ThreadDescriptors, KnowWhereIdsAre) {
    const ThreadDescriptors descriptors;
    StandingThread other([] {});
    EXPECT_EQ(::gettid(), *descriptors.tid(__builtin_thread_pointer()));
    EXPECT_EQ(other.id(), *descriptors.tid(other.pointer()));
}

TEST(ThreadDescriptors, TellWhatAnotherThreadHasSet) {
    const ThreadDescriptors descriptors;
    const Keys keys;
    StandingThread even([&] {
        for (std::size_t i = 0; i < keys.size(); i += 2) keys.set(i);
    });
    StandingThread none([] {});
    const auto* of_even = even.pointer();
    const auto* of_none = none.pointer();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ(i % 2 == 0 ? keys.value(i) : nullptr, descriptors.specific(of_even, keys[i])) << i;
        EXPECT_EQ(nullptr, descriptors.specific(of_none, keys[i])) << i;
    }
}

TEST(ThreadDescriptors, FindTheKeyOfAValue) {
    const ThreadDescriptors descriptors;
    const Keys keys;
    for (const auto index : {std::size_t{0}, keys.size() - 1}) {
        EXPECT_EQ(std::nullopt, descriptors.key_of(keys.value(index)));
        keys.set(index);
        EXPECT_EQ(keys[index], descriptors.key_of(keys.value(index)));
    }
}

}  // namespace
}  // namespace multiprocessing::jvm
