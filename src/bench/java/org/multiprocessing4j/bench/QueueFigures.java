package org.multiprocessing4j.bench;

import java.util.Map;
import org.multiprocessing4j.BasicQueue;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;
import org.multiprocessing4j.RawValue;
import org.multiprocessing4j.SimpleQueue;

/** Messages from one process to another. */
final class QueueFigures {

    private static final byte[] BYTES = new byte[100];
    private static final String CHARACTERS = "x".repeat(100);

    private QueueFigures() {}

    static void addTo(Map<String, Figure> figures) {
        figures.put("queue.throughput_100B", iterations -> OfQueue.INSTANCE.throughput(iterations, BYTES));
        figures.put(
                "queue.throughput_100_characters", iterations -> OfQueue.INSTANCE.throughput(iterations, CHARACTERS));
        figures.put("queue.pingpong", iterations -> OfQueue.INSTANCE.pingpong(iterations));
        figures.put("simplequeue.throughput_100B", iterations -> OfSimpleQueue.INSTANCE.throughput(iterations, BYTES));
        figures.put("simplequeue.pingpong", iterations -> OfSimpleQueue.INSTANCE.pingpong(iterations));
    }

    /** What the other process does: takes as much as it is told to, and answers when it has it all. */
    private static void consume(BasicQueue<Object> there, BasicQueue<Object> back, RawValue<Integer> count)
            throws InterruptedException {
        while (true) {
            there.get();
            int rest = count.getInt();
            for (int i = 1; i < rest; i++) {
                there.get();
            }
            back.put(BYTES);
        }
    }

    /** Another process that takes what it is sent. */
    private record Consumer(BasicQueue<Object> there, BasicQueue<Object> back, RawValue<Integer> count) {

        static Consumer start(BasicQueue<Object> there, BasicQueue<Object> back) throws InterruptedException {
            Consumer consumer = new Consumer(there, back, RawValue.of(CType.INT, 0));
            Process.builder().target(QueueFigures::consume, there, back, consumer.count).daemon(true).build().start();
            consumer.throughput(1, BYTES); // it runs
            return consumer;
        }

        long throughput(int iterations, Object message) throws InterruptedException {
            long begin = System.nanoTime();
            count.setInt(iterations);
            for (int i = 0; i < iterations; i++) {
                there.put(message);
            }
            back.get();
            return System.nanoTime() - begin;
        }

        /** There and back again is one iteration. */
        long pingpong(int iterations) throws InterruptedException {
            count.setInt(1);
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                there.put(BYTES);
                back.get();
            }
            return System.nanoTime() - begin;
        }
    }

    private static final class OfQueue {
        private static final Consumer INSTANCE = start();

        private static Consumer start() {
            try {
                return Consumer.start(new Queue<>(), new Queue<>());
            } catch (InterruptedException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }

    private static final class OfSimpleQueue {
        private static final Consumer INSTANCE = start();

        private static Consumer start() {
            try {
                return Consumer.start(new SimpleQueue<>(), new SimpleQueue<>());
            } catch (InterruptedException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }
}
