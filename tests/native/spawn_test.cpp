#include <sys/mman.h>

#include <algorithm>
#include <vector>

#include "multiprocessing/process.hpp"
#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using ::testing::ElementsAre;

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
}

SpawnOptions shell(const std::string& script) {
    return {"/bin/sh", {"sh", "-c", script}, {}, {}};
}

/// Spawns a program that writes on its descriptor 3. @return what it wrote
std::string output_of(SpawnOptions options) {
    auto ends = pipe();
    options.keep_fds.insert(options.keep_fds.begin(), ends.writer.get());
    const auto pid = spawn(options);
    ends.writer.reset();
    auto text = read_text(ends.reader.get());
    EXPECT_EQ(exitcode_of(pid), 0);
    return text;
}

/// A file in memory that holds a text, to be read from its start.
Fd file_with(std::string_view text) {
    Fd file(check(::memfd_create("test", MFD_CLOEXEC), "memfd_create"));
    write_all(file.get(), std::as_bytes(std::span(text)));
    check(::lseek(file.get(), 0, SEEK_SET), "lseek");
    return file;
}

TEST(SpawnTest, StartsAProgram) {
    const auto pid = spawn(shell("exit 42"));
    EXPECT_GT(pid, 0);
    EXPECT_EQ(exitcode_of(pid), 42);
}

TEST(SpawnTest, HandsOverTheArguments) {
    const std::string print = "printf '%s|' \"$0\" \"$@\" >&3";
    const SpawnOptions options{"/bin/sh", {"a name", "-c", print, "zero", "", "two words", "*"}, {}, {}};
    EXPECT_EQ(output_of(options), "zero||two words|*|");
    const SpawnOptions named{"/bin/sh", {"a name", "-c", "echo \"$0\" >&3"}, {}, {}};
    EXPECT_EQ(output_of(named), "a name\n");
}

TEST(SpawnTest, HandsOverTheEnvironment) {
    auto options = shell("tr '\\0' '\\n' </proc/$$/environ >&3");
    options.environment = {"ONE=1", "PATH=/bin:/usr/bin", "EMPTY=", "TEXT=a b=c"};
    EXPECT_THAT(lines(output_of(options)), ElementsAre("ONE=1", "PATH=/bin:/usr/bin", "EMPTY=", "TEXT=a b=c"));
}

TEST(SpawnTest, AnEmptyEnvironmentIsEmpty) {
    auto options = shell("/usr/bin/tr '\\0' '\\n' </proc/$$/environ >&3");
    options.environment.emplace();
    EXPECT_EQ(output_of(options), "");
}

TEST(SpawnTest, InheritsTheEnvironment) {
    Child child([] {
        ::setenv("MULTIPROCESSING_TEST", "inherited", 1);
        EXPECT_EQ(output_of(shell("echo $MULTIPROCESSING_TEST >&3")), "inherited\n");
    });
    EXPECT_EQ(child.exitcode(), 0);
}

// Descriptors

/// Lists the descriptors of the shell: the subshell is there to redirect, for which a shell opens one more.
const std::string list_descriptors = "(ls /proc/$$/fd >&3); exit 0";

TEST(SpawnTest, HandsOverTheDescriptorsThatItShould) {
    const auto other = pipe();
    auto options = shell(list_descriptors);
    EXPECT_THAT(lines(output_of(options)), ElementsAre("0", "1", "2", "3"));
    options.keep_fds = {other.reader.get(), other.writer.get(), other.reader.get()};
    EXPECT_THAT(lines(output_of(options)), ElementsAre("0", "1", "2", "3", "4", "5", "6"));
}

TEST(SpawnTest, HandsOverNoOtherDescriptor) {
    const Fd leaky(check(::memfd_create("test", 0), "memfd_create"));
    const Fd high(check(::fcntl(leaky.get(), F_DUPFD, 500), "fcntl"));
    EXPECT_THAT(lines(output_of(shell(list_descriptors))), ElementsAre("0", "1", "2", "3"));
    EXPECT_EQ(::fcntl(high.get(), F_GETFD), 0) << "here they stay open";
}

TEST(SpawnTest, DealsDescriptorsInTheirOrder) {
    const auto one = file_with("one ");
    const auto two = file_with("two ");
    const auto three = file_with("three ");
    auto options = shell("cat <&4 >&3; cat <&5 >&3; cat <&6 >&3");
    options.keep_fds = {three.get(), one.get(), two.get()};
    EXPECT_EQ(output_of(options), "three one two ");
}

