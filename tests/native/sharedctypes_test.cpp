#include "multiprocessing/sharedctypes.hpp"

#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using ::testing::ElementsAre;

struct Point {
    double x;
    double y;
    int tag;
    friend bool operator==(const Point&, const Point&) = default;
};

template <typename T>
std::vector<T> elements(const RawArray<T>& raw) {
    return {raw.begin(), raw.end()};
}

/// Runs one function in several children at once.
template <typename Body>
void in_children(int count, const Body& body) {
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < count; ++i) children.push_back(std::make_unique<Child>(body));
    for (auto& child : children) EXPECT_EQ(child->exitcode(), 0);
}

TEST(TypecodeTest, HaveTheSizesOfC) {
    const std::vector<std::pair<char, std::size_t>> sizes{
        {'c', 1}, {'b', 1}, {'B', 1}, {'u', sizeof(wchar_t)}, {'h', 2}, {'H', 2}, {'i', 4},
        {'I', 4}, {'l', sizeof(long)}, {'L', sizeof(long)}, {'q', 8}, {'Q', 8}, {'f', 4}, {'d', 8}};
    for (const auto& [typecode, size] : sizes) EXPECT_EQ(typecode_size(typecode), size) << typecode;
}

TEST(TypecodeTest, OthersAreRefused) {
    EXPECT_EQ(message<ValueError>([] { return typecode_size('x'); }),
              "bad typecode 'x' (must be one of c u b B h H i I l L q Q f d)");
    EXPECT_THROW(static_cast<void>(typecode_size('\0')), ValueError);
    EXPECT_THROW(static_cast<void>(typecode_size('C')), ValueError);
}

// One value

TEST(RawValueTest, IsZeroAtFirst) {
    { RawValue<long>(-1).value() = -1; }  // its memory is used again
    EXPECT_EQ(RawValue<long>().value(), 0);
    EXPECT_EQ(RawValue<Point>().value(), Point());
}

TEST(RawValueTest, IsPlainMemory) {
    RawValue<int> raw(7);
    EXPECT_EQ(raw.value(), 7);
    raw.value() += 2;
    EXPECT_EQ(std::as_const(raw).value(), 9);
    EXPECT_EQ(reinterpret_cast<std::byte*>(&raw.value()), raw.block().data());
    EXPECT_EQ(raw.block().size(), sizeof(int));
}

TEST(RawValueTest, IsSharedWithAChild) {
    RawValue<int> raw(1);
    Child child([&] { raw.value() = 2; });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(raw.value(), 2);
}

TEST(RawValueTest, CopiesAreTheSameMemory) {
    RawValue<int> raw(1);
    auto copy = raw;
    copy.value() = 5;
    EXPECT_EQ(raw.value(), 5);
}

TEST(RawValueTest, AttachesToAnother) {
    RawValue<int> raw(1);
    const auto arena = Arena::attach(raw.block().arena()->fd());
    auto attached = RawValue<int>::attach(arena, raw.block().offset());
    EXPECT_NE(&attached.value(), &raw.value());
    attached.value() = 11;
    EXPECT_EQ(raw.value(), 11);
    EXPECT_THROW(static_cast<void>(RawValue<int>::attach(arena, arena->size() - 2)), ValueError);
}

TEST(RawValueTest, AddsAtomically) {
    RawValue<long> raw(10);
    EXPECT_EQ(raw.fetch_add(5), 10);
    EXPECT_EQ(raw.fetch_add(-20), 15);
    EXPECT_EQ(raw.value(), -5);
}

TEST(RawValueTest, ComparesAndSetsAtomically) {
    RawValue<int> raw(1);
    EXPECT_FALSE(raw.compare_and_set(2, 3));
    EXPECT_EQ(raw.value(), 1);
    EXPECT_TRUE(raw.compare_and_set(1, 3));
    EXPECT_EQ(raw.value(), 3);
    RawValue<double> real(0.5);
    EXPECT_TRUE(real.compare_and_set(0.5, 1.5));
    EXPECT_FALSE(real.compare_and_set(0.5, 2.5));
    EXPECT_EQ(real.value(), 1.5);
}

