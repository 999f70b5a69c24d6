package org.multiprocessing4j.cli.crosscheck;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One output stream of a program, read until every process that holds it has closed it.
 *
 * <p>A FIFO, because the pipes of {@link ProcessBuilder} end with the process that was started: what an orphan writes
 * after its parent's end would be lost there.
 */
final class OutputPipe implements AutoCloseable {
    /** What is kept of one stream; the rest is read and dropped. */
    static final int LIMIT_BYTES = 8 << 20;

    private static final int BUFFER_BYTES = 1 << 16;

    private final Path fifo;
    private final FileChannel reader;
    private final FileChannel keeper;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean truncated;
    private IOException failure;

    /**
     * Opens both ends of a FIFO and begins to read.
     *
     * @param fifo an existing FIFO
     * @throws IOException if it cannot be opened
     */
    OutputPipe(Path fifo) throws IOException {
        this.fifo = fifo;
        // With a writer of our own neither open blocks, and no EOF is seen before the program has its end.
        keeper = FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE);
        reader = FileChannel.open(fifo, StandardOpenOption.READ);
        Thread thread = new Thread(this::readAll, "output of " + fifo.getFileName());
        thread.setDaemon(true);
        thread.start();
    }

    /** Makes a FIFO at each path; needs mkfifo of coreutils, since Java has no call for it. */
    static void makeFifos(Path first, Path second) throws IOException, InterruptedException {
        Process mkfifo = new ProcessBuilder("mkfifo", "-m", "600", first.toString(), second.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int code = mkfifo.waitFor();
        if (code != 0) {
            throw new IOException("mkfifo " + first + " ended with exit code " + code);
        }
    }

    /** The file to redirect the program's stream to. */
    File sink() {
        return fifo.toFile();
    }

    Path path() {
        return fifo;
    }

    /** Says that the program holds its end, or will never: from now on the last writer's close ends the stream. */
    void handedOver() throws IOException {
        keeper.close();
    }

    /** Waits until no process holds the stream any more; false if the time ran out first. */
    boolean awaitEnd(Duration timeout) throws InterruptedException {
        return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Returns what has come so far.
     *
     * @throws IOException if reading failed
     */
    synchronized String text() throws IOException {
        if (failure != null) {
            throw failure;
        }
        String text = bytes.toString(StandardCharsets.UTF_8);
        return truncated ? text + "\n[output cut after " + LIMIT_BYTES + " bytes]\n" : text;
    }

    private void readAll() {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try {
            while (reader.read(buffer) >= 0) {
                keep(buffer.flip());
                buffer.clear();
            }
        } catch (ClosedChannelException e) {
            note("stopped reading before the end of the stream");
        } catch (IOException e) {
            fail(e);
        } finally {
            ended.countDown();
        }
    }

    private synchronized void keep(ByteBuffer buffer) {
        int room = LIMIT_BYTES - bytes.size();
        truncated |= buffer.remaining() > room;
        bytes.write(buffer.array(), 0, Math.min(room, buffer.remaining()));
    }

    private synchronized void note(String text) {
        bytes.writeBytes(("\n[" + text + "]\n").getBytes(StandardCharsets.UTF_8));
    }

    private synchronized void fail(IOException e) {
        failure = e;
    }

    @Override
    public void close() throws IOException {
        try (reader; keeper) {
            // Closing the channel wakes a reader that still waits for a process which nothing could end.
            ended.countDown();
        }
    }
}
