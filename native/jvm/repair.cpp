#include "repair.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "application_threads.hpp"
#include "hotspot.hpp"
#include "multiprocessing/synchronize/barrier_state.hpp"
#include "raw.hpp"

namespace multiprocessing::jvm {

jclass find_boot_class(JNIEnv* env, const char* name) {
    using Find = jclass (*)(JNIEnv*, const char*);
    static const auto find = reinterpret_cast<Find>(Hotspot::function("JVM_FindClassFromBootLoader"));
    return find == nullptr ? nullptr : find(env, name);
}

void forget_exception(JNIEnv* env) {
    if (env->ExceptionCheck()) env->ExceptionClear();
}

namespace {

void default_signals() {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        struct sigaction action {};
        action.sa_handler = SIG_DFL;
        ::sigaction(number, &action, nullptr);
    }
}

/// Gives a file that is open for reading an offset of its own: jars are read by seeking, and parent and child would
/// move each other's.
void reopen(int fd, int flags) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
    char path[32];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int fresh = ::open(path, O_RDONLY | O_CLOEXEC | (flags & O_NONBLOCK));
    if (fresh < 0) return;
    ::lseek(fresh, ::lseek(fd, 0, SEEK_CUR), SEEK_SET);
    const bool close_on_exec = (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
    ::dup3(fresh, fd, close_on_exec ? O_CLOEXEC : 0);
    ::close(fresh);
}

/// jcmd's door to the parent: a child that has it too would take calls that are not for it. Its listener then finds
/// that this is no socket, and ends.
bool is_attach_socket(int fd) {
    sockaddr_un address{};
    socklen_t size = sizeof address - 1;
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 && address.sun_family == AF_UNIX &&
           std::strstr(address.sun_path, "/.java_pid") != nullptr;
}

void leave_to_parent(int fd) {
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) return;
    ::dup3(null, fd, O_CLOEXEC);
    ::close(null);
}

void own_file(int fd) {
    if (fd <= STDERR_FILENO) return;
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_PATH) != 0) return;
    if ((flags & O_ACCMODE) == O_RDONLY) {
        reopen(fd, flags);
    } else if (is_attach_socket(fd)) {
        leave_to_parent(fd);
    }
}

/// Has poll(2) say which numbers are open, many at once, until every open one was seen. The kernel (from 6.2 on) says
/// how many there are; to have it list them takes many times as long, since each gets an entry in its tables.
/// @return false if it is not worth it
bool own_files_in_order() {
    constexpr int at_once = 256, last = 1 << 16;
    struct stat directory {};
    if (::stat("/proc/self/fd", &directory) != 0 || directory.st_size == 0) return false;
    auto unseen = directory.st_size;
    pollfd batch[at_once];
    for (int first = 0; unseen > 0; first += at_once) {
        if (first >= last) return false;
        for (int i = 0; i < at_once; ++i) batch[i] = {first + i, 0, 0};
        if (::poll(batch, at_once, 0) < 0) return false;
        for (const auto& one : batch) {
            if ((one.revents & POLLNVAL) != 0) continue;
            --unseen;
            own_file(one.fd);
        }
    }
    return true;
}

void own_files() {
    if (own_files_in_order()) return;
    const int directory = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    alignas(dirent64) char buffer[8192];
    long size;
    while ((size = ::syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
            at += entry->d_reclen;
            const int fd = entry->d_name[0] == '.' ? -1 : std::atoi(entry->d_name);
            if (fd != directory) own_file(fd);
        }
    }
    ::close(directory);
}

/// Puts private memory of the same content in the place of a shared mapping.
void make_private(std::uintptr_t start, std::uintptr_t end) {
    const auto size = end - start;
    void* copy = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED) return;
    std::memcpy(copy, reinterpret_cast<void*>(start), size);
    ::mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start);
}

/// Where the JVM's performance counters lie: in a shared file, in which the child would count as its parent does.
class PerformanceCounters {
public:
    /// Looks for them, the first time. A JVM has them from its start on, or never.
    void find() {
        if (sought_) return;
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> maps(std::fopen("/proc/self/maps", "re"), std::fclose);
        if (maps == nullptr) return;
        sought_ = true;
        char line[PATH_MAX + 128];
        while (std::fgets(line, sizeof line, maps.get()) != nullptr) {
            const bool is_it = std::strstr(line, "/hsperfdata_") != nullptr;
            if (is_it && std::sscanf(line, "%lx-%lx rw-s", &start_, &end_) == 2) return;
        }
    }

