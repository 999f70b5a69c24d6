/// The application's Java threads, suspended for a fork. The JVM's own Java threads are left alone: a child needs them.
#pragma once

#include <jni.h>
#include <jvmti.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace multiprocessing::jvm {

/// This JVM's tool interface, with the capability to suspend threads.
/// @throws ForkRefused if it lets nobody do so
[[nodiscard]] jvmtiEnv* tool_interface(JNIEnv* env);

class ApplicationThreads {
public:
    /// Suspends all but the caller, again until no new one is found.
    /// @throws ForkRefused if this JVM lets nobody suspend threads
    explicit ApplicationThreads(JNIEnv* env);
    ApplicationThreads(const ApplicationThreads&) = delete;
    ApplicationThreads& operator=(const ApplicationThreads&) = delete;
    /// Resumes them, unless leave_suspended() was called.
    ~ApplicationThreads();

    /// Whether threads can be suspended here. @throws ForkRefused if not
    static void check_supported(JNIEnv* env);

    /// Who they are now, suspending nobody; local references.
    [[nodiscard]] static std::vector<jthread> list(JNIEnv* env);

    /// A thread that runs code of the JDK which a child cannot do without, and may hold its locks: System.out, class
    /// loading and initialisation, reading of jars. @return which, and where; nothing if there is none
    [[nodiscard]] std::optional<std::string> essential_lock() const;

    /// In the child: they stay as they are for good.
    void leave_suspended() { keep_ = true; }

    /// HotSpot's JavaThreads of those that are suspended.
    [[nodiscard]] const std::vector<const std::byte*>& java_threads() const { return java_threads_; }
    /// The caller's.
    [[nodiscard]] const std::byte* caller() const { return caller_; }

private:
    /// How the JDK's threads are told from the application's.
    class Census;

    [[nodiscard]] bool suspend_new(const Census& census);

    JNIEnv* env_;
    jvmtiEnv* jvmti_;
    std::vector<jthread> suspended_;
    std::vector<const std::byte*> java_threads_;
    const std::byte* caller_ = nullptr;
    bool keep_ = false;
};

}  // namespace multiprocessing::jvm