TEST(RawValueTest, LosesNoAtomicAdditionOfSeveralProcesses) {
    constexpr int rounds = 20'000;
    RawValue<long> sum;
    in_children(4, [&] {
        for (int i = 0; i < rounds; ++i) sum.fetch_add(3);
    });
    EXPECT_EQ(sum.value(), 4L * rounds * 3);
}

TEST(RawValueTest, LosesNoStepThatIsComparedAndSet) {
    constexpr int rounds = 5000;
    RawValue<int> steps;
    in_children(4, [&] {
        for (int i = 0; i < rounds; ++i) {
            for (int seen = 0; !steps.compare_and_set(seen, seen + 1);) seen = steps.fetch_add(0);
        }
    });
    EXPECT_EQ(steps.value(), 4 * rounds);
}

TEST(ValueTest, IsReadAndWritten) {
    Value<int> value(3);
    EXPECT_EQ(value.get(), 3);
    value.set(4);
    EXPECT_EQ(value.get(), 4);
    EXPECT_EQ(value.get_obj().value(), 4);
    EXPECT_EQ(Value<double>().get(), 0.0);
}

TEST(ValueTest, WrapsAround) {
    Value<std::uint8_t> value(250);
    EXPECT_EQ(value.fetch_add(10), 250);
    EXPECT_EQ(value.get(), 4);
}