    /// In the child: its own copy, which is private and so need not be copied in its children.
    void own() {
        if (end_ != 0) make_private(start_, end_);
        end_ = 0;
    }

private:
    bool sought_ = false;
    unsigned long start_ = 0;
    unsigned long end_ = 0;
};

PerformanceCounters performance_counters;

// Java

jlong random_long() {
    jlong value = 0;
    if (::getrandom(&value, sizeof value, 0) != sizeof value) value = raw::now() ^ raw::getpid();
    return value;
}

/// A class of the JDK that keeps what a child must not share with its parent. Everything is looked up in the parent,
/// and once: each child would have to do it anew, and copy the memory that this touches.
struct Keeper {
    const char* type;
    /// The static field with what is to be put right, and its type.
    const char* field;
    const char* field_type;
    /// What does it: a method of that object, or a field.
    const char* means;
    const char* means_type;
    /// Puts it right. Throws nothing, makes no references, and may leave a Java exception.
    void (*repair)(JNIEnv* env, const Keeper& keeper);
    jclass found = nullptr;
    jobject kept = nullptr;
    jmethodID method = nullptr;
    jfieldID slot = nullptr;
    jmethodID is_empty = nullptr;  ///< of a collection
    jfieldID size = nullptr;       ///< the same, where it has that: no child has to enter Java for it
    std::atomic<bool> used{false};  ///< once it is, nothing of a collection's changes
    bool rehearsed = false;
};

/// A seed, which is the only argument.
void reseed(JNIEnv* env, const Keeper& keeper) {
    env->CallVoidMethod(keeper.kept, keeper.method, random_long());
}

/// Of secure random numbers: what was read from the kernel, and not used. It mixes in what it reads next.
void forget_read(JNIEnv* env, const Keeper& keeper) {
    env->SetIntField(keeper.kept, keeper.slot, 0);
}

void renew_pid(JNIEnv* env, const Keeper& keeper) {
    env->SetLongField(keeper.kept, keeper.slot, raw::getpid());
}

/// Of a collection that is in use.
bool is_empty(JNIEnv* env, const Keeper& keeper) {
    if (keeper.size != nullptr) return env->GetIntField(keeper.kept, keeper.size) == 0;
    return env->CallBooleanMethod(keeper.kept, keeper.is_empty) != JNI_FALSE;
}

/// What the parent wants done at its own exit: a collection, to be cleared. Mostly it is empty.
void forget(JNIEnv* env, const Keeper& keeper) {
    const bool empty = is_empty(env, keeper);
    if (!env->ExceptionCheck() && !empty) env->CallVoidMethod(keeper.kept, keeper.method);
}

constexpr const char* atomic_long = "Ljava/util/concurrent/atomic/AtomicLong;";
constexpr const char* kernel_random = "Lsun/security/provider/NativePRNG$RandomIO;";

/// What a version does not have is left alone, and so is what its class was never used for.
Keeper keepers[] = {
    {"java/util/concurrent/ThreadLocalRandom", "seeder", atomic_long, "set", "(J)V", reseed},
    {"java/util/SplittableRandom", "defaultGen", atomic_long, "set", "(J)V", reseed},
    {"java/util/Random", "seedUniquifier", atomic_long, "set", "(J)V", reseed},
    {"java/lang/Math$RandomNumberGeneratorHolder", "randomNumberGenerator", "Ljava/util/Random;", "setSeed", "(J)V",
     reseed},
    {"sun/security/provider/NativePRNG", "INSTANCE", kernel_random, "buffered", "I", forget_read},
    {"sun/security/provider/NativePRNG$Blocking", "INSTANCE", kernel_random, "buffered", "I", forget_read},
    {"sun/security/provider/NativePRNG$NonBlocking", "INSTANCE", kernel_random, "buffered", "I", forget_read},
    {"java/lang/ProcessHandleImpl", "current", "Ljava/lang/ProcessHandleImpl;", "pid", "J", renew_pid},
    {"java/lang/ApplicationShutdownHooks", "hooks", "Ljava/util/IdentityHashMap;", "clear", "()V", forget},
    {"java/io/DeleteOnExitHook", "files", "Ljava/util/LinkedHashSet;", "clear", "()V", forget},
};

