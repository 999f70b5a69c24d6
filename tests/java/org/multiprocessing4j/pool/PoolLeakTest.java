package org.multiprocessing4j.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.StartMethods;

/** Pools that are made and ended by the hundred leave nothing behind, though nobody collects garbage. */
class PoolLeakTest {

    private static final int POOLS = 300;
    /** Each of them boots a JVM, or copies this one, and not that of the fork server. */
    private static final Map<String, Integer> FEWER = Map.of("spawn", 30, "fork", 100);

    private final Set<Integer> children = new TreeSet<>(ProcFs.children());
    private final List<String> files = files();

    @StartMethods
    void poolsOfProcesses(Context ctx) throws Exception {
        try (var first = Pool.builder().processes(1).context(ctx).build().with()) {
            first.apply(PoolTasks::square, 1); // what is made once for all is there then
        }
        List<String> before = files();
        for (int i = 0; i < FEWER.getOrDefault(ctx.getStartMethod(), POOLS); i++) {
            try (var pool = Pool.builder().processes(1).context(ctx).build().with()) {
                assertThat(pool.apply(PoolTasks::square, i)).isEqualTo(i * i);
            }
        }
        checkNothingIsLeft(before);
    }

    @Test
    void poolsOfThreads() throws Exception {
        for (int i = 0; i < POOLS; i++) {
            ThreadPool pool = new ThreadPool(3);
            AsyncResult<Integer> result = pool.applyAsync(PoolTasks::square, i);
            pool.close();
            pool.join();
            assertThat(result.result()).isEqualTo(i * i);
        }
        checkNothingIsLeft(files);
    }

    private void checkNothingIsLeft(List<String> before) {
        assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                .noneMatch(name -> name.startsWith("multiprocessing pool") || name.startsWith("ThreadPoolWorker"));
        assertThat(ProcFs.children()).as("processes").filteredOn(pid -> !children.contains(pid)).isEmpty();
        assertThat(files()).as("descriptors").isEqualTo(before);
    }

    private static List<String> files() {
        return ProcFs.openFiles().values().stream().map(file -> file.replaceAll("\\d+", "N")).sorted().toList();
    }

    /** One worker may be there already, and the next one's descriptors too many: forked ones are made by the caller. */
    @Test
    void poolsThatCannotBeMade() {
        JavaProgram.Outcome outcome = JavaProgram.of(PoolPrograms.ShortOfDescriptors.class, "fork")
                .after("ulimit -n 200").run();
        assertThat(outcome.out().lines()).as(outcome.err()).containsExactly("failures: true", "left: nothing");
        assertThat(outcome.err()).doesNotContain("Exception in thread");
    }
}
