package org.multiprocessing4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.multiprocessing4j.SemLockContract.MOMENT;

import java.io.EOFException;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.posix.ProcessState;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.Gate;
import org.multiprocessing4j.support.JavaProgram;
import org.multiprocessing4j.support.ProcFs;
import org.multiprocessing4j.support.StartMethods;
import org.multiprocessing4j.support.Threads;

/** Queues of all three kinds. */
class QueueTest {

    private static final int EMSGSIZE = 90;

    private record Point(int x, double y) {}

    private record Line(Point from, Point to, String name, byte[] data, Long nothing) {}

    private record Named(String name, List<Integer> numbers) implements Serializable {}

    private record Holder(String name, Object held) implements Serializable {}

    @Test
    void messagesComeOutAsTheyWent() throws InterruptedException {
        Queue<Object> queue = new Queue<>();
        List<Object> messages = List.of(
                1, 2L, 1.5, 0.5f, true, false, 'c', (byte) -1, (short) -2, "", "text", "grün 😀", "half \ud800 pair",
                new Point(1, 2), List.of(1, 2, 3), Map.of("key", 1), Duration.ofSeconds(1),
                new Named("list", List.of(1, 2)));
        for (Object message : messages) {
            queue.put(message);
        }
        assertThat(queue.qsize()).isEqualTo(messages.size());
        for (Object message : messages) {
            assertThat(queue.peek()).isEqualTo(message);
            assertThat(queue.get()).isEqualTo(message);
        }
        assertThat(queue.empty()).isTrue();
        queue.put(new byte[] {1, 2, 3});
        assertThat(queue.get()).isEqualTo(new byte[] {1, 2, 3});
        queue.put(new Line(new Point(1, 2), null, "a", new byte[] {7}, null));
        assertThat(queue.get()).isInstanceOfSatisfying(Line.class, line -> {
            assertThat(line.from()).isEqualTo(new Point(1, 2));
            assertThat(line.to()).isNull();
            assertThat(line.data()).containsExactly(7);
            assertThat(line.nothing()).isNull();
        });
    }

    @Test
    void whatCannotBeSentFailsInPut() {
        Queue<Object> queue = new Queue<>();
        assertThatIllegalArgumentException().isThrownBy(() -> queue.put(new Holder("it", new Object())))
                .withMessage("cannot put: java.lang.Object is not serializable: held is a java.lang.Object");
        assertThatIllegalArgumentException().isThrownBy(() -> queue.put(List.of(1, Thread.currentThread())))
                .withMessageContaining("java.lang.Thread is not serializable: [1] is a java.lang.Thread");
        assertThatIllegalArgumentException().isThrownBy(() -> queue.put(new Object()))
                .withMessage("cannot put: java.lang.Object is not serializable");
        assertThatNullPointerException().isThrownBy(() -> queue.put(null));
        assertThatNullPointerException().isThrownBy(() -> queue.offer(null));
        assertThat(queue.empty()).isTrue();
    }

    @Test
    void aFilterRefusesClasses() {
        Queue<Object> queue = new Queue<>();
        queue.setObjectInputFilter(ObjectInputFilter.Config.createFilter("java.base/*;!*"));
        queue.offer(Duration.ofSeconds(1));
        assertThat(queue.poll()).isEqualTo(Duration.ofSeconds(1));
        for (Object refused : List.of(new Point(1, 2), new Named("", List.of()))) {
            queue.offer(refused);
            assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(queue::poll)
                    .withCauseInstanceOf(InvalidClassException.class).withMessageContaining("a message cannot be read");
        }
        queue.offer("a string is none of its business");
        assertThat(queue.poll()).isEqualTo("a string is none of its business");
    }