/// Looks up what repairs it, once the class is in use. @return whether it is all there
bool look_up(JNIEnv* env, Keeper& keeper) {
    if (env->PushLocalFrame(8) != 0) return false;
    const auto field = env->GetStaticFieldID(keeper.found, keeper.field, keeper.field_type);
    const auto kept = field == nullptr ? nullptr : env->GetStaticObjectField(keeper.found, field);
    keeper.kept = kept == nullptr ? nullptr : env->NewGlobalRef(kept);
    const auto owner = kept == nullptr ? nullptr : env->GetObjectClass(kept);
    if (owner != nullptr && *keeper.means_type == '(') {
        if (keeper.repair == forget) {
            keeper.size = env->GetFieldID(owner, "size", "I");
            forget_exception(env);
            keeper.is_empty = env->GetMethodID(owner, "isEmpty", "()Z");
        }
        if (!env->ExceptionCheck()) keeper.method = env->GetMethodID(owner, keeper.means, keeper.means_type);
    } else if (owner != nullptr) {
        keeper.slot = env->GetFieldID(owner, keeper.means, keeper.means_type);
    }
    forget_exception(env);
    env->PopLocalFrame(nullptr);
    return keeper.method != nullptr || keeper.slot != nullptr;
}

bool is_initialized(JNIEnv* env, jclass type) {
    jint status = 0;
    return tool_interface(env)->GetClassStatus(type, &status) == JVMTI_ERROR_NONE &&
           (status & JVMTI_CLASS_STATUS_INITIALIZED) != 0;
}

/// Whether that collection is empty, or is not there yet. For any thread, at any time: leaves `keeper` alone.
bool is_empty_or_unused(JNIEnv* env, const Keeper& keeper) {
    if (keeper.used.load()) return is_empty(env, keeper);
    const auto found = find_boot_class(env, keeper.type);
    if (found == nullptr) return false;
    if (!is_initialized(env, found)) return true;
    Keeper own{keeper.type, keeper.field, keeper.field_type, keeper.means, keeper.means_type, keeper.repair, found};
    const bool empty = look_up(env, own) && is_empty(env, own);
    env->DeleteGlobalRef(own.kept);
    return empty;
}

/// Each thread has a generator of its own, also those of the JDK that continue; it starts at the first use.
jfieldID thread_seed = nullptr;

void reseed_threads(JNIEnv* env, std::span<const jthread> threads) {
    if (thread_seed == nullptr) return;
    for (const auto thread : threads) {
        if (env->GetLongField(thread, thread_seed) != 0) env->SetLongField(thread, thread_seed, random_long());
    }
}

/// What the parent's libraries want done at exit(3) is the parent's: HotSpot would remove jcmd's door to it.
/// Among it is this library's goodbye to barriers, if the parent had to say it: the child says its own.
void exit_at_once(int status, void*) {
    multiprocessing::sync::say_goodbye();
    std::fflush(nullptr);
    ::_exit(status);
}

}  // namespace

void repair_before_revival() {
    default_signals();
    own_files();
    performance_counters.own();
}

void prepare_repair(JNIEnv* env) {
    performance_counters.find();
    if (thread_seed == nullptr) {
        const auto type = env->FindClass("java/lang/Thread");
        thread_seed = env->GetFieldID(type, "threadLocalRandomSeed", "J");
        env->DeleteLocalRef(type);
        forget_exception(env);
    }
    for (auto& keeper : keepers) {
        if (keeper.used.load()) continue;
        if (keeper.found == nullptr) {
            if (const auto found = find_boot_class(env, keeper.type)) {
                keeper.found = static_cast<jclass>(env->NewGlobalRef(found));
                env->DeleteLocalRef(found);
            }
            forget_exception(env);
        }
        if (keeper.found != nullptr && is_initialized(env, keeper.found)) keeper.used.store(look_up(env, keeper));
    }
}

void rehearse_repair(JNIEnv* env) {
    for (auto& keeper : keepers) {
        if (!keeper.used.load() || keeper.rehearsed) continue;
        keeper.rehearsed = true;
        if (keeper.repair == forget) {
            static_cast<void>(is_empty(env, keeper));
        } else {
            keeper.repair(env, keeper);
        }
        forget_exception(env);
    }
}

void repair_java(JNIEnv* env, std::span<const jthread> threads) {
    for (const auto& keeper : keepers) {
        if (keeper.used.load()) keeper.repair(env, keeper);
        forget_exception(env);
    }
    reseed_threads(env, threads);
    static_cast<void>(::on_exit(exit_at_once, nullptr));
}

bool has_exit_work(JNIEnv* env) {
    bool work = false;
    for (const auto& keeper : keepers) {
        if (keeper.repair != forget) continue;
        if (env->PushLocalFrame(8) != 0) return true;
        work = work || !is_empty_or_unused(env, keeper) || env->ExceptionCheck();
        forget_exception(env);
        env->PopLocalFrame(nullptr);
    }
    return work;
}

}  // namespace multiprocessing::jvm
