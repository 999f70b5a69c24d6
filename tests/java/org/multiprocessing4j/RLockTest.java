package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.Mailbox;
import org.multiprocessing4j.support.StartMethods;

/** The lock that its owner may take again. */
class RLockTest extends SemLockContract {

    private static final String NOT_OWNED = "attempt to release recursive lock not owned by thread";

    @Override
    SemLock make(String name) {
        return new RLock(name);
    }

    @Test
    void isReleasedAsOftenAsItWasTaken() throws Exception {
        RLock lock = new RLock();
        lock.acquire();
        assertThat(lock.acquire(false)).isTrue();
        assertThat(lock.acquire(Duration.ZERO)).isTrue();
        assertThat(lock.tryLock(0, TimeUnit.SECONDS)).isTrue();
        lock.lockInterruptibly();
        for (int i = 0; i < 4; i++) {
            lock.release();
            assertThat(elsewhere(() -> lock.tryLock())).as("after %d releases", i + 1).isFalse();
        }
        lock.release();
        assertThat(lock.locked()).isFalse();
        assertThat(elsewhere(() -> lock.tryLock())).isTrue();
    }

    @Test
    void onlyItsOwnerMayReleaseIt() {
        RLock lock = new RLock();
        assertThatIllegalStateException().isThrownBy(lock::release).withMessage(NOT_OWNED);
        lock.acquire();
        lock.release();
        assertThatIllegalStateException().isThrownBy(lock::unlock).withMessage(NOT_OWNED);
        lock.acquire();
        assertThat(elsewhere(() -> releaseOf(lock))).isEqualTo(NOT_OWNED);
        assertThat(lock.locked()).isTrue();
        lock.release();
    }

    private static String releaseOf(RLock lock) {
        try {
            lock.release();
        } catch (IllegalStateException e) {
            return e.getMessage();
        }
        return "released";
    }

    @Test
    void aFormerOwnerIsNoOwner() throws Exception {
        RLock lock = new RLock();
        lock.acquire();
        lock.release();
        assertThat(elsewhere(() -> lock.acquire(false))).isTrue();
        assertThat(lock.acquire(false)).isFalse();
        assertThatIllegalStateException().isThrownBy(lock::release).withMessage(NOT_OWNED);
    }

    @StartMethods
    void aChildIsNotItsOwner(Context ctx) {
        RLock lock = new RLock();
        Mailbox box = new Mailbox();
        lock.acquire();
        lock.acquire();
        assertThat(Child.run(ctx.builder().target(RLockTest::tryToRelease, lock, box).build())).isZero();
        assertThat(box.text().lines()).containsExactly(NOT_OWNED, "false", "<RLock(SomeOtherProcess, nonzero)>");
        assertThat(lock).as("the parent has it twice as before").hasToString(
                "<RLock(MainProcess|" + Thread.currentThread().getName() + ", 2)>");
        lock.release();
        lock.release();
    }

    private static void tryToRelease(RLock lock, Mailbox box) {
        box.put(releaseOf(lock));
        box.put(lock.acquire(false));
        box.put(lock);
    }

    @Test
    void showsItsHolderAsInPython() throws Exception {
        RLock lock = new RLock();
        assertThat(lock).hasToString("<RLock(None, 0)>");
        CompletableFuture<Void> release = new CompletableFuture<>();
        CompletableFuture<String> taken = new CompletableFuture<>();
        CompletableFuture<String> holder = inThread("worker", () -> {
            lock.acquire();
            lock.acquire();
            taken.complete(lock.toString());
            release.get();
            lock.release();
            lock.release();
            return lock.toString();
        });
        assertThat(taken).succeedsWithin(Gate.PATIENCE).isEqualTo("<RLock(MainProcess|worker, 2)>");
        assertThat(lock).hasToString("<RLock(SomeOtherThread, nonzero)>");
        release.complete(null);
        assertThat(holder).succeedsWithin(Gate.PATIENCE).isEqualTo("<RLock(None, 0)>");
        assertThat(inThread("main", () -> {
            lock.acquire();
            return lock.toString();
        }).get()).isEqualTo("<RLock(MainProcess, 1)>");
    }
}
