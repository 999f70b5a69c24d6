#include "application_threads.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "multiprocessing/jvm/live_fork.hpp"

namespace multiprocessing::jvm {
namespace {

/// Of this JVM, once: the capability to suspend threads is asked for in the running JVM, no agent is needed.
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

}  // namespace

ApplicationThreads::ApplicationThreads(JNIEnv* env) : env_(env), jvmti_(tool_interface(env)) {
    const auto thread_class = env->FindClass("java/lang/Thread");
    eetop_ = env->GetFieldID(thread_class, "eetop", "J");
    worker_class_ = env->FindClass("java/util/concurrent/ForkJoinWorkerThread");
    if (eetop_ == nullptr || worker_class_ == nullptr) {
        env->ExceptionClear();
        throw ForkRefused("live fork does not know this JVM's threads; use the start method spawn");
    }
    while (suspend_new()) continue;
    for (const auto thread : suspended_) {
        // The field is 0 once the thread has ended.
        if (const auto address = env->GetLongField(thread, eetop_)) {
            java_threads_.push_back(reinterpret_cast<const std::byte*>(address));
        }
    }
}

ApplicationThreads::~ApplicationThreads() {
    if (!keep_ && !suspended_.empty()) {
        std::vector<jvmtiError> results(suspended_.size());
        jvmti_->ResumeThreadList(static_cast<jint>(suspended_.size()), suspended_.data(), results.data());
    }
    for (const auto thread : suspended_) env_->DeleteGlobalRef(thread);
}

bool ApplicationThreads::suspend_new() {
    jint count = 0;
    Allocated<jthread> all(jvmti_);
    if (jvmti_->GetAllThreads(&count, &all.pointer) != JVMTI_ERROR_NONE) return false;
    jthread current = nullptr;
    jvmti_->GetCurrentThread(&current);
    bool found = false;
    for (jint i = 0; i < count; ++i) {
        const jthread thread = all.pointer[i];
        const auto is_it = [&](jthread one) { return env_->IsSameObject(one, thread) == JNI_TRUE; };
        const bool known = is_it(current) || std::ranges::any_of(suspended_, is_it);
        if (!known && is_application(thread) && jvmti_->SuspendThread(thread) == JVMTI_ERROR_NONE) {
            suspended_.push_back(static_cast<jthread>(env_->NewGlobalRef(thread)));
            found = true;
        }
        env_->DeleteLocalRef(thread);
    }
    env_->DeleteLocalRef(current);
    return found;
}

bool ApplicationThreads::is_application(jthread thread) {
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
    return !is_idle_worker(thread);
}

/// A worker of a ForkJoinPool that has nothing to do belongs to the pool, which counts on it; one that has works for
/// the application.
bool ApplicationThreads::is_idle_worker(jthread thread) {
    if (!env_->IsInstanceOf(thread, worker_class_)) return false;
    std::array<jvmtiFrameInfo, 8> frames{};
    jint count = 0;
    if (jvmti_->GetStackTrace(thread, 0, static_cast<jint>(frames.size()), frames.data(), &count) != JVMTI_ERROR_NONE) {
        return false;
    }
    return std::any_of(frames.begin(), frames.begin() + count, [this](const jvmtiFrameInfo& frame) {
        Allocated<char> name(jvmti_);
        return jvmti_->GetMethodName(frame.method, &name.pointer, nullptr, nullptr) == JVMTI_ERROR_NONE &&
               (std::string_view(name.pointer) == "awaitWork" || std::string_view(name.pointer) == "idleAwaitWork");
    });
}

}  // namespace multiprocessing::jvm