TEST(SpawnTest, DealsDescriptorsWhoseNumbersOverlap) {
    Child child([] {
        auto out = pipe();
        const Fd writer = out.writer.duplicate(20);
        const Fd reader = out.reader.duplicate(20);
        out = {};
        const Fd first = file_with("first ").duplicate(20);
        const Fd second = file_with("second ").duplicate(20);
        check(::dup2(first.get(), 3), "dup2");
        check(::dup2(second.get(), 4), "dup2");
        check(::dup2(writer.get(), 5), "dup2");
        auto options = shell("cat <&3 >&5; cat <&4 >&5");
        options.keep_fds = {4, 3, 5};
        const auto pid = spawn(options);
        EXPECT_EQ(exitcode_of(pid), 0);
        std::string text(13, '\0');
        EXPECT_EQ(read_all(reader.get(), std::as_writable_bytes(std::span(text))), text.size());
        EXPECT_EQ(text, "second first ");
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(SpawnTest, KeepsStandardDescriptorsToo) {
    Child child([] {
        const auto input = file_with("input ");
        check(::dup2(input.get(), STDIN_FILENO), "dup2");
        const auto other = file_with("other ");
        auto options = shell("cat <&0 >&3; cat <&4 >&3");
        options.stdin_fd = other.get();
        options.keep_fds = {STDIN_FILENO};
        EXPECT_EQ(output_of(options), "other input ");
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(SpawnTest, ReadsItsStandardInputFromADescriptor) {
    const auto input = file_with("some input");
    auto options = shell("cat >&3; (ls /proc/$$/fd >&3); exit 0");
    options.stdin_fd = input.get();
    EXPECT_EQ(output_of(options), "some input0\n1\n2\n3\n");
}

TEST(SpawnTest, InheritsTheStandardDescriptors) {
    Child child([] {
        auto ends = pipe();
        check(::dup2(file_with("inherited ").get(), STDIN_FILENO), "dup2");
        check(::dup2(ends.writer.get(), STDOUT_FILENO), "dup2");
        check(::dup2(ends.writer.get(), STDERR_FILENO), "dup2");
        const auto pid = spawn(shell("cat; echo error >&2"));
        check(::dup2(ends.reader.get(), STDOUT_FILENO), "dup2");
        check(::dup2(ends.reader.get(), STDERR_FILENO), "dup2");
        ends.writer.reset();
        EXPECT_EQ(read_text(ends.reader.get()), "inherited error\n");
        EXPECT_EQ(exitcode_of(pid), 0);
    });
    EXPECT_EQ(child.exitcode(), 0);
}

TEST(SpawnTest, LeavesNothingOpenHere) {
    const auto other = pipe();
    const auto before = open_descriptors();
    auto options = shell("exit 0");
    options.keep_fds = {other.reader.get(), other.writer.get()};
    options.stdin_fd = other.reader.get();
    const auto pid = spawn(options);
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(exitcode_of(pid), 0);
}

// Signals

TEST(SpawnTest, ResetsSignals) {
    Child child([] {
        ::signal(SIGINT, SIG_IGN);
        ::signal(SIGPIPE, SIG_IGN);
        ::signal(SIGTERM, SIG_IGN);
        sigset_t all;
        ::sigfillset(&all);
        check(::sigprocmask(SIG_BLOCK, &all, nullptr), "sigprocmask");
        constexpr unsigned long long internal = 3ULL << 31;  // 32 and 33, which are the C library's
        for (const auto& line : lines(output_of(shell("exec grep -E '^Sig(Blk|Ign)' /proc/self/status >&3")))) {
            EXPECT_EQ(std::stoull(line.substr(7), nullptr, 16) & ~internal, 0u) << line;
        }
        const auto pid = spawn(shell("kill -TERM $$; exit 1"));
        EXPECT_EQ(exitcode_of(pid), -SIGTERM);
    });
    EXPECT_EQ(child.exitcode(), 0);
}

// Failures

TEST(SpawnTest, ReportsWhatCannotBeStarted) {
    const TemporaryDirectory directory;
    const auto text = directory.path() + "/text";
    std::ofstream(text) << "no program\n";
    const auto started = [](const std::string& path) {
        return os_error([&] { return spawn({path, {path}, {}, {}}); });
    };
    EXPECT_EQ(started("/no/such/program"), Failure(ENOENT, "posix_spawn"));
    EXPECT_EQ(started("ls"), Failure(ENOENT, "posix_spawn")) << "PATH is not searched";
    EXPECT_EQ(started(""), Failure(ENOENT, "posix_spawn"));
    EXPECT_EQ(started(text), Failure(EACCES, "posix_spawn"));
    EXPECT_EQ(started(directory.path()), Failure(EACCES, "posix_spawn"));
    EXPECT_EQ(started(text + "/below"), Failure(ENOTDIR, "posix_spawn"));
    std::filesystem::permissions(text, std::filesystem::perms::owner_all);
    EXPECT_EQ(started(text), Failure(ENOEXEC, "posix_spawn"));
    EXPECT_FALSE(has_children()) << "nothing was started";
}

TEST(SpawnTest, ReportsArgumentsThatAreTooLong) {
    auto options = shell("exit 0");
    options.arguments.push_back(std::string(1 << 20, 'x'));
    EXPECT_EQ(os_error([&] { return spawn(options); }), Failure(E2BIG, "posix_spawn"));
    options = shell("exit 0");
    options.environment = {"LONG=" + std::string(1 << 20, 'x')};
    EXPECT_EQ(os_error([&] { return spawn(options); }), Failure(E2BIG, "posix_spawn"));
    EXPECT_FALSE(has_children());
}

TEST(SpawnTest, ReportsBadDescriptors) {
    const auto before = open_descriptors();
    const auto ends = pipe();
    auto options = shell("exit 0");
    options.keep_fds = {ends.reader.get(), 999};
    EXPECT_EQ(os_error([&] { return spawn(options); }), Failure(EBADF, "fcntl"));
    options.keep_fds = {-1};
    EXPECT_EQ(os_error([&] { return spawn(options); }), Failure(EBADF, "fcntl"));
    options.keep_fds.clear();
    options.stdin_fd = 999;
    EXPECT_EQ(os_error([&] { return spawn(options); }), Failure(EBADF, "fcntl"));
    EXPECT_FALSE(has_children());
    EXPECT_EQ(open_descriptors().size(), before.size() + 2) << "what was copied for it is closed";
}

TEST(SpawnTest, ReportsThatDescriptorsRunOut) {
    const auto ends = pipe();
    auto options = shell("exit 0");
    options.keep_fds = {ends.reader.get(), ends.writer.get()};
    const auto before = open_descriptors();
    EXPECT_EQ(with_descriptors(1, [&] { return os_error([&] { return spawn(options); }); }), Failure(EMFILE, "fcntl"));
    EXPECT_FALSE(has_children());
    EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace multiprocessing
