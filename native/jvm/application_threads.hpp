/// The application's Java threads, suspended for a fork. The JVM's own Java threads are left alone: a child needs them.
#pragma once

#include <jni.h>
#include <jvmti.h>

#include <cstddef>
#include <vector>

namespace multiprocessing::jvm {

class ApplicationThreads {
public:
    /// Suspends all but the caller, again until no new one is found.
    /// @throws ForkRefused if this JVM lets nobody suspend threads
    explicit ApplicationThreads(JNIEnv* env);
    ApplicationThreads(const ApplicationThreads&) = delete;
    ApplicationThreads& operator=(const ApplicationThreads&) = delete;
    /// Resumes them, unless leave_suspended() was called.
    ~ApplicationThreads();

    /// In the child: they stay as they are for good.
    void leave_suspended() { keep_ = true; }

    /// HotSpot's JavaThreads of those that are suspended.
    [[nodiscard]] const std::vector<const std::byte*>& java_threads() const { return java_threads_; }

private:
    [[nodiscard]] bool suspend_new();
    [[nodiscard]] bool is_application(jthread thread);
    [[nodiscard]] bool is_idle_worker(jthread thread);

    JNIEnv* env_;
    jvmtiEnv* jvmti_;
    jfieldID eetop_;
    jclass worker_class_;
    std::vector<jthread> suspended_;
    std::vector<const std::byte*> java_threads_;
    bool keep_ = false;
};

}  // namespace multiprocessing::jvm
