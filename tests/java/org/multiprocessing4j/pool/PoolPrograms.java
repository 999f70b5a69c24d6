package org.multiprocessing4j.pool;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Main programs with pools. */
final class PoolPrograms {

    private PoolPrograms() {}

    /** Ends while a task waits that no worker has, and waits for it in a hook. */
    static final class WaitingHook {
        private WaitingHook() {}

        public static void main(String[] args) throws InterruptedException {
            Pool pool = new Pool(1);
            pool.apply(PoolTasks::square, 1);
            pool.applyAsync(PoolTasks::sleepForEver, 1);
            AsyncResult<Integer> waiting = pool.applyAsync(PoolTasks::square, 2);
            if (args.length > 0) {
                pool.close();
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> await(waiting)));
        }

        private static void await(AsyncResult<Integer> result) {
            try {
                System.out.println(result.get(20, TimeUnit.SECONDS));
            } catch (ExecutionException e) {
                System.out.println(e.getCause().getMessage() + "; " + e.getCause().getCause().getMessage());
            } catch (InterruptedException | TimeoutException e) {
                System.out.println(e);
            }
        }
    }

    /** Shows the progress of an input whose length is not known, which is taken by a loop, or given up. */
    static final class WithProgress {
        private WithProgress() {}

        public static void main(String[] args) {
            try (var pool = new ThreadPool(1).with()) {
                for (IMapIterator<Integer> all = squares(pool, "all"); all.hasNext();) {
                    all.next();
                }
                try (IMapIterator<Integer> some = squares(pool, "some")) {
                    some.next();
                }
            }
        }

        private static IMapIterator<Integer> squares(Calls pool, String label) {
            return pool.withOptions(CallOptions.DEFAULT.progress(label)).imap(PoolTasks::square, PoolTasks.range(5));
        }
    }
}
