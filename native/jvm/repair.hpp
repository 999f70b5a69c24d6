/// What must be mended in a forked child, which has its parent's memory and descriptors.
#pragma once

#include <jni.h>
#include <jvmti.h>

#include <span>

namespace multiprocessing::jvm {

/// The exit code of a child whose threads could not be made.
constexpr int revival_failed = 70;  // EX_SOFTWARE

/// Loads a class of the JDK, and does not initialize it, nor ask a class loader, as JNI's FindClass would.
/// @return null, mostly with a Java exception, if there is none
[[nodiscard]] jclass find_boot_class(JNIEnv* env, const char* name);

/// After a call that may have left a Java exception: what cannot be mended is left as it is.
void forget_exception(JNIEnv* env);

/// While the child has one thread: signals as by default, files of its own, no counters shared with the parent. Neither
/// allocates nor locks. What cannot be mended is left as fork(2) leaves it.
void repair_before_revival();

/// In the parent, with its threads stopped: finds out which classes of the JDK are in use and need repair in a child,
/// so that the child initializes none for the sake of it.
/// @throws ForkRefused
void prepare_repair(JNIEnv* env);

/// In the parent, while its threads run: repairs for once what that does no harm to, so that no child is the first.
void rehearse_repair(JNIEnv* env);

/// When the JVM works again: random numbers, the pid, shutdown hooks and files to delete at exit.
/// @param threads those that the child has
void repair_java(JNIEnv* env, std::span<const jthread> threads);

/// Whether shutdown hooks or files to delete are waiting for this JVM's end; true if it cannot be known.
[[nodiscard]] bool has_exit_work(JNIEnv* env);

}  // namespace multiprocessing::jvm
