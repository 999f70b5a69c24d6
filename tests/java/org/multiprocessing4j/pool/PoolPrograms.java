package org.multiprocessing4j.pool;

import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.support.ProcFs;

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

    /** Makes pools with ever more descriptors left, until one can be made. */
    static final class ShortOfDescriptors {
        private static final int WORKERS = 3;

        private ShortOfDescriptors() {}

        public static void main(String[] args) throws Exception {
            Pool.Builder workers = Pool.builder().processes(WORKERS).context(Multiprocessing.getContext(args[0]));
            makePool(workers);
            makePoolWith(0, workers); // all classes are there now, also those of failures
            List<String> before = left();
            int failures = 0;
            for (int free = 0; !makePoolWith(free, workers); free++) {
                failures++;
            }
            System.out.println("failures: " + (failures > 0));
            System.out.println("left: " + (left().equals(before) ? "nothing" : before + " " + left()));
        }

        private static void makePool(Pool.Builder workers) throws InterruptedException {
            try (var pool = workers.build().with()) {
                pool.apply(PoolTasks::square, 1);
            }
        }

        private static boolean makePoolWith(int free, Pool.Builder workers) throws Exception {
            Deque<FileInputStream> hogs = new ArrayDeque<>();
            try {
                while (true) {
                    hogs.push(new FileInputStream("/dev/null"));
                }
            } catch (FileNotFoundException e) {
                for (int i = 0; i < free; i++) {
                    hogs.pop().close();
                }
            }
            try {
                makePool(workers);
                return true;
            } catch (OSException | BrokenPoolException e) {
                return false;
            } finally {
                for (FileInputStream hog : hogs) {
                    hog.close();
                }
            }
        }

        /** Threads and descriptors of pools. */
        private static List<String> left() {
            Stream<String> threads = Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName).filter(name -> name.startsWith("multiprocessing pool"));
            Stream<String> files = ProcFs.openFiles().values().stream().map(file -> file.replaceAll("\\d+", "N"));
            return Stream.concat(threads, files).sorted().toList();
        }
    }
}
