#include "pools.hpp"

#include "repair.hpp"

namespace multiprocessing::jvm {
namespace {

/// A class of the JDK's, kept for good.
jclass keep_class(JNIEnv* env, const char* name) {
    const auto found = find_boot_class(env, name);
    const auto kept = found == nullptr ? nullptr : env->NewGlobalRef(found);
    env->DeleteLocalRef(found);
    return static_cast<jclass>(kept);
}

}  // namespace

const Pools& Pools::instance(JNIEnv* env) {
    static const Pools pools(env);
    return pools;
}

Pools::Pools(JNIEnv* env)
    : list_(keep_class(env, "java/util/ArrayList")), task_(keep_class(env, "java/util/concurrent/ForkJoinTask")) {
    const auto worker = find_boot_class(env, "java/util/concurrent/ForkJoinWorkerThread");
    const auto pool = find_boot_class(env, "java/util/concurrent/ForkJoinPool");
    complete_ =
        list_ != nullptr && task_ != nullptr && worker != nullptr && pool != nullptr &&
        (new_list_ = env->GetMethodID(list_, "<init>", "()V")) != nullptr &&
        (own_pool_ = env->GetStaticMethodID(task_, "getPool", "()Ljava/util/concurrent/ForkJoinPool;")) != nullptr &&
        (pool_of_ = env->GetMethodID(worker, "getPool", "()Ljava/util/concurrent/ForkJoinPool;")) != nullptr &&
        (drain_ = env->GetMethodID(pool, "drainTasksTo", "(Ljava/util/Collection;)I")) != nullptr &&
        (deregister_ = env->GetMethodID(pool, "deregisterWorker",
                                        "(Ljava/util/concurrent/ForkJoinWorkerThread;Ljava/lang/Throwable;)V")) !=
            nullptr;
    forget_exception(env);
    env->DeleteLocalRef(worker);
    env->DeleteLocalRef(pool);
}

void Pools::dismiss(JNIEnv* env, jobject worker) const {
    if (!complete_ || env->PushLocalFrame(8) != 0) return;
    const auto pool = env->CallObjectMethod(worker, pool_of_);
    forget_exception(env);
    const auto own = env->CallStaticObjectMethod(task_, own_pool_);
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
