#include "application_threads.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "multiprocessing/jvm/live_fork.hpp"
#include "pools.hpp"

namespace multiprocessing::jvm {
// Of this JVM, once: the capability is asked for in the running JVM, no agent is needed.
jvmtiEnv* tool_interface(JNIEnv* env) {
    static jvmtiEnv* jvmti = [env]() -> jvmtiEnv* {
        JavaVM* vm = nullptr;
        jvmtiEnv* result = nullptr;
        if (env->GetJavaVM(&vm) != JNI_OK) return nullptr;
        if (vm->GetEnv(reinterpret_cast<void**>(&result), JVMTI_VERSION_11) != JNI_OK) return nullptr;
        jvmtiCapabilities capabilities{};
        capabilities.can_suspend = 1;
        return result->AddCapabilities(&capabilities) == JVMTI_ERROR_NONE ? result : nullptr;
    }();
    if (jvmti == nullptr) {
        throw ForkRefused(
            "live fork must suspend threads, and this JVM's tool interface does not let it (a debugger's agent takes"
            " that for itself); use the start method spawn");
    }
    return jvmti;
}

namespace {

/// Memory that JVMTI allocated.
template <typename T>
struct Allocated {
    jvmtiEnv* jvmti;
    T* pointer = nullptr;
    explicit Allocated(jvmtiEnv* env) : jvmti(env) {}
    Allocated(const Allocated&) = delete;
    Allocated& operator=(const Allocated&) = delete;
    ~Allocated() { jvmti->Deallocate(reinterpret_cast<unsigned char*>(pointer)); }
};

constexpr std::array<std::string_view, 2> jvm_groups = {"system", "InnocuousThreadGroup"};

/// The JDK's timers for CompletableFuture, in the group of whoever used them first.
constexpr std::string_view delay_scheduler = "elayScheduler";

/// What a child needs and cannot replace, by class; what follows may be any class of that package or name.
constexpr std::array<std::string_view, 14> essential_classes = {
    "Ljava/io/PrintStream;",       "Ljava/lang/ClassLoader;",    "Ljdk/internal/loader/",     "Ljdk/internal/jimage/",
    "Ljava/util/zip/ZipFile",      "Ljava/lang/ThreadGroup;",    "Ljava/lang/Shutdown;",
    "Ljava/security/SecureRandom", "Lsun/security/provider/",    "Ljdk/internal/ref/",
    "Ljava/util/logging/",         "Ljava/io/DeleteOnExitHook;", "Ljava/lang/ApplicationShutdownHooks;",
    "Ljava/lang/invoke/MethodHandleNatives;"};

/// Methods of class Thread that lock a new thread, what one that is interrupted looks at, or the class.
constexpr std::array<std::string_view, 4> essential_of_threads = {
    "start", "interrupt", "nextThreadID", "nextThreadNum"};

constexpr jint deepest = 512;

std::string thread_name(jvmtiEnv* jvmti, JNIEnv* env, jthread thread) {
    jvmtiThreadInfo info{};
    if (jvmti->GetThreadInfo(thread, &info) != JVMTI_ERROR_NONE) return "?";
    Allocated<char> name(jvmti);
    name.pointer = info.name;
    env->DeleteLocalRef(info.context_class_loader);
    env->DeleteLocalRef(info.thread_group);
    return name.pointer;
}

/// Code of the JDK's that takes locks which belong to all, for a few steps: these packages and classes, and what begins
/// like them.
constexpr std::array<std::string_view, 5> locking_classes = {
    "Ljava/util/concurrent/", "Ljava/nio/charset/", "Lsun/nio/cs/", "Ljava/util/ResourceBundle", "Ljava/net/"};
constexpr std::string_view pool_classes = "Ljava/util/concurrent/ForkJoin";
constexpr jint steps = 6;

/// Of these, what takes none.
constexpr std::array<std::string_view, 4> free_classes = {
    "Ljava/util/concurrent/locks/LockSupport;", "Ljava/util/concurrent/atomic/", "Ljava/util/concurrent/TimeUnit",
    "Ljava/util/concurrent/ThreadLocalRandom;"};

/// What is synchronized there concerns the object alone.
constexpr std::array<std::string_view, 5> private_classes = {
    "Ljava/lang/StringBuffer;", "Ljava/lang/Throwable;", "Ljava/io/ByteArray", "Ljava/util/Vector;",
    "Ljava/util/Stack;"};

/// Methods of ConcurrentHashMap that hold one while they call others; synchronized ones do so anyway.
constexpr std::string_view concurrent_map = "Ljava/util/concurrent/ConcurrentHashMap;";
constexpr std::array<std::string_view, 6> locking_of_map = {
    "putVal", "computeIfAbsent", "computeIfPresent", "compute", "merge", "replaceNode"};

constexpr std::array<std::string_view, 4> jdk_packages = {"Ljava/", "Ljavax/", "Ljdk/", "Lsun/"};

/// What it may mean for a child that a thread is in a method.
struct Method {
    enum class Kind : std::uint8_t {
        essential,
        locks,       ///< whatever it has called
        locks_here,  ///< itself, or what it has just called
        pool,        ///< the same, and it is a ForkJoinPool's
        harmless,
        application
    };
    Kind kind = Kind::application;
    std::string name;  ///< of an essential one: `java.io.PrintStream.write`
};

template <std::size_t N>
bool is_of(std::string_view type, const std::array<std::string_view, N>& prefixes) {
    return std::ranges::any_of(prefixes, [&](auto prefix) { return type.starts_with(prefix); });
}

Method examine(jvmtiEnv* jvmti, JNIEnv* env, jmethodID method) {
    constexpr jint synchronized = 0x20;
    Allocated<char> name(jvmti);
    Allocated<char> signature(jvmti);
    jclass type = nullptr;
    jint modifiers = 0;
    if (jvmti->GetMethodName(method, &name.pointer, nullptr, nullptr) != JVMTI_ERROR_NONE) return {};
    if (jvmti->GetMethodModifiers(method, &modifiers) != JVMTI_ERROR_NONE) return {};
    if (jvmti->GetMethodDeclaringClass(method, &type) != JVMTI_ERROR_NONE) return {};
    const auto error = jvmti->GetClassSignature(type, &signature.pointer, nullptr);
    env->DeleteLocalRef(type);
    if (error != JVMTI_ERROR_NONE) return {};
    const std::string_view owner(signature.pointer);
    const std::string_view called(name.pointer);
    const auto is_any_of = [&](const auto& methods) { return std::ranges::find(methods, called) != methods.end(); };
    if (called == "<clinit>" || is_of(owner, essential_classes) ||
        (owner == "Ljava/lang/Thread;" && is_any_of(essential_of_threads))) {
        std::string place(owner.substr(1, owner.size() - 2));
        std::ranges::replace(place, '/', '.');
        return {Method::Kind::essential, place + '.' + name.pointer};
    }
    if (!is_of(owner, jdk_packages)) return {};
    if (owner.starts_with(pool_classes)) return {Method::Kind::pool, {}};
    if (((modifiers & synchronized) != 0 && !is_of(owner, private_classes)) ||
        (owner == concurrent_map && is_any_of(locking_of_map))) {
        return {Method::Kind::locks, {}};
    }
    const bool here = is_of(owner, locking_classes) && !is_of(owner, free_classes);
    return {here ? Method::Kind::locks_here : Method::Kind::harmless, {}};
}

/// Whether it will go on by itself at once when it is resumed. One that is blocked may have come by its monitor.
bool is_running(jvmtiEnv* jvmti, jthread thread) {
    jint state = 0;
    if (jvmti->GetThreadState(thread, &state) != JVMTI_ERROR_NONE) return false;
    return (state & JVMTI_THREAD_STATE_BLOCKED_ON_MONITOR_ENTER) != 0 ||
           ((state & JVMTI_THREAD_STATE_RUNNABLE) != 0 && (state & JVMTI_THREAD_STATE_IN_NATIVE) == 0);
}

}  // namespace

class ApplicationThreads::Census {
public:
    explicit Census(JNIEnv* env) : env_(env), jvmti_(tool_interface(env)) {
        worker_class_ = env->FindClass("java/util/concurrent/ForkJoinWorkerThread");
        if (worker_class_ == nullptr) {
            env->ExceptionClear();
            throw ForkRefused("live fork does not know this JVM's threads; use the start method spawn");
        }
    }
    Census(const Census&) = delete;
    Census& operator=(const Census&) = delete;
    ~Census() { env_->DeleteLocalRef(worker_class_); }

