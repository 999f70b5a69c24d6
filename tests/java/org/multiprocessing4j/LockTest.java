package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Mailbox;
import org.multiprocessing4j.support.StartMethods;

/** The lock that is not bound to its owner. */
class LockTest extends SemLockContract {

    private static final String TOO_OFTEN = "semaphore or lock released too many times";

    @Override
    SemLock make(String name) {
        return new Lock(name);
    }

    @Test
    void cannotBeReleasedWhenItIsFree() {
        Lock lock = new Lock();
        assertThatIllegalStateException().isThrownBy(lock::release).withMessage(TOO_OFTEN);
        lock.acquire();
        lock.release();
        assertThatIllegalStateException().isThrownBy(lock::unlock).withMessage(TOO_OFTEN);
        assertThat(lock.acquire(false)).as("it is as free as it was").isTrue();
        assertThat(lock.acquire(false)).isFalse();
        lock.release();
    }

    @Test
    void isNotRecursive() {
        Lock lock = new Lock();
        lock.acquire();
        assertThat(lock.acquire(false)).isFalse();
        assertThat(lock.acquire(MOMENT)).isFalse();
        lock.release();
        assertThat(lock.locked()).isFalse();
    }

    @Test
    void anyThreadMayReleaseIt() {
        Lock lock = new Lock();
        lock.acquire();
        elsewhere(() -> {
            lock.release();
            return null;
        });
        assertThat(lock.locked()).isFalse();
        assertThatIllegalStateException().isThrownBy(lock::release);
    }

    @StartMethods
    void anyProcessMayReleaseIt(Context ctx) {
        Lock lock = new Lock();
        lock.acquire();
        assertThat(Child.run(ctx.builder().target(Lock::release, lock).build())).isZero();
        assertThat(lock.acquire(Gate.PATIENCE)).isTrue();
        lock.release();
    }

    @Test
    void showsItsHolderAsInPython() throws Exception {
        Lock lock = new Lock();
        assertThat(lock).hasToString("<Lock(owner=None)>");
        CompletableFuture<Void> release = new CompletableFuture<>();
        CompletableFuture<String> taken = new CompletableFuture<>();
        CompletableFuture<Object> holder = inThread("worker", () -> {
            lock.acquire();
            taken.complete(lock.toString());
            return release.get();
        });
        assertThat(taken).succeedsWithin(Gate.PATIENCE).isEqualTo("<Lock(owner=MainProcess|worker)>");
        assertThat(lock).hasToString("<Lock(owner=SomeOtherThread)>");
        release.complete(null);
        holder.get();
        assertThat(lock).as("the thread is gone, the lock is taken").hasToString("<Lock(owner=SomeOtherThread)>");
        lock.release();
        assertThat(lock).hasToString("<Lock(owner=None)>");
        assertThat(inThread("main", () -> {
            lock.acquire();
            return lock.toString();
        }).get()).as("the main thread goes without saying").isEqualTo("<Lock(owner=MainProcess)>");
    }

    @StartMethods
    void showsItsHolderInAChild(Context ctx) {
        Lock parents = new Lock();
        Lock own = new Lock();
        Mailbox box = new Mailbox();
        parents.acquire();
        assertThat(Child.run(ctx.builder().name("bob").target(LockTest::describe, parents, own, box).build())).isZero();
        parents.release();
        assertThat(box.text().lines()).containsExactly(
                "<Lock(owner=SomeOtherProcess)>", "<Lock(owner=None)>", "<Lock(owner=bob|x)>");
    }

    private static void describe(Lock parents, Lock own, Mailbox box) {
        Thread.currentThread().setName("x");
        box.put(parents);
        box.put(own);
        own.acquire();
        box.put(own);
    }
}