    @Test
    void emptyAndFull() throws InterruptedException {
        Queue<Integer> queue = new Queue<>(2);
        assertThatExceptionOfType(Empty.class).isThrownBy(queue::getNowait).isInstanceOf(NoSuchElementException.class);
        assertThatExceptionOfType(Empty.class).isThrownBy(() -> queue.get(false));
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(queue::remove);
        queue.put(1, false);
        queue.put(2, MOMENT);
        assertThat(queue.full()).isTrue();
        assertThat(queue.remainingCapacity()).isZero();
        assertThatExceptionOfType(Full.class).isThrownBy(() -> queue.putNowait(3));
        assertThatExceptionOfType(Full.class).isThrownBy(() -> queue.put(3, false));
        assertThatIllegalStateException().isThrownBy(() -> queue.add(3)).withMessage("Queue full");
        long start = System.nanoTime();
        assertThatExceptionOfType(Full.class).isThrownBy(() -> queue.put(3, MOMENT));
        assertThat(queue.offer(3, MOMENT.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
        assertThat(queue.get(true)).isEqualTo(1);
        assertThat(queue.get(MOMENT)).isEqualTo(2);
        assertThatExceptionOfType(Empty.class).isThrownBy(() -> queue.get(MOMENT));
        assertThat(queue.poll(MOMENT.toMillis(), TimeUnit.MILLISECONDS)).isNull();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(MOMENT.multipliedBy(4));
        assertThat(queue.poll()).isNull();
        assertThat(queue.peek()).isNull();
    }

    @Test
    void afterCloseNothingGoes() throws InterruptedException {
        Queue<Integer> queue = new Queue<>();
        queue.put(1);
        queue.cancelJoinThread();
        assertThatIllegalStateException().isThrownBy(queue::joinThread).withMessage("Queue not closed");
        queue.close();
        queue.close();
        queue.joinThread();
        assertThatIllegalStateException().isThrownBy(() -> queue.put(2)).withMessage("Queue is closed");
        assertThatIllegalStateException().isThrownBy(queue::get).withMessage("Queue is closed");
        assertThatIllegalStateException().isThrownBy(queue::qsize).withMessage("Queue is closed");
        assertThat(queue).hasToString("<Queue(maxsize=0, closed)>");
        SimpleQueue<Integer> simple = new SimpleQueue<>();
        simple.close();
        assertThatIllegalStateException().isThrownBy(simple::get).withMessage("handle is closed");
        assertThatIllegalStateException().isThrownBy(simple::empty).withMessage("handle is closed");
    }

    /** With few descriptors and a JVM that never collects garbage. */
    @Test
    void closeGivesBackWhatThereIs() {
        assertThat(JavaProgram.of(QueuePrograms.OpensAndCloses.class, "3000")
                .flags("-XX:-UseSerialGC", "-XX:+UnlockExperimentalVMOptions", "-XX:+UseEpsilonGC", "-Xlog:disable")
                .after("ulimit -n 100").run())
                .isEqualTo(new JavaProgram.Outcome(0, "9000 queues, 0 descriptors, 0 mappings\n", ""));
    }

    @Test
    void whoIsInACallWhenItIsClosedGoesOn() throws Exception {
        int before = ProcFs.descriptors();
        for (BasicQueue<Integer> queue : List.of(
                new Queue<Integer>(), new JoinableQueue<Integer>(), new SimpleQueue<Integer>())) {
            FutureTask<Integer> taken = new FutureTask<>(queue::take);
            Thread taker = new Thread(taken, "taker");
            taker.setDaemon(true);
            taker.start();
            Awaitility.await().until(() -> isIn(taker, "queue_get"));
            try (Child child = Child.start(Process.of((BasicQueue<Integer> there) -> there.put(5), queue))) {
                queue.close();
                assertThatIllegalStateException().isThrownBy(queue::poll);
                assertThat(taken.get()).isEqualTo(5);
                assertThat(child.exitcode()).isZero();
            }
            assertThat(queue.lost()).isZero();
        }
        assertThat(ProcFs.descriptors()).isEqualTo(before);
    }

    private static Void useUntilClosed(BasicQueue<byte[]> queue, CountDownLatch under) {
        byte[] message = new byte[10];
        try {
            for (int i = 0;; i++) {
                queue.offer(message);
                queue.poll();
                if (i == 10) {
                    under.countDown();
                }
            }
        } catch (IllegalStateException closed) {
            return null;
        }
    }

    /** The memory is given back while others are about to touch it; one of them, or who closes, does that. */
    @Test
    void closesWhileOthersUseIt() throws Exception {
        int before = ProcFs.descriptors();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 300; round++) {
                Queue<byte[]> queue = new Queue<>();
                CountDownLatch under = new CountDownLatch(2);
                List<Future<Void>> users = List.of(
                        threads.submit(() -> useUntilClosed(queue, under)),
                        threads.submit(() -> useUntilClosed(queue, under)));
                assertThat(under.await(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
                queue.close();
                for (Future<Void> user : users) {
                    user.get(Gate.PATIENCE.toSeconds(), TimeUnit.SECONDS);
                }
                assertThat(ProcFs.descriptors()).as("after round %d", round).isEqualTo(before);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void closeAndCount(Queue<Integer> queue, RawValue<Integer> givenBack) {
        long before = openQueues();
        queue.close();
        givenBack.setInt((int) (before - openQueues()));
    }

    private static long openQueues() {
        return ProcFs.openFiles().values().stream().filter(file -> file.contains("multiprocessing-queue")).count();
    }

    @StartMethods
    void whoIsInACallInTheParentIsNotInOneInTheChild(Context context) throws Exception {
        Queue<Integer> queue = new Queue<>();
        RawValue<Integer> givenBack = RawValue.of(CType.INT, 0);
        FutureTask<Integer> taken = new FutureTask<>(queue::take);
        Thread taker = new Thread(taken, "taker");
        taker.setDaemon(true);
        taker.start();
        Awaitility.await().until(() -> isIn(taker, "queue_get"));
        assertThat(Child.run(context.builder().target(QueueTest::closeAndCount, queue, givenBack).build())).isZero();
        assertThat(givenBack.getInt()).isEqualTo(1);
        queue.put(5);
        assertThat(taken.get()).isEqualTo(5);
    }

    private static boolean isIn(Thread thread, String method) {
        return Stream.of(thread.getStackTrace()).anyMatch(frame -> frame.getMethodName().equals(method));
    }

    @Test
    void tasksCanBeFinishedAfterClose() throws InterruptedException {
        int before = ProcFs.descriptors();
        JoinableQueue<Integer> queue = new JoinableQueue<>();
        queue.put(1);
        assertThat(queue.get()).isEqualTo(1);
        queue.close();
        assertThatIllegalStateException().isThrownBy(() -> queue.put(2)).withMessage("Queue is closed");
        assertThat(queue.join(MOMENT)).isFalse();
        queue.taskDone();
        assertThat(ProcFs.descriptors()).isEqualTo(before);
        queue.join();
        assertThatIllegalStateException().isThrownBy(queue::taskDone)
                .withMessage("task_done() called too many times");
    }

    @StartMethods
    void aChildKeepsWhatItsParentCloses(Context ctx) throws Exception {
        Queue<Integer> there = new Queue<>();
        Queue<Integer> back = new Queue<>();
        there.put(6);
        try (Child child = Child.start(ctx.builder().target((Queue<Integer> in, Queue<Integer> out) -> {
            out.put(in.get() + 1);
            in.close();
            out.close();
        }, there, back).build())) {
            there.close();
            assertThat(back.get(Gate.PATIENCE)).isEqualTo(7);
            assertThat(child.exitcode()).isZero();
        }
        back.close();
    }

    @Test
    void isNoCollectionToLookThrough() {
        Queue<Integer> queue = new Queue<>();
        queue.addAll(List.of(1, 2, 3, 4));
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(queue::iterator);
        assertThatIllegalArgumentException().isThrownBy(() -> queue.drainTo(queue));
        List<Integer> drained = new ArrayList<>();
        assertThat(queue.drainTo(drained, 3)).isEqualTo(3);
        assertThat(drained).containsExactly(1, 2, 3);
        assertThat(queue.drainTo(drained)).isEqualTo(1);
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> Reduction.dumps(queue))
                .withMessageContaining("Queue objects should only be shared between processes through inheritance");
    }

    @Test
    void aWaitIsInterrupted() throws Exception {
        Queue<Integer> queue = new Queue<>(1);
        Threads.assertInterruptible(queue::get);
        queue.put(1);
        Threads.assertInterruptible(() -> {
            queue.put(2);
            return null;
        });
        JoinableQueue<Integer> joinable = new JoinableQueue<>();
        joinable.put(1);
        Threads.assertInterruptible(() -> {
            joinable.join();
            return null;
        });
        SimpleQueue<byte[]> simple = new SimpleQueue<>();
        Threads.assertInterruptible(() -> {
            simple.put(new byte[200_000]);
            return null;
        });
        assertThat(simple.poll()).as("what was begun is dropped").isNull();
        simple.put(new byte[1]);
        assertThat(simple.get()).hasSize(1);
        assertThat(simple.lost()).isZero();
    }

    /** Random operations on a queue and on the JDK's. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void doesAsALinkedBlockingQueueDoes(long seed) throws InterruptedException {
        Random random = new Random(seed);
        int capacity = seed % 2 == 0 ? Integer.MAX_VALUE : 7;
        BlockingQueue<String> queue = new Queue<>(capacity == Integer.MAX_VALUE ? 0 : capacity);
        BlockingQueue<String> model = new LinkedBlockingQueue<>(capacity);
        for (int i = 0; i < 3_000; i++) {
            String item = "x".repeat(random.nextInt(random.nextInt(20) == 0 ? 30_000 : 100)) + i;
            switch (random.nextInt(8)) {
                case 0, 1 -> assertThat(queue.offer(item)).isEqualTo(model.offer(item));
                case 2 -> assertThat(queue.offer(item, 0, TimeUnit.SECONDS)).isEqualTo(
                        model.offer(item, 0, TimeUnit.SECONDS));
                case 3 -> assertThat(queue.poll()).isEqualTo(model.poll());
                case 4 -> assertThat(queue.poll(1, TimeUnit.NANOSECONDS)).isEqualTo(
                        model.poll(1, TimeUnit.NANOSECONDS));
                case 5 -> assertThat(queue.peek()).isEqualTo(model.peek());
                case 6 -> {
                    if (!model.isEmpty()) {
                        assertThat(queue.take()).isEqualTo(model.take());
                    }
                }
                default -> {
                    List<String> drained = new ArrayList<>();
                    List<String> expected = new ArrayList<>();
                    int most = random.nextInt(4);
                    assertThat(queue.drainTo(drained, most)).isEqualTo(model.drainTo(expected, most));
                    assertThat(drained).isEqualTo(expected);
                }
            }
            assertThat(queue.size()).isEqualTo(model.size());
            assertThat(queue.isEmpty()).isEqualTo(model.isEmpty());
            assertThat(queue.remainingCapacity()).isEqualTo(
                    capacity == Integer.MAX_VALUE ? capacity : model.remainingCapacity());
        }
    }

    // Between processes

    private static void squares(BasicQueue<Object> tasks, BasicQueue<Object> results) throws InterruptedException {
        while (tasks.get() instanceof Integer task) {
            results.put(task * task);
        }
        results.put("done");
    }

    @StartMethods
    void carriesMessagesBetweenProcesses(Context context) throws InterruptedException {
        List<List<BasicQueue<Object>>> kinds = List.of(
                List.of(new Queue<>(), new Queue<>(3)), List.of(new JoinableQueue<>(), new JoinableQueue<>()),
                List.of(new SimpleQueue<>(), new SimpleQueue<>()));
        for (List<BasicQueue<Object>> pair : kinds) {
            Process squaring = context.builder().target(QueueTest::squares, pair.get(0), pair.get(1)).build();
            try (Child child = Child.start(squaring)) {
                for (int i = 0; i < 100; i++) {
                    pair.get(0).put(i);
                    assertThat(pair.get(1).get()).isEqualTo(i * i);
                }
                pair.get(0).put("end");
                assertThat(pair.get(1).get()).isEqualTo("done");
                assertThat(child.exitcode()).isZero();
            }
        }
    }

    private static final int SENT = 2_000;

    private static void send(Queue<byte[]> queue, int sender) throws InterruptedException {
        Random random = new Random(sender);
        for (int i = 0; i < SENT; i++) {
            byte[] message = new byte[1 + random.nextInt(500)];
            Arrays.fill(message, (byte) sender);
            queue.put(message);
        }
    }

    private static void receive(Queue<byte[]> queue, RawValue<Long> sum) throws InterruptedException {
        for (byte[] message = queue.get(); message[0] != 0; message = queue.get()) {
            for (byte one : message) {
                if (one != message[0]) {
                    throw new IllegalStateException("torn");
                }
            }
            sum.getAndAdd((long) message.length * message[0]);
        }
    }

    @StartMethods
    void nothingIsLostBetweenMany(Context context) throws InterruptedException {
        Queue<byte[]> queue = new Queue<>();
        RawValue<Long> sum = RawValue.of(CType.LONG, 0L);
        List<Child> receivers = List.of(
                Child.start(context.builder().target(QueueTest::receive, queue, sum).build()),
                Child.start(context.builder().target(QueueTest::receive, queue, sum).build()));
        assertThat(Child.runAll(
                context.builder().target(QueueTest::send, queue, 1).build(),
                context.builder().target(QueueTest::send, queue, 2).build())).containsOnly(0);
        for (Child receiver : receivers) {
            queue.put(new byte[1]);
        }
        for (Child receiver : receivers) {
            assertThat(receiver.exitcode()).isZero();
            receiver.close();
        }
        long expected = 0;
        for (int sender = 1; sender <= 2; sender++) {
            Random random = new Random(sender);
            for (int i = 0; i < SENT; i++) {
                expected += (long) (1 + random.nextInt(500)) * sender;
            }
        }
        assertThat(sum.getLong()).isEqualTo(expected);
    }

    private static void putAndDie(Queue<byte[]> queue, Gate running) throws InterruptedException {
        running.open();
        queue.put(new byte[50_000]);
    }

    @StartMethods
    void aDeadWriterTakesItsMessageAlongAndNoMore(Context context) throws InterruptedException {
        Queue<byte[]> queue = new Queue<>(0, 4096);
        Gate running = new Gate();
        try (Child child = Child.start(context.builder().target(QueueTest::putAndDie, queue, running).build())) {
            running.pass();
            Awaitility.await().atMost(Gate.PATIENCE).until(() -> queue.size() == 1);
            Posix.kill(child.pid(), Posix.SIGKILL);
            assertThat(child.exitcode()).isEqualTo(-9);
        }
        assertThat(queue.poll(1, TimeUnit.SECONDS)).as("a part of it").isNull();
        assertThat(queue.lost()).isEqualTo(1);
        queue.put(new byte[3]);
        assertThat(queue.get()).hasSize(3);
    }

    private static void takeAndDie(Queue<byte[]> queue) throws InterruptedException {
        queue.get();
    }

    /** Whether the others are not let in: they are while somebody only copies what there is. */
    private static boolean isAReaderWaiting(Queue<byte[]> queue) {
        try {
            return queue.peek() == null;
        } catch (OSException inPieces) {
            assertThat(inPieces.errno()).isEqualTo(EMSGSIZE);
            return false;
        }
    }

    @StartMethods
    void aDeadReaderOfPiecesTakesTheMessageAlongAndIsNamed(Context context) throws InterruptedException {
        Queue<byte[]> queue = new Queue<>(0, 4096);
        Gate running = new Gate();
        try (Warnings warnings = new Warnings();
                Child writer = Child.start(context.builder().target(QueueTest::putAndDie, queue, running).build())) {
            running.pass();
            Awaitility.await().atMost(Gate.PATIENCE).until(() -> queue.size() == 1);
            Posix.kill(writer.pid(), Posix.SIGSTOP);
            Awaitility.await().atMost(Gate.PATIENCE)
                    .until(() -> Posix.processState(writer.pid()).equals(Optional.of(ProcessState.STOPPED)));
            int reader;
            try (Child child = Child.start(context.builder().target(QueueTest::takeAndDie, queue).build())) {
                Awaitility.await().atMost(Gate.PATIENCE).until(() -> isAReaderWaiting(queue));
                reader = child.pid();
                Posix.kill(reader, Posix.SIGKILL);
                assertThat(child.exitcode()).isEqualTo(-9);
            }
            Posix.kill(writer.pid(), Posix.SIGCONT);
            Awaitility.await().atMost(Gate.PATIENCE).until(() -> queue.poll() == null && queue.lost() == 1);
            assertThat(writer.exitcode()).isZero();
            assertThat(warnings.texts()).containsExactly("Queue: a message was lost with process " + reader
                    + ", which died while it took it in pieces");
        }
        queue.put(new byte[3]);
        assertThat(queue.get()).hasSize(3);
    }

    /** What is logged while it is open. */
    private static final class Warnings extends Handler implements AutoCloseable {
        private final Logger logger = Logger.getLogger("org.multiprocessing4j");
        private final List<String> texts = Collections.synchronizedList(new ArrayList<>());

        Warnings() {
            logger.addHandler(this);
        }

        List<String> texts() {
            return List.copyOf(texts);
        }

        @Override
        public void publish(LogRecord record) {
            texts.add(new SimpleFormatter().formatMessage(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            logger.removeHandler(this);
        }
    }

    private static void putThree(Queue<Integer> queue) throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            queue.put(i);
        }
    }

    @StartMethods
    void whoIsAloneIsToldSo(Context context) throws Exception {
        Queue<Integer> queue = new Queue<>(4);
        try (Child child = Child.start(context.builder().target(QueueTest::putThree, queue).build())) {
            for (int i = 0; i < 3; i++) {
                assertThat(queue.getOrEof()).isEqualTo(i);
            }
            assertThatExceptionOfType(EOFException.class).isThrownBy(queue::getOrEof);
            assertThat(child.exitcode()).isZero();
        }
        for (int i = 0; i < 4; i++) {
            queue.putOrEof(i);
        }
        assertThatExceptionOfType(EOFException.class).isThrownBy(() -> queue.putOrEof(5));
    }

    private static void work(JoinableQueue<Integer> queue, RawValue<Integer> sum) throws InterruptedException {
        while (true) {
            sum.getAndAdd(queue.get());
            queue.taskDone();
        }
    }

    @StartMethods
    void joinWaitsForTheLastTask(Context context) throws InterruptedException {
        JoinableQueue<Integer> queue = new JoinableQueue<>();
        assertThatIllegalStateException().isThrownBy(queue::taskDone).withMessage("task_done() called too many times");
        queue.join();
        RawValue<Integer> sum = RawValue.of(CType.INT, 0);
        for (int i = 1; i <= 100; i++) {
            queue.put(i);
        }
        assertThat(queue.join(MOMENT)).isFalse();
        try (Child worker = Child.start(context.builder().target(QueueTest::work, queue, sum).build())) {
            assertThat(queue.join(Gate.PATIENCE)).isTrue();
            assertThat(sum.getInt()).isEqualTo(5050);
            assertThat(worker.process().isAlive()).isTrue();
        }
    }

    @Test
    void takesMegabytesBeforeAnybodyReads() throws InterruptedException {
        Queue<byte[]> queue = new Queue<>();
        for (int i = 0; i < 10; i++) {
            queue.put(new byte[1 << 20]);
        }
        assertThat(queue.qsize()).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            assertThat(queue.get()).hasSize(1 << 20);
        }
    }
}