    /// Calls `use` with each thread, a local reference, which is deleted unless it answers true; and with whether it is
    /// one of the application's, the caller left out.
    /// @return false if the threads cannot be listed
    template <typename Use>
    bool for_each(Use&& use) const {
        jint count = 0;
        Allocated<jthread> all(jvmti_);
        if (jvmti_->GetAllThreads(&count, &all.pointer) != JVMTI_ERROR_NONE) return false;
        jthread current = nullptr;
        jvmti_->GetCurrentThread(&current);
        for (jint i = 0; i < count; ++i) {
            const jthread thread = all.pointer[i];
            const bool counts = env_->IsSameObject(thread, current) == JNI_FALSE && is_application(thread);
            if (!use(thread, counts)) env_->DeleteLocalRef(thread);
        }
        env_->DeleteLocalRef(current);
        return true;
    }

    /// Of a ForkJoinPool.
    [[nodiscard]] bool is_worker(jthread thread) const {
        return env_->IsInstanceOf(thread, worker_class_) != JNI_FALSE;
    }

    /// A worker that has nothing to do belongs to its pool, which counts on it; one that has works for the application.
    [[nodiscard]] bool is_idle_worker(jthread thread) const {
        if (!is_worker(thread)) return false;
        std::array<jvmtiFrameInfo, 8> frames{};
        jint count = 0;
        if (jvmti_->GetStackTrace(thread, 0, static_cast<jint>(frames.size()), frames.data(), &count) !=
            JVMTI_ERROR_NONE) {
            return false;
        }
        return std::any_of(frames.begin(), frames.begin() + count, [this](const jvmtiFrameInfo& frame) {
            Allocated<char> name(jvmti_);
            return jvmti_->GetMethodName(frame.method, &name.pointer, nullptr, nullptr) == JVMTI_ERROR_NONE &&
                   (std::string_view(name.pointer) == "awaitWork" || std::string_view(name.pointer) == "idleAwaitWork");
        });
    }

