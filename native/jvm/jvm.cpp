/// What knows the JVM and is small: the JNI side of org.multiprocessing4j.bindings.Jvm.
#include <jni.h>
#include <signal.h>

#include <cerrno>
#include <iterator>

#include "multiprocessing/error.hpp"
#include "multiprocessing/jvm/live_fork.hpp"

namespace {

constexpr int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
struct sigaction jvm_actions[std::size(faults)];

/// A fault that the processor raised is the JVM's: null checks and safepoints are made of them. One that was sent has a
/// code of 0 or less.
void on_fault(int signal, siginfo_t* info, void* context) {
    if (info->si_code <= 0) {
        ::signal(signal, SIG_DFL);
        ::raise(signal);  // taken when the handler returns, and the mask with it
        return;
    }
    for (std::size_t i = 0; i < std::size(faults); ++i) {
        if (faults[i] == signal) jvm_actions[i].sa_sigaction(signal, info, context);
    }
}

void throw_java(JNIEnv* env, const char* type, const char* text) {
    if (const auto found = env->FindClass(type)) env->ThrowNew(found, text);
}

}  // namespace

extern "C" {

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM*, void*) {
    return JNI_VERSION_10;
}

JNIEXPORT jobject JNICALL Java_org_multiprocessing4j_bindings_Jvm_view(JNIEnv* env, jclass, jlong address, jlong size) {
    return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), size);
}

JNIEXPORT jint JNICALL Java_org_multiprocessing4j_bindings_Jvm_default_1sent_1faults(JNIEnv*, jclass) {
    for (std::size_t i = 0; i < std::size(faults); ++i) {
        struct sigaction current {};
        if (::sigaction(faults[i], nullptr, &current) != 0) return -errno;
        if ((current.sa_flags & SA_SIGINFO) == 0 || current.sa_sigaction == on_fault) continue;
        jvm_actions[i] = current;
        current.sa_sigaction = on_fault;
        if (::sigaction(faults[i], &current, nullptr) != 0) return -errno;
    }
    return 0;
}

JNIEXPORT jint JNICALL Java_org_multiprocessing4j_bindings_Jvm_live_1fork(JNIEnv* env, jclass, jboolean sibling) {
    using namespace multiprocessing;
    try {
        jvm::ForkOptions options;
        options.sibling = sibling == JNI_TRUE;
        return jvm::live_fork(env, options);
    } catch (const OSError& error) {
        return -error.error();
    } catch (const std::exception& error) {
        throw_java(env, "java/lang/UnsupportedOperationException", error.what());
        return 0;
    }
}

JNIEXPORT jstring JNICALL Java_org_multiprocessing4j_bindings_Jvm_fork_1obstacle(JNIEnv* env, jclass) {
    try {
        const auto obstacle = multiprocessing::jvm::fork_obstacle(env);
        return obstacle ? env->NewStringUTF(obstacle->c_str()) : nullptr;
    } catch (const std::exception& error) {
        return env->NewStringUTF(error.what());
    }
}

}  // extern "C"
