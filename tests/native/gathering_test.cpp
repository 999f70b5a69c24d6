#include "gathering.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "process_support.hpp"

namespace multiprocessing::jvm {
namespace {

using namespace multiprocessing::test;

constexpr std::size_t page = 4096;
constexpr std::size_t huge = std::size_t{2} << 20;
constexpr std::size_t mib = std::size_t{1} << 20;
constexpr int collapse = 25;
constexpr int install_guard = 102;

/// Private memory of its own mapping: with a page on either side that has another protection.
class Region {
public:
    explicit Region(std::size_t size, int fd = -1)
        : whole_(::mmap(nullptr, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
          size_(size),
          data_(static_cast<unsigned char*>(whole_) + page) {
        const int flags = MAP_PRIVATE | MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0);
        if (::mmap(data_, size, PROT_READ | PROT_WRITE, flags, fd, 0) == MAP_FAILED) throw_errno("mmap");
    }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    ~Region() { ::munmap(whole_, size_ + 2 * page); }

    [[nodiscard]] unsigned char* data() const { return data_; }
    [[nodiscard]] std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(data_); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] unsigned char& page_at(std::size_t index) const { return data_[index * page + index % page]; }

    void fill(unsigned seed) const {
        for (std::size_t i = 0; i < size_ / page; ++i) page_at(i) = value(i, seed);
    }
    [[nodiscard]] bool holds(unsigned seed) const {
        for (std::size_t i = 0; i < size_ / page; ++i) {
            if (page_at(i) != value(i, seed)) return false;
        }
        return true;
    }
    [[nodiscard]] bool protect(int protection) const { return ::mprotect(data_, size_, protection) == 0; }
    [[nodiscard]] bool advise(int advice) const { return ::madvise(data_, size_, advice) == 0; }

private:
    static unsigned char value(std::size_t index, unsigned seed) {
        return static_cast<unsigned char>(index * 31 + index / 256 + seed);
    }

    void* whole_;
    std::size_t size_;
    unsigned char* data_;
};

/// Gathers all that this process has but its stack, and what is mapped together with `in_use`. Again, if the kernel is
/// just busy with one of the pages.
std::size_t gather(std::array<std::uintptr_t, 2> in_use = {}, int attempts = 10, Gathered which = Gathered::all) {
    const std::array used{reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)),
                          reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()), in_use[0], in_use[1]};
    std::size_t moved = 0;
    for (int i = 0; moved == 0 && i < attempts; ++i) moved = gather_memory(which, used);
    return moved;
}

/// What the kernel says of the mapping with an address, by the name of a line of /proc/self/smaps.
std::string smaps(std::uintptr_t address, std::string_view field) {
    std::ifstream file("/proc/self/smaps");
    bool here = false;
    for (std::string line; std::getline(file, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) here = begin <= address && address < end;
        if (here && field.empty()) return line;
        if (here && line.starts_with(field)) return line.substr(field.size());
    }
    return {};
}

std::size_t resident(const Region& region) {
    std::vector<unsigned char> pages(region.size() / page);
    if (::mincore(region.data(), region.size(), pages.data()) != 0) throw_errno("mincore");
    return static_cast<std::size_t>(std::ranges::count_if(pages, [](auto one) { return (one & 1) != 0; }));
}

/// How many pages lie right behind the one before them in physical memory; 0 if this user may not know.
std::size_t side_by_side(const Region& region) {
    std::vector<std::uint64_t> entries(region.size() / page);
    std::ifstream file("/proc/self/pagemap", std::ios::binary);
    file.seekg(static_cast<std::streamoff>(region.address() / page * sizeof(std::uint64_t)));
    file.read(reinterpret_cast<char*>(entries.data()),
              static_cast<std::streamsize>(entries.size() * sizeof(std::uint64_t)));
    constexpr auto frame = (std::uint64_t{1} << 55) - 1;
    std::size_t count = 0;
    for (std::size_t i = 1; i < entries.size(); ++i) {
        if ((entries[i] & frame) != 0 && (entries[i] & frame) == (entries[i - 1] & frame) + 1) ++count;
    }
    return count;
}

/// Whether this kernel makes huge pages on demand. Without, nothing must change.
bool has_huge_pages() {
    const Region probe(2 * huge);
    const auto aligned = (probe.address() + huge - 1) / huge * huge;
    probe.fill(0);
    return eventually([&] {
        return ::madvise(reinterpret_cast<void*>(aligned), huge, collapse) == 0 || errno != EAGAIN;
    }) && ::madvise(reinterpret_cast<void*>(aligned), huge, collapse) == 0;
}

/// Gathers. @return whether it moved as much as it must
bool gathers(std::size_t size, std::array<std::uintptr_t, 2> in_use = {}) {
    const auto moved = gather(in_use);
    return has_huge_pages() ? moved >= size : moved == 0;
}

/// Each test runs in a process of its own that has one thread.
using Gathering = ProcessFixture;