    /// Of a worker: its pool has been told that it has begun, and not that it ends. Those that carry virtual threads do
    /// not count: what is queued for them is that.
    [[nodiscard]] bool is_at_work(jthread thread) const {
        jvmtiFrameInfo first{};
        jint count = 0;
        Allocated<char> name(jvmti_);
        Allocated<char> type(jvmti_);
        const auto worker_class = env_->GetObjectClass(thread);
        const bool known =
            jvmti_->GetStackTrace(thread, -1, 1, &first, &count) == JVMTI_ERROR_NONE && count == 1 &&
            jvmti_->GetMethodName(first.method, &name.pointer, nullptr, nullptr) == JVMTI_ERROR_NONE &&
            jvmti_->GetClassSignature(worker_class, &type.pointer, nullptr) == JVMTI_ERROR_NONE;
        env_->DeleteLocalRef(worker_class);
        return known && std::string_view(name.pointer) != "exit" &&
               std::string_view(type.pointer) != "Ljdk/internal/misc/CarrierThread;";
    }

private:
    [[nodiscard]] bool is_application(jthread thread) const {
        jvmtiThreadInfo info{};
        if (jvmti_->GetThreadInfo(thread, &info) != JVMTI_ERROR_NONE) return false;
        Allocated<char> name(jvmti_);
        name.pointer = info.name;
        env_->DeleteLocalRef(info.context_class_loader);
        if (info.thread_group == nullptr) return false;  // it has ended
        jvmtiThreadGroupInfo group{};
        const auto error = jvmti_->GetThreadGroupInfo(info.thread_group, &group);
        Allocated<char> group_name(jvmti_);
        group_name.pointer = group.name;
        env_->DeleteLocalRef(info.thread_group);
        if (error != JVMTI_ERROR_NONE) return true;
        env_->DeleteLocalRef(group.parent);
        if (std::ranges::find(jvm_groups, std::string_view(group.name)) != jvm_groups.end()) return false;
        return !std::string_view(info.name).ends_with(delay_scheduler) && !is_idle_worker(thread);
    }

