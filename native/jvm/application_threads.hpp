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

    /// What a thread may hold.
    struct Held {
        /// A child cannot do without it: System.out, logging, class loading and initialisation, reading of jars.
        /// Otherwise it is some lock of the JDK's, which a thread that runs gives back at once.
        bool essential = false;
        bool of_pool = false;  ///< it may be one of a ForkJoinPool
        std::string who;       ///< if it is essential: the thread, and where it is
    };

    /// A lock of the JDK's that one of them may hold; an essential one if there is one.
    [[nodiscard]] std::optional<Held> held_lock() const;

    /// In the child: they stay as they are for good.
    /// @param with_pools none of them holds a ForkJoinPool's lock: pools whose workers they are shall hire others
    void leave_suspended(bool with_pools);

    /// The caller and the JVM's own, which a child has; local references.
    [[nodiscard]] const std::vector<jthread>& survivors() const { return survivors_; }
    /// HotSpot's JavaThreads of those that are suspended.
    [[nodiscard]] const std::vector<const std::byte*>& java_threads() const { return java_threads_; }
    /// The caller's.
    [[nodiscard]] const std::byte* caller() const { return caller_; }

private:
    /// How the JDK's threads are told from the application's.
    class Census;

    [[nodiscard]] bool suspend_new(const Census& census);
    void forget_survivors();

    JNIEnv* env_;
    jvmtiEnv* jvmti_;
    std::vector<jthread> suspended_;
    std::vector<jthread> survivors_;
    std::vector<jthread> workers_;  ///< those of them that are at work for a ForkJoinPool
    std::vector<const std::byte*> java_threads_;
    const std::byte* caller_ = nullptr;
    bool keep_ = false;
};

}  // namespace multiprocessing::jvm
