#include "repair.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "application_threads.hpp"
#include "hotspot.hpp"
#include "multiprocessing/synchronize/barrier_state.hpp"
#include "raw.hpp"

namespace multiprocessing::jvm {
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
void reopen(int fd) {
    struct stat status {};
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY || ::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
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

void own_files() {
    const int directory = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    alignas(dirent64) char buffer[8192];
    long size;
    while ((size = ::syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
            at += entry->d_reclen;
            if (entry->d_name[0] != '.') {
                const int fd = std::atoi(entry->d_name);
                if (fd == directory || fd <= STDERR_FILENO) continue;
                if (is_attach_socket(fd)) {
                    leave_to_parent(fd);
                } else {
                    reopen(fd);
                }
            }
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

constexpr const char* atomic_long = "Ljava/util/concurrent/atomic/AtomicLong;";

/// A class of the JDK that keeps what a child must not share with its parent.
struct Keeper {
    const char* type;
    /// Puts its state right; called with the class initialized. Throws nothing, and may leave a Java exception.
    void (*repair)(JNIEnv* env, jclass type);
    jclass found = nullptr;
    bool used = false;
};

jobject static_object(JNIEnv* env, jclass type, const char* name, const char* signature) {
    const auto field = env->GetStaticFieldID(type, name, signature);
    return field == nullptr ? nullptr : env->GetStaticObjectField(type, field);
}

void call(JNIEnv* env, jobject object, const char* name, const char* signature, auto... arguments) {
    if (object == nullptr) return;
    const auto type = env->GetObjectClass(object);
    if (const auto method = env->GetMethodID(type, name, signature)) env->CallVoidMethod(object, method, arguments...);
}

/// A seed in an AtomicLong.
template <const char* const& name>
void reseed(JNIEnv* env, jclass type) {
    call(env, static_object(env, type, name, atomic_long), "set", "(J)V", random_long());
}

constexpr const char* seeder = "seeder";
constexpr const char* default_generator = "defaultGen";
constexpr const char* uniquifier = "seedUniquifier";

void reseed_math(JNIEnv* env, jclass type) {
    call(env, static_object(env, type, "randomNumberGenerator", "Ljava/util/Random;"), "setSeed", "(J)V",
         random_long());
}

/// All NativePRNGs mix in one generator; giving one a seed changes what every one of them draws.
void reseed_secure(JNIEnv* env, jclass secure) {
    const auto instance = env->NewObject(secure, env->GetMethodID(secure, "<init>", "()V"));
    jbyte seed[32];
    const auto bytes = env->NewByteArray(sizeof seed);
    if (instance == nullptr || bytes == nullptr || ::getrandom(seed, sizeof seed, 0) != sizeof seed) return;
    env->SetByteArrayRegion(bytes, 0, sizeof seed, seed);
    call(env, instance, "setSeed", "([B)V", bytes);
}

void renew_pid(JNIEnv* env, jclass type) {
    const auto handle = static_object(env, type, "current", "Ljava/lang/ProcessHandleImpl;");
    const auto field = env->GetFieldID(type, "pid", "J");
    if (handle != nullptr && field != nullptr) env->SetLongField(handle, field, raw::getpid());
}

/// What the parent wants done at its own exit.
void forget_hooks(JNIEnv* env, jclass type) {
    call(env, static_object(env, type, "hooks", "Ljava/util/IdentityHashMap;"), "clear", "()V");
}

void forget_files(JNIEnv* env, jclass type) {
    call(env, static_object(env, type, "files", "Ljava/util/LinkedHashSet;"), "clear", "()V");
}

/// What a version does not have is left alone, and so is what its class was never used for.
Keeper keepers[] = {
    {"java/util/concurrent/ThreadLocalRandom", reseed<seeder>},
    {"java/util/SplittableRandom", reseed<default_generator>},
    {"java/util/Random", reseed<uniquifier>},
    {"java/lang/Math$RandomNumberGeneratorHolder", reseed_math},
    {"java/security/SecureRandom", reseed_secure},
    {"java/lang/ProcessHandleImpl", renew_pid},
    {"java/lang/ApplicationShutdownHooks", forget_hooks},
    {"java/io/DeleteOnExitHook", forget_files},
};

/// Loads a class of the JDK, and does not initialize it, which JNI's FindClass would.
jclass find_boot_class(JNIEnv* env, const char* name) {
    using Find = jclass (*)(JNIEnv*, const char*);
    static const auto find = reinterpret_cast<Find>(Hotspot::function("JVM_FindClassFromBootLoader"));
    return find == nullptr ? nullptr : find(env, name);
}

void forget_exception(JNIEnv* env) {
    if (env->ExceptionCheck()) env->ExceptionClear();
}

void repair(JNIEnv* env, const Keeper& keeper) {
    if (env->PushLocalFrame(16) == 0) {
        keeper.repair(env, keeper.found);
        forget_exception(env);
        env->PopLocalFrame(nullptr);
    }
    forget_exception(env);
}

/// Each thread has a generator of its own, also those of the JDK that continue.
void reseed_threads(JNIEnv* env) {
    const auto type = env->FindClass("java/lang/Thread");
    const auto field = env->GetFieldID(type, "threadLocalRandomSeed", "J");
    forget_exception(env);
    jint count = 0;
    jthread* threads = nullptr;
    auto* jvmti = tool_interface(env);
    if (field == nullptr || jvmti->GetAllThreads(&count, &threads) != JVMTI_ERROR_NONE) return;
    for (jint i = 0; i < count; ++i) {
        env->SetLongField(threads[i], field, random_long());
        env->DeleteLocalRef(threads[i]);
    }
    jvmti->Deallocate(reinterpret_cast<unsigned char*>(threads));
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
    for (auto& keeper : keepers) {
        if (keeper.used) continue;
        if (keeper.found == nullptr) {
            if (const auto found = find_boot_class(env, keeper.type)) {
                keeper.found = static_cast<jclass>(env->NewGlobalRef(found));
                env->DeleteLocalRef(found);
            }
            forget_exception(env);
        }
        jint status = 0;
        keeper.used = keeper.found != nullptr &&
                      tool_interface(env)->GetClassStatus(keeper.found, &status) == JVMTI_ERROR_NONE &&
                      (status & JVMTI_CLASS_STATUS_INITIALIZED) != 0;
    }
}

void rehearse_repair(JNIEnv* env) {
    static bool done = false;
    for (const auto& keeper : keepers) {
        if (done || keeper.repair != reseed_secure || !keeper.used) continue;
        repair(env, keeper);
        done = true;
    }
}

void repair_java(JNIEnv* env, bool may_lock) {
    for (const auto& keeper : keepers) {
        if (keeper.used && (keeper.repair != reseed_secure || may_lock)) repair(env, keeper);
    }
    reseed_threads(env);
    static_cast<void>(::on_exit(exit_at_once, nullptr));
}

bool has_exit_work(JNIEnv* env) {
    const std::pair<const char*, std::pair<const char*, const char*>> places[] = {
        {"java/lang/ApplicationShutdownHooks", {"hooks", "Ljava/util/IdentityHashMap;"}},
        {"java/io/DeleteOnExitHook", {"files", "Ljava/util/LinkedHashSet;"}},
    };
    bool work = false;
    for (const auto& [type, field] : places) {
        if (env->PushLocalFrame(8) != 0) return true;
        const auto found = find_boot_class(env, type);
        jint status = 0;
        if (found == nullptr || tool_interface(env)->GetClassStatus(found, &status) != JVMTI_ERROR_NONE) {
            work = true;
        } else if ((status & JVMTI_CLASS_STATUS_INITIALIZED) != 0) {
            const auto held = static_object(env, found, field.first, field.second);
            const auto is_empty =
                held == nullptr ? nullptr : env->GetMethodID(env->GetObjectClass(held), "isEmpty", "()Z");
            work = work || is_empty == nullptr || env->CallBooleanMethod(held, is_empty) == JNI_FALSE;
        }
        work = work || env->ExceptionCheck();
        forget_exception(env);
        env->PopLocalFrame(nullptr);
    }
    return work;
}

}  // namespace multiprocessing::jvm