    JNIEnv* env_;
    jvmtiEnv* jvmti_;
    jclass worker_class_;
};

void ApplicationThreads::check_supported(JNIEnv* env) {
    const Census census(env);
}

std::vector<jthread> ApplicationThreads::list(JNIEnv* env) {
    std::vector<jthread> threads;
    Census(env).for_each([&](jthread thread, bool of_application) {
        if (of_application) threads.push_back(thread);
        return of_application;
    });
    return threads;
}

ApplicationThreads::ApplicationThreads(JNIEnv* env) : env_(env), jvmti_(tool_interface(env)) {
    const Census census(env);
    const auto thread_class = env->FindClass("java/lang/Thread");
    const auto eetop = env->GetFieldID(thread_class, "eetop", "J");
    env->DeleteLocalRef(thread_class);
    if (eetop == nullptr) {
        env->ExceptionClear();
        throw ForkRefused("live fork does not know this JVM's threads; use the start method spawn");
    }
    const auto java_thread = [&](jthread thread) {
        return reinterpret_cast<const std::byte*>(env->GetLongField(thread, eetop));  // null once it has ended
    };
    jthread caller = nullptr;
    if (jvmti_->GetCurrentThread(&caller) != JVMTI_ERROR_NONE) {
        throw ForkRefused("live fork does not know its caller; use the start method spawn");
    }
    caller_ = java_thread(caller);
    env->DeleteLocalRef(caller);
    if (caller_ == nullptr) throw ForkRefused("a virtual thread cannot fork: call it in a platform thread");
    while (suspend_new(census)) continue;
    if (!workers_.empty()) static_cast<void>(Pools::instance(env));
    for (const auto thread : suspended_) {
        if (const auto* address = java_thread(thread)) java_threads_.push_back(address);
    }
}

ApplicationThreads::~ApplicationThreads() {
    if (!keep_ && !suspended_.empty()) {
        std::vector<jvmtiError> results(suspended_.size());
        jvmti_->ResumeThreadList(static_cast<jint>(suspended_.size()), suspended_.data(), results.data());
    }
    for (const auto thread : suspended_) env_->DeleteGlobalRef(thread);
    forget_survivors();
}

void ApplicationThreads::forget_survivors() {
    for (const auto thread : survivors_) env_->DeleteLocalRef(thread);
    survivors_.clear();
}

void ApplicationThreads::leave_suspended(bool with_pools) {
    keep_ = true;
    if (!with_pools) return;
    for (const auto worker : workers_) Pools::instance(env_).dismiss(env_, worker);
}

bool ApplicationThreads::suspend_new(const Census& census) {
    bool found = false;
    forget_survivors();
    const bool listed = census.for_each([&](jthread thread, bool of_application) {
        if (!of_application) {
            survivors_.push_back(thread);
            return true;
        }
        const auto is_it = [&](jthread one) { return env_->IsSameObject(one, thread) == JNI_TRUE; };
        if (std::ranges::any_of(suspended_, is_it) || jvmti_->SuspendThread(thread) != JVMTI_ERROR_NONE) return false;
        if (census.is_idle_worker(thread)) {  // by now: its pool will wake it
            jvmti_->ResumeThread(thread);
            survivors_.push_back(thread);
            return true;
        }
        const auto suspended = static_cast<jthread>(env_->NewGlobalRef(thread));
        suspended_.push_back(suspended);
        if (census.is_worker(thread) && census.is_at_work(thread)) workers_.push_back(suspended);
        found = true;
        return false;
    });
    return listed && found;
}

std::optional<ApplicationThreads::Held> ApplicationThreads::held_lock() const {
    // Used by one fork at a time.
    static std::unordered_map<jmethodID, Method> methods;
    std::vector<jvmtiFrameInfo> frames(deepest);
    std::optional<Held> held;
    for (const auto thread : suspended_) {
        jint count = 0;
        if (jvmti_->GetStackTrace(thread, 0, deepest, frames.data(), &count) != JVMTI_ERROR_NONE) continue;
        bool in_jdk = is_running(jvmti_, thread);
        for (jint i = 0; i < count; ++i) {
            const auto id = frames[static_cast<std::size_t>(i)].method;
            auto known = methods.find(id);
            if (known == methods.end()) known = methods.emplace(id, examine(jvmti_, env_, id)).first;
            const auto& [kind, name] = known->second;
            if (kind == Method::Kind::essential) {
                return Held{true, true, "thread \"" + thread_name(jvmti_, env_, thread) + "\" in " + name};
            }
            in_jdk = in_jdk && kind != Method::Kind::application;
            const bool pool = kind == Method::Kind::pool && i < steps;
            if (in_jdk && (pool || kind == Method::Kind::locks || (kind == Method::Kind::locks_here && i < steps))) {
                if (!held) held.emplace();
                held->of_pool |= pool;
            }
        }
    }
    return held;
}

}  // namespace multiprocessing::jvm
