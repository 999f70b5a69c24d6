/// What knows the JVM and is small: the JNI side of org.multiprocessing4j.bindings.Jvm.
#include <jni.h>
#include <signal.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <vector>

#include "multiprocessing/error.hpp"
#include "multiprocessing/jvm/live_fork.hpp"
#include "repair.hpp"

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

/// A Java string's characters; null if there was no memory for them.
struct Utf {
    JNIEnv* env;
    jstring string;
    const char* text;
    Utf(JNIEnv* e, jstring s) : env(e), string(s), text(e->GetStringUTFChars(s, nullptr)) {}
    Utf(const Utf&) = delete;
    Utf& operator=(const Utf&) = delete;
    ~Utf() {
        if (text != nullptr) env->ReleaseStringUTFChars(string, text);
    }
};

/// A primitive type: its letter in descriptors, and the class and methods of its boxes.
struct Primitive {
    char letter;
    const char* box;
    const char* unboxing;
    const char* unboxing_descriptor;
    const char* boxing_descriptor;
};

constexpr Primitive primitives[] = {
    {'Z', "java/lang/Boolean", "booleanValue", "()Z", "(Z)Ljava/lang/Boolean;"},
    {'C', "java/lang/Character", "charValue", "()C", "(C)Ljava/lang/Character;"},
    {'B', "java/lang/Byte", "byteValue", "()B", "(B)Ljava/lang/Byte;"},
    {'S', "java/lang/Short", "shortValue", "()S", "(S)Ljava/lang/Short;"},
    {'I', "java/lang/Integer", "intValue", "()I", "(I)Ljava/lang/Integer;"},
    {'J', "java/lang/Long", "longValue", "()J", "(J)Ljava/lang/Long;"},
    {'F', "java/lang/Float", "floatValue", "()F", "(F)Ljava/lang/Float;"},
    {'D', "java/lang/Double", "doubleValue", "()D", "(D)Ljava/lang/Double;"},
};

/// @return null for a class, an array or void
const Primitive* primitive(char letter) {
    for (const auto& type : primitives) {
        if (type.letter == letter) return &type;
    }
    return nullptr;
}

/// Turns an argument into what a parameter of that type wants; numbers are widened as Java widens them.
jvalue unboxed(JNIEnv* env, const Primitive& type, jobject argument) {
    jvalue value{};
    const auto box = env->GetObjectClass(argument);
    auto id = env->GetMethodID(box, type.unboxing, type.unboxing_descriptor);
    if (id == nullptr && std::strchr("IJFD", type.letter) != nullptr) {
        // Characters are widened too, but no box says so.
        env->ExceptionClear();
        const auto* character = primitive('C');
        id = env->GetMethodID(box, character->unboxing, character->unboxing_descriptor);
        if (id == nullptr) return value;
        const auto code = env->CallCharMethod(argument, id);
        env->DeleteLocalRef(box);
        switch (type.letter) {
            case 'I': value.i = code; break;
            case 'J': value.j = code; break;
            case 'F': value.f = code; break;
            default: value.d = code; break;
        }
        return value;
    }
    env->DeleteLocalRef(box);
    if (id == nullptr) return value;
    switch (type.letter) {
        case 'Z': value.z = env->CallBooleanMethod(argument, id); break;
        case 'C': value.c = env->CallCharMethod(argument, id); break;
        case 'B': value.b = env->CallByteMethod(argument, id); break;
        case 'S': value.s = env->CallShortMethod(argument, id); break;
        case 'I': value.i = env->CallIntMethod(argument, id); break;
        case 'J': value.j = env->CallLongMethod(argument, id); break;
        case 'F': value.f = env->CallFloatMethod(argument, id); break;
        default: value.d = env->CallDoubleMethod(argument, id); break;
    }
    return value;
}

jobject boxed(JNIEnv* env, const Primitive& type, jvalue value) {
    const auto box = env->FindClass(type.box);
    const auto id = box == nullptr ? nullptr : env->GetStaticMethodID(box, "valueOf", type.boxing_descriptor);
    return id == nullptr ? nullptr : env->CallStaticObjectMethodA(box, id, &value);
}

/// Calls the method. @return its result, null if it has none
jobject call_static(JNIEnv* env, jclass owner, jmethodID method, const char* descriptor, jobjectArray arguments) {
    std::vector<jvalue> values;
    const char* at = descriptor + 1;
    for (jsize i = 0; *at != ')'; ++i) {
        const auto* type = primitive(*at);
        while (*at == '[') ++at;
        at = *at == 'L' ? std::strchr(at, ';') + 1 : at + 1;
        const auto argument = env->GetObjectArrayElement(arguments, i);
        if (env->ExceptionCheck()) return nullptr;
        if (argument == nullptr && type != nullptr) {
            throw_java(env, "java/lang/NullPointerException", "null for a primitive parameter");
            return nullptr;
        }
        values.push_back(type == nullptr ? jvalue{.l = argument} : unboxed(env, *type, argument));
        if (env->ExceptionCheck()) return nullptr;
    }
    jvalue result{};
    const auto* all = values.data();
    switch (at[1]) {
        case 'V': env->CallStaticVoidMethodA(owner, method, all); break;
        case 'Z': result.z = env->CallStaticBooleanMethodA(owner, method, all); break;
        case 'C': result.c = env->CallStaticCharMethodA(owner, method, all); break;
        case 'B': result.b = env->CallStaticByteMethodA(owner, method, all); break;
        case 'S': result.s = env->CallStaticShortMethodA(owner, method, all); break;
        case 'I': result.i = env->CallStaticIntMethodA(owner, method, all); break;
        case 'J': result.j = env->CallStaticLongMethodA(owner, method, all); break;
        case 'F': result.f = env->CallStaticFloatMethodA(owner, method, all); break;
        case 'D': result.d = env->CallStaticDoubleMethodA(owner, method, all); break;
        default: return env->CallStaticObjectMethodA(owner, method, all);
    }
    const auto* type = primitive(at[1]);
    return type == nullptr || env->ExceptionCheck() ? nullptr : boxed(env, *type, result);
}

}  // namespace

