package org.multiprocessing4j;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/** What the processes of {@link QueueKillTest} do until they are killed. A class of its own: a child loads no test. */
final class QueueKillActors {

    /** Message number {@code i} of a sender is {@code random(sender, i)} bytes behind these two numbers. */
    private static final int HEADER = 2 * Integer.BYTES;

    private static final int LONGEST = 6_000;

    private QueueKillActors() {}

    /** What is known of a round, in shared memory: it survives whoever writes it. */
    static final class Tally implements Serializable {
        private static final long serialVersionUID = 1L;

        /** Messages whose numbers differ by a multiple of it are counted together. */
        private static final int SLOTS = 1 << 14;

        /** By sender: how many messages it began to put. */
        final RawArray<Integer> begun;

        /** By sender: for how many {@code put} returned. */
        final RawArray<Integer> finished;

        /** By sender and slot: how many messages were received. */
        private final RawArray<Integer> received;

        /** By process: how much it has done. */
        final RawArray<Integer> progress;

        Tally(int processes) {
            this.begun = RawArray.of(CType.INT, processes);
            this.finished = RawArray.of(CType.INT, processes);
            this.progress = RawArray.of(CType.INT, processes);
            this.received = RawArray.of(CType.INT, processes * SLOTS);
        }

        private void note(int sender, int number) {
            received.getAndAdd(sender * SLOTS + number % SLOTS, 1);
        }

        /** Of how many messages it is known that they were received twice. */
        int doubled(int sender) {
            return (int) IntStream.range(0, SLOTS).filter(slot -> excess(sender, slot, begun) > 0).count();
        }

        /** How many messages never came, of those that {@code put} returned for. */
        int missing(int sender) {
            return IntStream.range(0, SLOTS).map(slot -> Math.max(0, -excess(sender, slot, finished))).sum();
        }

        /** By how much more messages of a slot were received than were sent. */
        private int excess(int sender, int slot, RawArray<Integer> sent) {
            return received.getInt(sender * SLOTS + slot) - (sent.getInt(sender) - slot + SLOTS - 1) / SLOTS;
        }

        void close() {
            begun.close();
            finished.close();
            progress.close();
            received.close();
        }
    }

    private static byte[] message(int sender, int number) {
        Random random = new Random((long) sender << Integer.SIZE | number);
        byte[] bytes = new byte[HEADER + (random.nextInt(4) == 0 ? random.nextInt(LONGEST) : random.nextInt(200))];
        random.nextBytes(bytes);
        ByteBuffer.wrap(bytes).putInt(sender).putInt(number);
        return bytes;
    }

    /** Notes a message. @throws AssertionError if it is torn */
    static void note(byte[] bytes, Tally tally) {
        ByteBuffer header = ByteBuffer.wrap(bytes);
        int sender = header.getInt();
        int number = header.getInt();
        if (!Arrays.equals(bytes, message(sender, number))) {
            throw new AssertionError("message " + number + " of sender " + sender + " is torn");
        }
        tally.note(sender, number);
    }

    static void send(BasicQueue<byte[]> queue, Tally tally, int sender) throws InterruptedException {
        for (int i = 0;; i++) {
            byte[] message = message(sender, i);
            tally.begun.setIntVolatile(sender, i + 1);
            queue.put(message);
            tally.finished.setIntVolatile(sender, i + 1);
            tally.progress.setIntVolatile(sender, i + 1);
        }
    }

    static void receive(BasicQueue<byte[]> queue, Tally tally, int receiver) throws InterruptedException {
        for (int i = 1;; i++) {
            note(queue.get(), tally);
            tally.progress.setIntVolatile(receiver, i);
        }
    }
}