TEST_F(Gathering, KeepsContentAndProtection) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region written(5 * mib), read(mib), executable(mib);
        written.fill(1);
        read.fill(2);
        executable.fill(3);
        EXPECT_TRUE(read.protect(PROT_READ) && executable.protect(PROT_READ | PROT_EXEC));
        EXPECT_TRUE(gathers(7 * mib));
        EXPECT_TRUE(written.holds(1) && read.holds(2) && executable.holds(3));
        EXPECT_THAT(smaps(written.address(), ""), ::testing::HasSubstr(" rw-p "));
        EXPECT_THAT(smaps(read.address(), ""), ::testing::HasSubstr(" r--p "));
        EXPECT_THAT(smaps(executable.address(), ""), ::testing::HasSubstr(" r-xp "));
        written.fill(4);
        EXPECT_TRUE(written.holds(4));
    }))));
}

TEST_F(Gathering, LaysPagesSideBySide) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region region(4 * mib);
        for (std::size_t i = 0; i < region.size() / page; i += 2) region.page_at(i) = 1;
        for (std::size_t i = 1; i < region.size() / page; i += 2) region.page_at(i) = 1;
        const auto before = side_by_side(region);
        EXPECT_TRUE(gathers(region.size()));
        const auto after = side_by_side(region);
        if (after == 0 || !has_huge_pages()) return;  // 0: not for this user to know
        EXPECT_GE(after, region.size() / page - 8);
        EXPECT_LT(before, after);
    }))));
}

TEST_F(Gathering, MayBeRepeated) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region region(3 * mib);
        for (unsigned round = 0; round < 5; ++round) {
            region.fill(round);
            EXPECT_TRUE(gathers(region.size()));
            EXPECT_TRUE(region.holds(round));
        }
    }))));
}

TEST_F(Gathering, ParentAndChildStayApart) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region region(4 * mib);
        region.fill(1);
        EXPECT_TRUE(gathers(region.size()));
        EXPECT_EQ(0, run(Process(checked([&] {
            EXPECT_TRUE(region.holds(1));
            region.fill(2);
            EXPECT_TRUE(region.holds(2));
        }))));
        EXPECT_TRUE(region.holds(1));
        Process reader(checked([&] { EXPECT_TRUE(region.holds(1)); }));
        reader.start();
        region.fill(3);
        EXPECT_EQ(0, exitcode_of(reader));
        EXPECT_TRUE(region.holds(3));
    }))));
}

TEST_F(Gathering, LeavesHolesAsTheyAre) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region region(8 * mib);
        for (std::size_t i = 0; i < 512; ++i) region.page_at(i) = 7;
        for (std::size_t i = 1536; i < 2048; ++i) region.page_at(i) = 8;
        const auto before = resident(region);  // more than was touched, if the kernel makes huge pages by itself
        EXPECT_TRUE(gathers(4 * mib));
        EXPECT_EQ(before, resident(region));
        EXPECT_EQ(7, region.page_at(511));
        EXPECT_EQ(0, region.page_at(1000));
        EXPECT_EQ(8, region.page_at(1536));
    }))));
}

TEST_F(Gathering, KeepsWhatAFileHolds) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Fd file(::memfd_create("gathering", MFD_CLOEXEC));
        const Region region(3 * mib, [&] {
            std::vector<std::byte> content(3 * mib, std::byte{5});
            write_all(file.get(), content);
            return file.get();
        }());
        for (std::size_t i = 0; i < region.size() / page; i += 3) region.page_at(i) = 9;
        EXPECT_TRUE(gathers(region.size() - 2 * page));
        for (std::size_t i = 0; i < region.size() / page; ++i) ASSERT_EQ(i % 3 == 0 ? 9 : 5, region.page_at(i));
        std::byte first{};
        EXPECT_EQ(1, ::pread(file.get(), &first, 1, 0));
        EXPECT_EQ(std::byte{5}, first);
    }))));
}

TEST_F(Gathering, OfFilesLeavesOtherMemoryAlone) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Fd file(::memfd_create("gathering", MFD_CLOEXEC));
        EXPECT_EQ(0, ::ftruncate(file.get(), 3 * mib));
        const Region own(3 * mib, file.get()), other(64 * mib);
        own.fill(1);
        other.fill(2);
        EXPECT_THAT(smaps(own.address(), ""), ::testing::HasSubstr("gathering"));
        const auto moved = gather({}, 10, Gathered::of_files);
        EXPECT_LT(moved, other.size());
        EXPECT_TRUE(own.holds(1) && other.holds(2));
        if (!has_huge_pages()) return;
        EXPECT_GE(moved, own.size());
        EXPECT_THAT(smaps(own.address(), ""), ::testing::Not(::testing::HasSubstr("gathering")));
    }))));
}

