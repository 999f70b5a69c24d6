package org.multiprocessing4j;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.posix.Posix;

/**
 * The start method {@code fork}: a live fork of this JVM, whose child has all of its heap. Mirrors {@code popen_fork}.
 */
final class PopenFork implements Popen.Launcher {

    @Override
    public Popen launch(Process process) {
        return Jvm.is_virtual(Thread.currentThread()) ? forkInPlatformThread(process) : fork(process);
    }

    private static Popen fork(Process process) {
        Process current = ProcessTable.current();
        int pid = Posix.getpid();
        ForkedChild.prepare();
        List<Object> kept = process.target() == null ? List.of() : List.of(process.target());
        int self = Posix.pidfdOpen(pid);
        try {
            // The child's life is given to fork, and does not follow it: see live_fork.
            var parent = new ProcessTable.ParentProcess(current.name(), pid, self, current.authkey());
            return new Popen(Posix.fork(new ForkedChild.Life(process, parent, true)), kept);
        } catch (Throwable e) {
            if (Posix.getpid() != pid) { // no child may go on as its parent
                e.printStackTrace();
                Posix._exit(1);
            }
            throw e;
        } finally {
            Posix.close(self); // the child does not come here
        }
    }

    /** A virtual thread's stack is no thread's of the kernel: the child goes on in one that is. */
    private static Popen forkInPlatformThread(Process process) {
        FutureTask<Popen> fork = new FutureTask<>(() -> fork(process));
        new Thread(fork, "multiprocessing fork").start();
        boolean interrupted = false;
        while (true) {
            try {
                return fork.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException failure) {
                    throw failure;
                }
                throw (Error) e.getCause();
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
