/// ForkJoinPools whose workers did not come along into a child.
#pragma once

#include <jni.h>

namespace multiprocessing::jvm {

/// A pool counts on its workers: with all of them at work at the fork it would never run anything again in the child,
/// where they are gone. What its queues hold is the parent's to do.
class Pools {
public:
    /// To be called in the parent first, once there are workers, whose threads may be suspended: it looks up methods of
    /// classes that are in use. What a version does not have is left alone.
    [[nodiscard]] static const Pools& instance(JNIEnv* env);

    /// In the child, when the JVM works again: tells a worker's pool that it is gone, and drops what was queued. Unless
    /// the caller works for that pool, too: it may wait for what is queued.
    void dismiss(JNIEnv* env, jobject worker) const;

private:
    explicit Pools(JNIEnv* env);

    jclass list_;
    jclass task_;
    jmethodID new_list_ = nullptr;
    jmethodID own_pool_ = nullptr;
    jmethodID pool_of_ = nullptr;
    jmethodID drain_ = nullptr;
    jmethodID deregister_ = nullptr;
    bool complete_ = false;
};

}  // namespace multiprocessing::jvm
