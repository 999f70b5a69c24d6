#include "repair.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

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

void reopen_files() {
    const int directory = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    alignas(dirent64) char buffer[8192];
    long size;
    while ((size = ::syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
            at += entry->d_reclen;
            if (entry->d_name[0] != '.') {
                if (const int fd = std::atoi(entry->d_name); fd != directory && fd > STDERR_FILENO) reopen(fd);
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

/// The JVM's performance counters lie in a shared file: the child would count into its parent's.
void own_performance_counters() {
    const int maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) return;
    char buffer[4096];
    std::size_t kept = 0;
    ssize_t got;
    bool done = false;
    while (!done && (got = ::read(maps, buffer + kept, sizeof buffer - 1 - kept)) > 0) {
        const std::size_t filled = kept + static_cast<std::size_t>(got);
        buffer[filled] = '\0';
        char* line = buffer;
        for (char* end; !done && (end = std::strchr(line, '\n')) != nullptr; line = end + 1) {
            *end = '\0';
            unsigned long start = 0;
            unsigned long stop = 0;
            if (std::strstr(line, "/hsperfdata_") != nullptr && std::sscanf(line, "%lx-%lx rw-s", &start, &stop) == 2) {
                make_private(start, stop);
                done = true;
            }
        }
        kept = static_cast<std::size_t>(buffer + filled - line);
        std::memmove(buffer, line, kept);
    }
    ::close(maps);
}

// Java

jlong random_long() {
    jlong value = 0;
    if (::getrandom(&value, sizeof value, 0) != sizeof value) value = raw::now() ^ raw::getpid();
    return value;
}

/// The fields of JDK classes that are looked for: what a version does not have is left alone.
class Fields {
public:
    explicit Fields(JNIEnv* env) : env_(env) {}

    jobject get_static(const char* type, const char* name, const char* signature) {
        const auto found = find(type);
        if (found == nullptr) return nullptr;
        const auto field = env_->GetStaticFieldID(found, name, signature);
        return missing(field) ? nullptr : env_->GetStaticObjectField(found, field);
    }

    void set(jobject object, const char* type, const char* name, const char* signature, jlong value) {
        const auto found = object == nullptr ? nullptr : find(type);
        if (found == nullptr) return;
        const auto field = env_->GetFieldID(found, name, signature);
        if (missing(field)) return;
        if (*signature == 'J') {
            env_->SetLongField(object, field, value);
        } else {
            env_->SetIntField(object, field, static_cast<jint>(value));
        }
    }

    void call(jobject object, const char* type, const char* name, const char* signature, auto... arguments) {
        const auto found = object == nullptr ? nullptr : find(type);
        if (found == nullptr) return;
        const auto method = env_->GetMethodID(found, name, signature);
        if (missing(method)) return;
        env_->CallVoidMethod(object, method, arguments...);
        if (env_->ExceptionCheck()) env_->ExceptionClear();
    }

private:
    jclass find(const char* type) {
        const auto found = env_->FindClass(type);
        if (env_->ExceptionCheck()) env_->ExceptionClear();
        return found;
    }

    bool missing(const void* id) {
        if (env_->ExceptionCheck()) env_->ExceptionClear();
        return id == nullptr;
    }

    JNIEnv* env_;
};

constexpr const char* atomic_long = "java/util/concurrent/atomic/AtomicLong";

void reseed(JNIEnv* env, Fields& fields) {
    const auto set_atomic = [&](const char* type, const char* name) {
        const auto object = fields.get_static(type, name, "Ljava/util/concurrent/atomic/AtomicLong;");
        fields.call(object, atomic_long, "set", "(J)V", random_long());
    };
    set_atomic("java/util/concurrent/ThreadLocalRandom", "seeder");
    set_atomic("java/util/SplittableRandom", "defaultGen");
    set_atomic("java/util/Random", "seedUniquifier");
    const auto random =
        fields.get_static("java/lang/Math$RandomNumberGeneratorHolder", "randomNumberGenerator", "Ljava/util/Random;");
    fields.call(random, "java/util/Random", "setSeed", "(J)V", random_long());

    // All NativePRNGs mix in one generator; giving one a seed changes what every one of them draws.
    const auto secure = env->FindClass("java/security/SecureRandom");
    const auto constructor = env->GetMethodID(secure, "<init>", "()V");
    const auto instance = env->NewObject(secure, constructor);
    if (env->ExceptionCheck()) {
        env->ExceptionClear();
        return;
    }
    jbyte seed[32];
    const auto bytes = env->NewByteArray(sizeof seed);
    if (instance != nullptr && bytes != nullptr && ::getrandom(seed, sizeof seed, 0) == sizeof seed) {
        env->SetByteArrayRegion(bytes, 0, sizeof seed, seed);
        fields.call(instance, "java/security/SecureRandom", "setSeed", "([B)V", bytes);
    }
    env->ExceptionClear();
}

void reseed_thread(JNIEnv* env, Fields& fields) {
    const auto type = env->FindClass("java/lang/Thread");
    const auto current = env->GetStaticMethodID(type, "currentThread", "()Ljava/lang/Thread;");
    const auto thread = env->CallStaticObjectMethod(type, current);
    if (env->ExceptionCheck()) {
        env->ExceptionClear();
        return;
    }
    fields.set(thread, "java/lang/Thread", "threadLocalRandomSeed", "J", random_long());
}

void renew_pid(Fields& fields) {
    const auto pid = raw::getpid();
    const auto handle = fields.get_static("java/lang/ProcessHandleImpl", "current", "Ljava/lang/ProcessHandleImpl;");
    fields.set(handle, "java/lang/ProcessHandleImpl", "pid", "J", pid);
}

/// What the parent wants done at its own exit.
void forget_exit_hooks(Fields& fields) {
    const auto hooks = fields.get_static("java/lang/ApplicationShutdownHooks", "hooks", "Ljava/util/IdentityHashMap;");
    fields.call(hooks, "java/util/IdentityHashMap", "clear", "()V");
    const auto files = fields.get_static("java/io/DeleteOnExitHook", "files", "Ljava/util/LinkedHashSet;");
    fields.call(files, "java/util/HashSet", "clear", "()V");
}

}  // namespace

void repair_before_revival() {
    default_signals();
    reopen_files();
    own_performance_counters();
}

void repair_java(JNIEnv* env) {
    if (env->PushLocalFrame(64) != 0) {
        env->ExceptionClear();
        return;
    }
    Fields fields(env);
    reseed(env, fields);
    reseed_thread(env, fields);
    renew_pid(fields);
    forget_exit_hooks(fields);
    env->PopLocalFrame(nullptr);
}

}  // namespace multiprocessing::jvm