TEST_F(Gathering, LeavesAloneWhatIsMoreThanMemory) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region plain(3 * mib), not_inherited(mib), wiped(mib), not_dumped(mib), locked(mib), guarded(mib);
        for (const auto* region : {&plain, &not_inherited, &wiped, &not_dumped, &locked, &guarded}) region->fill(1);
        EXPECT_TRUE(not_inherited.advise(MADV_DONTFORK));
        EXPECT_TRUE(wiped.advise(MADV_WIPEONFORK));
        EXPECT_TRUE(not_dumped.advise(MADV_DONTDUMP));
        const bool is_locked = ::syscall(SYS_mlock, locked.data(), locked.size()) == 0;  // else: too much for a user
        const bool is_guarded = ::madvise(guarded.data() + guarded.size() / 2, page, install_guard) == 0;
        EXPECT_TRUE(gathers(plain.size()));
        EXPECT_THAT(smaps(not_inherited.address(), "VmFlags:"), ::testing::HasSubstr(" dc"));
        EXPECT_THAT(smaps(wiped.address(), "VmFlags:"), ::testing::HasSubstr(" wf"));
        EXPECT_THAT(smaps(not_dumped.address(), "VmFlags:"), ::testing::HasSubstr(" dd"));
        EXPECT_EQ(is_locked, smaps(locked.address(), "VmFlags:").find(" lo") != std::string::npos);
        EXPECT_TRUE(plain.holds(1) && not_inherited.holds(1) && wiped.holds(1) && not_dumped.holds(1));
        EXPECT_EQ(0, run(Process([&] { _exit(wiped.holds(1) ? 1 : 0); })));
        if (is_guarded) {
            const Fd zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
            EXPECT_EQ(-1, ::read(zeros.get(), guarded.data() + guarded.size() / 2, 1));
            EXPECT_EQ(EFAULT, errno);
        }
    }))));
}

TEST_F(Gathering, LeavesAloneWhatIsInUse) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region region(4 * mib), counted(mib);
        region.fill(1);
        counted.fill(0);
        // Somebody who writes to it all the time, in the same address space: nothing of that may be lost.
        auto& counter = *reinterpret_cast<std::atomic<std::uint64_t>*>(counted.data());
        std::atomic<bool> enough{false};
        std::uint64_t expected = 0;
        std::thread thread([&] {
            while (!enough.load()) {
                counter.fetch_add(1);
                ++expected;
            }
        });
        EXPECT_TRUE(eventually([&] { return counter.load() > 0; }));  // it maps nothing any more
        for (int round = 0; round < 3; ++round) {
            EXPECT_TRUE(gathers(region.size(), {counted.address() + counted.size() / 2,
                                                static_cast<std::uintptr_t>(thread.native_handle())}));
        }
        enough.store(true);
        thread.join();
        EXPECT_TRUE(region.holds(1));
        EXPECT_EQ(expected, counter.load());
    }))));
}

TEST_F(Gathering, ChangesNothingWithoutRoom) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region region(4 * mib);
        region.fill(1);
        rlimit limit{};
        EXPECT_EQ(0, ::getrlimit(RLIMIT_AS, &limit));
        const auto unlimited = limit;
        limit.rlim_cur = 1;
        EXPECT_EQ(0, ::setrlimit(RLIMIT_AS, &limit));
        const auto moved = gather();
        EXPECT_EQ(0, ::setrlimit(RLIMIT_AS, &unlimited));
        EXPECT_EQ(0U, moved);
        EXPECT_TRUE(region.holds(1));
        EXPECT_TRUE(gathers(region.size()));
        EXPECT_TRUE(region.holds(1));
    }))));
}

TEST_F(Gathering, ChangesNothingWhenThereAreTooManyMappings) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region region(4 * mib);
        region.fill(1);
        // Every other page with another protection is a mapping of its own, until the kernel lets there be no more.
        const Region many(std::size_t{512} * mib);
        std::size_t i = 0;
        while (i < many.size() / page && ::mprotect(many.data() + i * page, page, PROT_NONE) == 0) i += 2;
        if (i >= many.size() / page) return;  // more are allowed here
        EXPECT_EQ(ENOMEM, errno);
        EXPECT_EQ(0U, gather({}, 1));
        EXPECT_TRUE(region.holds(1));
    }))));
}

TEST_F(Gathering, LeavesNothingBehind) {
    EXPECT_EQ(0, run(Process(checked([] {
        const Region region(4 * mib);
        region.fill(1);
        const auto count_mappings = [] {
            std::ifstream file("/proc/self/maps");
            return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
        };
        EXPECT_TRUE(gathers(region.size()));
        const auto descriptors = open_descriptors();
        const auto mappings = count_mappings();
        for (int round = 0; round < 5; ++round) EXPECT_TRUE(gathers(region.size()));
        EXPECT_EQ(descriptors, open_descriptors());
        EXPECT_LE(count_mappings(), mappings + 1);
    }))));
}

}  // namespace
}  // namespace multiprocessing::jvm
