#include "pools.hpp"

#include "repair.hpp"

namespace multiprocessing::jvm {
namespace {

/// A class of the JDK's, kept for good.
jclass keep_class(JNIEnv* env, const char* name) {
    const auto found = env->FindClass(name);
    const auto kept = found == nullptr ? nullptr : env->NewGlobalRef(found);
    env->DeleteLocalRef(found);
    return static_cast<jclass>(kept);
}

}  // namespace

Pools::Pools(JNIEnv* env) {
    static const auto list = keep_class(env, "java/util/ArrayList");
    static const auto task = keep_class(env, "java/util/concurrent/ForkJoinTask");
    static const auto worker = keep_class(env, "java/util/concurrent/ForkJoinWorkerThread");
    static const auto pool = keep_class(env, "java/util/concurrent/ForkJoinPool");
    list_ = list;
    task_ = task;
    const bool found =
        list != nullptr && task != nullptr && worker != nullptr && pool != nullptr &&
        (new_list_ = env->GetMethodID(list, "<init>", "()V")) != nullptr &&
        (current_pool_ = env->GetStaticMethodID(task, "getPool", "()Ljava/util/concurrent/ForkJoinPool;")) != nullptr &&
        (pool_of_ = env->GetMethodID(worker, "getPool", "()Ljava/util/concurrent/ForkJoinPool;")) != nullptr &&
        (drain_ = env->GetMethodID(pool, "drainTasksTo", "(Ljava/util/Collection;)I")) != nullptr &&
        (deregister_ = env->GetMethodID(pool, "deregisterWorker",
                                        "(Ljava/util/concurrent/ForkJoinWorkerThread;Ljava/lang/Throwable;)V")) !=
            nullptr;
    if (!found) deregister_ = nullptr;
    forget_exception(env);
}

void Pools::dismiss(JNIEnv* env, jobject worker) const {
    if (deregister_ == nullptr || env->PushLocalFrame(8) != 0) return;
    const auto pool = env->CallObjectMethod(worker, pool_of_);
    forget_exception(env);
    const auto own = env->CallStaticObjectMethod(task_, current_pool_);
    forget_exception(env);
    if (pool != nullptr && env->IsSameObject(pool, own) == JNI_FALSE) {
        const auto dropped = env->NewObject(list_, new_list_);
        if (dropped != nullptr) static_cast<void>(env->CallIntMethod(pool, drain_, dropped));
        forget_exception(env);
    }
    if (pool != nullptr) env->CallVoidMethod(pool, deregister_, worker, nullptr);
    forget_exception(env);
    env->PopLocalFrame(nullptr);
}

}  // namespace multiprocessing::jvm