TEST(ValueTest, HoldsAStruct) {
    Value<Point> value(Point{1.5, 2.5, 3});
    Child child([&] { value.set({value.get().y, value.get().x, 4}); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(value.get(), (Point{2.5, 1.5, 4}));
    value.get_obj().value().tag = 5;
    EXPECT_EQ(value.get().tag, 5);
}

TEST(ValueTest, ReadingAndWritingTakeTheLock) {
    Value<int> value(1);
    value.get_lock().acquire();
    std::atomic<int> done{0};
    std::thread reader([&] { done += value.get(); });
    std::thread writer([&] {
        value.set(1);
        ++done;
    });
    EXPECT_EQ(value.get(), 1) << "the owner may, the lock is recursive";
    EXPECT_EQ(done, 0);
    value.get_lock().release();
    reader.join();
    writer.join();
    EXPECT_EQ(done, 2);
}

TEST(ValueTest, DoesNotReadWhileAnotherProcessHoldsTheLock) {
    Value<int> value(0);
    value.get_lock().acquire();
    Child child([&] { EXPECT_EQ(value.get(), 2); });
    ASSERT_TRUE(eventually([&] { return process_state(child.pid()) == ProcessState::sleeping; }));
    value.set(1);
    value.set(2);
    value.get_lock().release();
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(ValueTest, UsesALockThatExists) {
    RLock lock;
    Value<int> one(1, lock);
    Value<int> other(2, lock);
    EXPECT_EQ(one.get_lock().block().data(), lock.block().data());
    const std::lock_guard guard{one.get_lock()};
    EXPECT_TRUE(other.get_lock().locked());
}

TEST(ValueTest, PutsALockAroundARawValue) {
    RawValue<int> raw(5);
    Value<int> value(raw);
    value.set(6);
    EXPECT_EQ(raw.value(), 6);
    Value<int> again(raw, value.get_lock());
    const std::lock_guard guard{value.get_lock()};
    EXPECT_TRUE(again.get_lock().locked());
}

TEST(ValueTest, LosesNothingUnderItsLock) {
    constexpr int rounds = 3000;
    Value<int> value(0);
    in_children(4, [&] {
        for (int i = 0; i < rounds; ++i) {
            const std::lock_guard guard{value.get_lock()};
            value.set(value.get() + 1);
        }
    });
    EXPECT_EQ(value.get(), 4 * rounds);
}

TEST(ValueTest, LosesNoAtomicAddition) {
    constexpr int rounds = 20'000;
    Value<long long> value(0);
    in_children(4, [&] {
        for (int i = 0; i < rounds; ++i) value.fetch_add(1);
    });
    EXPECT_EQ(value.get(), 4 * rounds);
}

// Arrays

TEST(RawArrayTest, IsZeroAtFirst) {
    { RawArray<int> used{1, 2, 3, 4}; }  // its memory is used again
    const RawArray<int> raw(4);
    EXPECT_THAT(elements(raw), ElementsAre(0, 0, 0, 0));
    EXPECT_EQ(raw.size(), 4u);
}

TEST(RawArrayTest, CopiesItsInitializer) {
    EXPECT_THAT(elements(RawArray<int>{3, 1, 2}), ElementsAre(3, 1, 2));
    std::vector<double> values{0.5, 1.5};
    const RawArray<double> raw{std::span<const double>(values)};
    values[0] = 9;
    EXPECT_THAT(elements(raw), ElementsAre(0.5, 1.5));
}

TEST(RawArrayTest, CountsNegativeIndicesFromTheEnd) {
    const RawArray<int> raw{10, 20, 30};
    EXPECT_EQ(raw[0], 10);
    EXPECT_EQ(raw[2], 30);
    EXPECT_EQ(raw[-1], 30);
    EXPECT_EQ(raw[-3], 10);
    raw[-1] = 33;
    EXPECT_EQ(raw[2], 33);
}

TEST(RawArrayTest, RefusesOtherIndices) {
    const RawArray<int> raw(3);
    constexpr auto limits = std::numeric_limits<std::ptrdiff_t>();
    for (const std::ptrdiff_t index : {std::ptrdiff_t{3}, std::ptrdiff_t{-4}, limits.max(), limits.min()}) {
        EXPECT_EQ(message<std::out_of_range>([&] { return raw[index]; }), "invalid index") << index;
    }
}

TEST(RawArrayTest, MayBeEmpty) {
    const RawArray<int> raw(0);
    EXPECT_EQ(raw.size(), 0u);
    EXPECT_EQ(raw.begin(), raw.end());
    EXPECT_THROW(static_cast<void>(raw[0]), std::out_of_range);
    EXPECT_THROW(static_cast<void>(raw[-1]), std::out_of_range);
}

TEST(RawArrayTest, RefusesASizeBeyondAllMemory) {
    constexpr auto wraps = (std::size_t{1} << 62) + 1;  // times 4 that is 4
    EXPECT_THROW(RawArray<int>(std::size_t{wraps}), ValueError);
    const RawArray<int> raw(4);
    EXPECT_THROW(static_cast<void>(RawArray<int>::attach(raw.block().arena(), 0, wraps)), ValueError);
    EXPECT_EQ(os_error([] { return RawArray<int>(std::size_t{1} << 43); }).first, ENOMEM);
}

TEST(RawArrayTest, AttachesToAnother) {
    const RawArray<int> raw{1, 2, 3};
    const auto arena = Arena::attach(raw.block().arena()->fd());
    const auto attached = RawArray<int>::attach(arena, raw.block().offset(), 3);
    EXPECT_THAT(elements(attached), ElementsAre(1, 2, 3));
    attached[1] = 22;
    EXPECT_EQ(raw[1], 22);
    EXPECT_THROW(static_cast<void>(RawArray<int>::attach(arena, 0, arena->size())), ValueError);
}

TEST(ArrayTest, IsReadAndWritten) {
    Array<int> array{1, 2, 3};
    EXPECT_EQ(array.size(), 3u);
    EXPECT_EQ(array.get(0), 1);
    array.set(-1, 33);
    EXPECT_EQ(array.get(2), 33);
    EXPECT_THAT(array.copy(), ElementsAre(1, 2, 33));
    EXPECT_THAT(elements(array.get_obj()), ElementsAre(1, 2, 33));
    EXPECT_THAT(Array<double>(2).copy(), ElementsAre(0.0, 0.0));
}

TEST(ArrayTest, RefusesOtherIndicesAndStaysUsable) {
    Array<int> array(2);
    EXPECT_EQ(message<std::out_of_range>([&] { return array.get(2); }), "invalid index");
    EXPECT_EQ(message<std::out_of_range>([&] { array.set(-3, 1); }), "invalid index");
    EXPECT_FALSE(array.get_lock().locked());
}

TEST(ArrayTest, AssignsOnlyWhatHasItsSize) {
    Array<int> array{1, 2, 3};
    array.assign(std::vector{4, 5, 6});
    EXPECT_THAT(array.copy(), ElementsAre(4, 5, 6));
    const std::string refused = "Can only assign sequence of same size";
    EXPECT_EQ(message<ValueError>([&] { array.assign(std::vector{1, 2}); }), refused);
    EXPECT_EQ(message<ValueError>([&] { array.assign(std::vector{1, 2, 3, 4}); }), refused);
    EXPECT_EQ(message<ValueError>([&] { array.assign({}); }), refused);
    EXPECT_THAT(array.copy(), ElementsAre(4, 5, 6));
}

TEST(ArrayTest, HoldsStructs) {
    Array<Point> array(2);
    Child child([&] { array.set(1, {1, 2, 3}); });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(array.get(0), Point());
    EXPECT_EQ(array.get(1), (Point{1, 2, 3}));
}

TEST(ArrayTest, EachProcessFillsItsPart) {
    Array<int> array(100);
    for (int part = 0; part < 4; ++part) {
        Child child([&] {
            for (int i = part; i < 100; i += 4) array.set(i, i * i);
        });
        EXPECT_EQ(child.exitcode(), 0);
    }
    for (int i = 0; i < 100; ++i) ASSERT_EQ(array.get(i), i * i);
}

TEST(ArrayTest, CopiesAreNeverHalfAssigned) {
    constexpr std::size_t size = 1000;
    Array<int> array(size);
    Child child([&] {
        for (int round = 1; round <= 500; ++round) array.assign(std::vector<int>(size, round));
    });
    while (process_state(child.pid()) != ProcessState::zombie) {
        const auto seen = array.copy();
        ASSERT_EQ(std::ranges::count(seen, seen.front()), static_cast<std::ptrdiff_t>(size));
    }
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_EQ(array.get(0), 500);
}

TEST(ArrayTest, PutsALockAroundARawArray) {
    const RawArray<int> raw{1, 2};
    RLock lock;
    Array<int> array(raw, lock);
    array.set(0, 5);
    EXPECT_EQ(raw[0], 5);
    EXPECT_EQ(array.get_lock().block().data(), lock.block().data());
    Array<int> own(raw);
    EXPECT_NE(own.get_lock().block().data(), lock.block().data());
}

TEST(ArrayTest, IsReachedFromAnotherProcessByItsParts) {
    Array<int> array{1, 2, 3};
    const auto& memory = array.get_obj().block();
    const auto& lock = array.get_lock().block();
    Child child([&] {
        Array<int> attached(RawArray<int>::attach(Arena::attach(memory.arena()->fd()), memory.offset(), 3),
                            RLock::attach(Arena::attach(lock.arena()->fd()), lock.offset()));
        const std::lock_guard guard{attached.get_lock()};
        EXPECT_TRUE(array.get_lock().locked());
        for (int i = 0; i < 3; ++i) attached.set(i, attached.get(i) * 10);
    });
    EXPECT_EQ(child.exitcode(), 0);
    EXPECT_THAT(array.copy(), ElementsAre(10, 20, 30));
    EXPECT_FALSE(array.get_lock().locked());
}

}  // namespace
}  // namespace multiprocessing