extern "C" {

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM*, void*) {
    return JNI_VERSION_10;
}

JNIEXPORT jobject JNICALL Java_org_multiprocessing4j_bindings_Jvm_view(JNIEnv* env, jclass, jlong address, jlong size) {
    return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), size);
}

JNIEXPORT jobject JNICALL Java_org_multiprocessing4j_bindings_Jvm_call_1static(JNIEnv* env, jclass, jclass owner,
                                                                               jstring name, jstring descriptor,
                                                                               jobjectArray arguments) {
    const Utf name_text(env, name);
    const Utf descriptor_text(env, descriptor);
    if (name_text.text == nullptr || descriptor_text.text == nullptr) return nullptr;
    const auto method = env->GetStaticMethodID(owner, name_text.text, descriptor_text.text);
    return method == nullptr ? nullptr : call_static(env, owner, method, descriptor_text.text, arguments);
}

JNIEXPORT jint JNICALL Java_org_multiprocessing4j_bindings_Jvm_default_1sent_1faults(JNIEnv*, jclass,
                                                                                       jboolean really) {
    if (really == JNI_FALSE) return 0;
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

JNIEXPORT jint JNICALL Java_org_multiprocessing4j_bindings_Jvm_live_1fork(JNIEnv* env, jclass, jboolean sibling,
                                                                          jlong pid_address, jobjectArray held,
                                                                          jobject child) {
    using namespace multiprocessing;
    const auto type = env->GetObjectClass(child);
    const auto run = env->GetMethodID(type, "run", "()V");
    if (run == nullptr) return 0;
    try {
        jvm::ForkOptions options;
        options.sibling = sibling == JNI_TRUE;
        options.pid_cell = reinterpret_cast<pid_t*>(pid_address);
        const auto result = jvm::live_fork(env, options);
        if (!result.held.empty()) {
            if (const auto text = env->NewStringUTF(result.held.c_str())) env->SetObjectArrayElement(held, 0, text);
        }
        if (result.pid == 0) env->CallVoidMethod(child, run);
        return result.pid;
    } catch (const OSError& error) {
        return -error.error();
    } catch (const std::exception& error) {
        throw_java(env, "java/lang/UnsupportedOperationException", error.what());
        return 0;
    }
}

JNIEXPORT jlong JNICALL Java_org_multiprocessing4j_bindings_Jvm_gather_1memory(JNIEnv* env, jclass) {
    try {
        return static_cast<jlong>(multiprocessing::jvm::gather_memory());
    } catch (const std::exception& error) {
        throw_java(env, "java/lang/UnsupportedOperationException", error.what());
        return 0;
    }
}

JNIEXPORT jobjectArray JNICALL Java_org_multiprocessing4j_bindings_Jvm_application_1threads(JNIEnv* env, jclass) {
    try {
        const auto threads = multiprocessing::jvm::application_threads(env);
        const auto type = env->FindClass("java/lang/Thread");
        const auto array = env->NewObjectArray(static_cast<jsize>(threads.size()), type, nullptr);
        if (array == nullptr) return nullptr;
        for (std::size_t i = 0; i < threads.size(); ++i) {
            env->SetObjectArrayElement(array, static_cast<jsize>(i), threads[i]);
            env->DeleteLocalRef(threads[i]);
        }
        return array;
    } catch (const std::exception& error) {
        throw_java(env, "java/lang/UnsupportedOperationException", error.what());
        return nullptr;
    }
}

JNIEXPORT jboolean JNICALL Java_org_multiprocessing4j_bindings_Jvm_has_1exit_1work(JNIEnv* env, jclass) {
    try {
        return multiprocessing::jvm::has_exit_work(env) ? JNI_TRUE : JNI_FALSE;
    } catch (const multiprocessing::jvm::ForkRefused&) {
        return JNI_TRUE;
    }
}

JNIEXPORT jstring JNICALL Java_org_multiprocessing4j_bindings_Jvm_fork_1obstacle(JNIEnv* env, jclass,
                                                                                 jboolean any_collector) {
    try {
        const auto obstacle = multiprocessing::jvm::fork_obstacle(env, any_collector == JNI_TRUE);
        return obstacle ? env->NewStringUTF(obstacle->c_str()) : nullptr;
    } catch (const std::exception& error) {
        return env->NewStringUTF(error.what());
    }
}

}  // extern "C"
