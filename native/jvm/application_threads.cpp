#include "application_threads.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "multiprocessing/jvm/live_fork.hpp"

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
constexpr std::array<std::string_view, 13> essential_classes = {
    "Ljava/io/PrintStream;",       "Ljava/lang/ClassLoader;",    "Ljdk/internal/loader/",
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

/// Where an essential lock may be held: `java.io.PrintStream.write`; empty for any other method.
std::string essential_place(jvmtiEnv* jvmti, JNIEnv* env, jmethodID method) {
    Allocated<char> name(jvmti);
    Allocated<char> signature(jvmti);
    jclass type = nullptr;
    if (jvmti->GetMethodName(method, &name.pointer, nullptr, nullptr) != JVMTI_ERROR_NONE) return {};
    if (jvmti->GetMethodDeclaringClass(method, &type) != JVMTI_ERROR_NONE) return {};
    const auto error = jvmti->GetClassSignature(type, &signature.pointer, nullptr);
    env->DeleteLocalRef(type);
    if (error != JVMTI_ERROR_NONE) return {};
    const std::string_view owner(signature.pointer);
    const std::string_view called(name.pointer);
    const auto called_any_of = [&](const auto& names) { return std::ranges::find(names, called) != names.end(); };
    const bool essential =
        called == "<clinit>" || (owner == "Ljava/lang/Thread;" && called_any_of(essential_of_threads)) ||
        std::ranges::any_of(essential_classes, [&](auto prefix) { return owner.starts_with(prefix); });
    if (!essential) return {};
    std::string place(owner.substr(1, owner.size() - 2));
    std::ranges::replace(place, '/', '.');
    return place + '.' + name.pointer;
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

    /// Calls `use` with each of the application's threads but the caller, as a local reference.
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
            if (!counts || !use(thread)) env_->DeleteLocalRef(thread);
        }
        env_->DeleteLocalRef(current);
        return true;
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

    /// A worker of a ForkJoinPool that has nothing to do belongs to the pool, which counts on it; one that has works
    /// for the application.
    [[nodiscard]] bool is_idle_worker(jthread thread) const {
        if (!env_->IsInstanceOf(thread, worker_class_)) return false;
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

    JNIEnv* env_;
    jvmtiEnv* jvmti_;
    jclass worker_class_;
};

void ApplicationThreads::check_supported(JNIEnv* env) {
    const Census census(env);
}

std::vector<jthread> ApplicationThreads::list(JNIEnv* env) {
    std::vector<jthread> threads;
    Census(env).for_each([&](jthread thread) {
        threads.push_back(thread);
        return true;
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
    while (suspend_new(census)) continue;
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
}

bool ApplicationThreads::suspend_new(const Census& census) {
    bool found = false;
    const bool listed = census.for_each([&](jthread thread) {
        const auto is_it = [&](jthread one) { return env_->IsSameObject(one, thread) == JNI_TRUE; };
        if (std::ranges::none_of(suspended_, is_it) && jvmti_->SuspendThread(thread) == JVMTI_ERROR_NONE) {
            suspended_.push_back(static_cast<jthread>(env_->NewGlobalRef(thread)));
            found = true;
        }
        return false;
    });
    return listed && found;
}

std::optional<std::string> ApplicationThreads::essential_lock() const {
    // Used by one fork at a time. A method that was unloaded may leave its number to another one: then a fork waits
    // a moment for nothing.
    static std::unordered_map<jmethodID, std::string> places;
    std::vector<jvmtiFrameInfo> frames(deepest);
    for (const auto thread : suspended_) {
        jint count = 0;
        if (jvmti_->GetStackTrace(thread, 0, deepest, frames.data(), &count) != JVMTI_ERROR_NONE) continue;
        for (jint i = 0; i < count; ++i) {
            const auto method = frames[static_cast<std::size_t>(i)].method;
            auto known = places.find(method);
            if (known == places.end()) {
                known = places.emplace(method, essential_place(jvmti_, env_, method)).first;
            }
            if (!known->second.empty()) {
                return "thread \"" + thread_name(jvmti_, env_, thread) + "\" in " + known->second;
            }
        }
    }
    return std::nullopt;
}

}  // namespace multiprocessing::jvm
