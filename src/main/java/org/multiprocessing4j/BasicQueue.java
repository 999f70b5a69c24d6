package org.multiprocessing4j;

import java.io.EOFException;
import java.io.ObjectInputFilter;
import java.io.Serial;
import java.io.Serializable;
import java.lang.System.Logger.Level;
import java.util.AbstractQueue;
import java.util.Collection;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.util.Handover;
import org.multiprocessing4j.util.Slices;
import org.multiprocessing4j.util.Uses;

/**
 * What {@link Queue}, {@link JoinableQueue} and {@link SimpleQueue} have in common: messages between any number of
 * threads and processes, in shared memory. There is no pipe, and no thread that feeds it: when {@code put} returns, the
 * message is there for all, and what cannot be sent fails in {@code put}. What one thread put in comes out in that
 * order. What is not contended, full or empty takes no system call.
 *
 * <p><b>Messages</b> are copies. Byte arrays, strings, boxed primitives and records of such are written compactly, and
 * need not be serializable; a C++ program at the other end reads byte arrays, strings, {@code bool} and numbers.
 * Everything else goes through JDK serialization; see {@link #setObjectInputFilter}. No message is null: Python's
 * {@code put(None)} needs another object for that here.
 *
 * <p><b>Death.</b> A process that is killed in the middle of an operation leaves the queue as usable as it was. A
 * message that it was just writing is lost: {@link #lost()} counts it, and whoever finds it out logs a warning. One
 * that it was just reading stays, unless it is one of those that come in pieces: then it is lost as well. What it had
 * taken out is its own.
 *
 * <p>Blocking operations react to {@link Thread#interrupt()} within some milliseconds. (Not while a message that comes
 * in pieces is being read: its writer is at work on it.) A blocked virtual thread occupies its carrier.
 *
 * <p>A queue travels to a child as an argument or captured by its target, and is serializable at no other time. It is
 * no collection to be looked through: {@code iterator} and what is built on it are not supported.
 *
 * @param <E> what the messages are
 */
public abstract sealed class BasicQueue<E> extends AbstractQueue<E>
        implements BlockingQueue<E>, Serializable, AutoCloseable permits Queue, SimpleQueue {

    @Serial
    private static final long serialVersionUID = 1L;

    private static final System.Logger LOGGER = System.getLogger("org.multiprocessing4j");

    private static final long FOREVER = SyncObject.FOREVER;

    /** How long a wait lasts before somebody looks at interrupts. */
    private static final long SLICE = TimeUnit.MILLISECONDS.toNanos(10);

    /** How often who waits looks whether there is anybody to wait for. */
    private static final long LOOK_FOR_OTHERS = TimeUnit.MILLISECONDS.toNanos(50);

    /** The flags of an answer that says that a message was lost. */
    private static final int LOST = Native.queue_lost_flag | Native.queue_lost_with_reader_flag;

    private static final int CONSUME = 1;
    private static final int PEEK = 0;

    private static final String FILTER_PROPERTY = "org.multiprocessing4j.serialfilter";
    private static final ObjectInputFilter DEFAULT_FILTER = defaultFilter();

    private final transient Block block;

    /** Where the state lies; valid between {@link #enter()} and {@link #leave}. Put and get go through the door. */
    final transient long address;

    private final transient int fd;
    private final transient int maxItems;
    private final transient QueueCalls calls;
    private transient volatile ObjectInputFilter filter = DEFAULT_FILTER;
    private transient volatile boolean closed;
    private transient volatile long lostAtClose;

    BasicQueue(Block block) {
        this.block = block;
        this.address = block.address();
        this.fd = block.handle().fd();
        this.maxItems = Native.queue_max_items(address);
        this.calls = new QueueCalls(block);
    }

    /** @throws IllegalStateException if it is closed */
    final Uses.Use enter() {
        Uses.Use use = closed ? null : calls.begin();
        if (use == null) {
            throw new IllegalStateException(closedText());
        }
        return use;
    }

    /** As {@link #enter()}, for what may be done with a closed queue. @return null if its memory was given back */
    final Uses.Use enterClosed() {
        return calls.begin();
    }

    final void leave(Uses.Use use) {
        calls.leave(use);
    }

    // Python's names

    /**
     * Appends a message; blocks while the queue is full.
     *
     * @throws IllegalArgumentException if something in it is not serializable: says what, and where it is
     * @throws IllegalStateException after {@link #close()}
     * @throws OSException ENOMEM, ENOSPC if the queue has to grow and there is no memory
     * @throws NullPointerException for null
     */
    @Override
    public final void put(E item) throws InterruptedException {
        insert(item, FOREVER);
    }

    /**
     * Takes the first message; blocks until there is one.
     *
     * @throws IllegalStateException after {@link #close()}
     * @throws java.io.UncheckedIOException if the message cannot be read: its class is not there, or the filter rejects
     *     it. The message is gone.
     */
    public final E get() throws InterruptedException {
        return extract(FOREVER, CONSUME);
    }

    /** Whether there is no message at this moment. */
    public final boolean empty() {
        Uses.Use use = enter();
        try {
            return Native.queue_empty(address) != 0;
        } finally {
            leave(use);
        }
    }

    /**
     * This object is to be used no more; what was put stays there for the others. Memory and descriptor are given back,
     * when the calls of other threads that are under way return. Closing again does nothing. Where several threads use
     * queues, the first close in a process takes some ten milliseconds, in which the kernel prepares to ask them.
     */
    @Override
    public void close() {
        Uses.Use use = enterClosed();
        if (use == null) {
            return;
        }
        try {
            lostAtClose = Native.queue_lost(address);
            closed = true;
            if (isFinished()) {
                calls.close();
            }
        } finally {
            leave(use);
        }
    }

    /** Whether nothing can be done any more once it is closed. */
    boolean isFinished() {
        return true;
    }

    // What Python's queues do not know

    /**
     * As {@link #put}, but does not go on waiting once no other process has the queue: nobody is left who could make
     * room. Threads of this process do not count, nor processes of other users.
     *
     * @throws EOFException if there is no room and no other process
     */
    public final void putOrEof(E item) throws EOFException, InterruptedException {
        Objects.requireNonNull(item);
        checkOpen();
        Scratch scratch = Scratch.take();
        calls.begin(scratch.mark());
        try {
            long encoding = Messages.encode(item, scratch);
            while (!insert(scratch, encoding, LOOK_FOR_OTHERS)) {
                if (isAlone() && !insert(scratch, encoding, 0)) {
                    throw new EOFException("no other process has the queue");
                }
            }
        } finally {
            release(scratch);
        }
    }

    /**
     * As {@link #get}, but does not go on waiting once no other process has the queue: nobody is left who could put
     * something in.
     *
     * @throws EOFException if there is no message and no other process
     */
    public final E getOrEof() throws EOFException, InterruptedException {
        while (true) {
            E item = extract(LOOK_FOR_OTHERS, CONSUME);
            if (item == null && isAlone()) {
                item = extract(0, CONSUME);
                if (item == null) {
                    throw new EOFException("no other process has the queue");
                }
            }
            if (item != null) {
                return item;
            }
        }
    }

    /**
     * How many messages were lost with processes that died while they put them, or took them in pieces; before {@link
     * #close()}.
     */
    public final long lost() {
        Uses.Use use = enterClosed();
        if (use == null) {
            return lostAtClose;
        }
        try {
            return Native.queue_lost(address);
        } finally {
            leave(use);
        }
    }

    /**
     * Says what may be in the messages that this object takes, if it is neither a byte array nor a string nor a boxed
     * primitive. At first that is the pattern in the property {@code org.multiprocessing4j.serialfilter}, or else what
     * the JVM allows.
     *
     * @param filter null: what the JVM allows
     */
    public final void setObjectInputFilter(ObjectInputFilter filter) {
        this.filter = filter;
    }

    /** Where the queue lies, for programs that this library did not start: C++'s class of the same name attaches. */
    public final SharedHandle handle() {
        checkOpen();
        return block.handle();
    }

    // BlockingQueue's names

    /** Appends a message if there is room. */
    @Override
    public final boolean offer(E item) {
        return insertAtOnce(item);
    }

    /** Appends a message, and waits for room at most that long. */
    @Override
    public final boolean offer(E item, long timeout, TimeUnit unit) throws InterruptedException {
        return insert(item, Math.max(0, unit.toNanos(timeout)));
    }

    /** As {@link #get()}. */
    @Override
    public final E take() throws InterruptedException {
        return get();
    }

    /** Takes the first message; null if there is none. */
    @Override
    public final E poll() {
        return extractAtOnce(CONSUME);
    }

    /** Takes the first message, and waits for it at most that long; null if none came. */
    @Override
    public final E poll(long timeout, TimeUnit unit) throws InterruptedException {
        return extract(Math.max(0, unit.toNanos(timeout)), CONSUME);
    }

    /**
     * A copy of the first message; null if there is none.
     *
     * @throws OSException EMSGSIZE if the message comes in pieces, and so is not all there
     */
    @Override
    public final E peek() {
        return extractAtOnce(PEEK);
    }

    /** How many messages there are at this moment. */
    @Override
    public final int size() {
        Uses.Use use = enter();
        try {
            return Native.queue_length(address);
        } finally {
            leave(use);
        }
    }

    /** As {@link #empty()}. */
    @Override
    public final boolean isEmpty() {
        return empty();
    }

    @Override
    public final int remainingCapacity() {
        int most = maxItems();
        return most == 0 ? Integer.MAX_VALUE : Math.max(0, most - size());
    }

    @Override
    public final int drainTo(Collection<? super E> target) {
        return drainTo(target, Integer.MAX_VALUE);
    }

    @Override
    public final int drainTo(Collection<? super E> target, int most) {
        Objects.requireNonNull(target);
        if (target == this) {
            throw new IllegalArgumentException("a queue cannot be drained into itself");
        }
        int count = 0;
        for (E item; count < most && (item = poll()) != null; count++) {
            target.add(item);
        }
        return count;
    }

    /** Not supported: what lies in the queue may be taken by any process at any time. */
    @Override
    public final Iterator<E> iterator() {
        throw new UnsupportedOperationException("a queue between processes cannot be looked through");
    }

    // How it is done

    final boolean insertAtOnce(E item) {
        try {
            return insert(item, 0);
        } catch (InterruptedException e) {
            throw new AssertionError("nothing waits", e);
        }
    }

    /** @param timeout in nanoseconds; negative: for ever @return false if the time ran out */
    final boolean insert(E item, long timeout) throws InterruptedException {
        Objects.requireNonNull(item);
        checkOpen();
        Scratch scratch = Scratch.take();
        calls.begin(scratch.mark());
        try {
            return insert(scratch, Messages.encode(item, scratch), timeout);
        } finally {
            release(scratch);
        }
    }

    private void release(Scratch scratch) {
        try {
            scratch.release();
        } finally {
            calls.leave(scratch.mark());
        }
    }

    /** As {@link #insert(Object, long)}, after the mark was made. */
    private boolean insert(Scratch scratch, long encoding, long timeout) throws InterruptedException {
        long slice = firstSlice(timeout);
        long start = timeout > 0 ? System.nanoTime() : 0;
        long result = put(calls.door(), scratch, encoding, slice, start, 0);
        if (result != (result & ~Native.queue_status_bits | Native.queue_done)) {
            result = goOnPutting(scratch, encoding, result, timeout, start);
        }
        boolean done = (result & Native.queue_status_bits) == Native.queue_done;
        if (done) {
            scratch.sent();
        }
        return done;
    }

    /** The answer was another one than that it is done. */
    private long goOnPutting(Scratch scratch, long encoding, long answer, long timeout, long start)
            throws InterruptedException {
        checkDoor(answer);
        if (timeout == 0) {
            return answer;
        }
        long result = answer;
        Slices slices = slices(timeout, start);
        while ((result & Native.queue_status_bits) != Native.queue_done) {
            boolean underway = (result & Native.queue_status_bits) == Native.queue_underway;
            if (slices.over() || Thread.currentThread().isInterrupted()) {
                if (underway) {
                    Native.queue_abandon(address);
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                return Native.queue_timed_out;
            }
            long written = underway ? result >>> Native.queue_bytes_shift : 0;
            result = put(calls.inside(), scratch, encoding, slices.next(), slices.start(), written);
        }
        return result;
    }

    private long put(long door, Scratch scratch, long encoding, long timeout, long since, long written) {
        long result = Native.queue_put(
                door, fd, SyncObject.thisThread(), scratch.address(), Messages.length(encoding),
                Messages.letter(encoding), timeout, since, written);
        if (result < 0 || (result & LOST) != 0) {
            checkAnswer(result);
        }
        return result;
    }

    final E extractAtOnce(int consume) {
        try {
            return extract(0, consume);
        } catch (InterruptedException e) {
            throw new AssertionError("nothing waits", e);
        }
    }

    /** @param timeout in nanoseconds; negative: for ever @return null if the time ran out */
    @SuppressWarnings("unchecked") // as much as with any queue: what comes out is what was put in
    final E extract(long timeout, int consume) throws InterruptedException {
        checkOpen();
        Scratch scratch = Scratch.take();
        Shelf shelf = scratch.shelf();
        calls.begin(scratch.mark());
        try {
            long slice = firstSlice(timeout);
            if (consume == CONSUME && shelf.take(calls)) {
                return (E) shelf.message(filter);
            }
            long start = timeout > 0 ? System.nanoTime() : 0;
            long result = take(calls.door(), scratch, slice, start, consume);
            if ((result & Native.queue_status_bits) != Native.queue_done) {
                result = goOnTaking(scratch, result, timeout, start, consume);
                if (result == Native.queue_timed_out) {
                    return null;
                }
            }
            byte letter = (byte) (result >>> Native.queue_letter_shift);
            int length = (int) (result >>> Native.queue_bytes_shift);
            return (E) Messages.decode(letter, length, scratch.buffer(), 0, filter);
        } finally {
            release(scratch);
        }
    }

    private long goOnTaking(Scratch scratch, long answer, long timeout, long start, int consume)
            throws InterruptedException {
        checkDoor(answer);
        long result = answer;
        Slices slices = slices(timeout, start);
        while ((result & Native.queue_status_bits) != Native.queue_done) {
            if ((result & Native.queue_status_bits) == Native.queue_too_small) {
                scratch.ensure((int) (result >>> Native.queue_bytes_shift), 0);
            } else if (slices.over()) {
                return Native.queue_timed_out;
            }
            long slice = timeout == 0 ? 0 : slices.nextUnlessInterrupted();
            result = take(calls.inside(), scratch, slice, slices.start(), consume);
        }
        return result;
    }

    private long take(long door, Scratch scratch, long timeout, long since, int consume) {
        long shelf = consume == CONSUME ? scratch.shelf().toBeFilled(calls) : 0;
        long result = Native.queue_get(
                door, SyncObject.thisThread(), scratch.address(), scratch.capacity(), timeout, since, consume, shelf);
        if (consume == CONSUME && result >= 0 && (result & Native.queue_status_bits) == Native.queue_done) {
            scratch.shelf().filled();
        }
        if (result < 0 || (result & LOST) != 0) {
            checkAnswer(result);
        }
        return result;
    }

    /** The first wait needs no clock. */
    private static long firstSlice(long timeout) throws InterruptedException {
        if (timeout != 0 && Thread.interrupted()) {
            throw new InterruptedException();
        }
        return timeout < 0 ? SLICE : Math.min(timeout, SLICE);
    }

    private static Slices slices(long timeout, long start) {
        return start == 0 ? new Slices(timeout) : new Slices(timeout, start);
    }

    private void checkAnswer(long result) {
        OSException.check(result);
        if ((result & Native.queue_lost_flag) != 0) {
            warnOfLoss(Native.queue_dead_writer(address), "put it");
        }
        if ((result & Native.queue_lost_with_reader_flag) != 0) {
            warnOfLoss(Native.queue_dead_reader(address), "took it in pieces");
        }
    }

    private void warnOfLoss(int pid, String deed) {
        LOGGER.log(Level.WARNING, "{0}: a message was lost with process {1}, which died while it {2}",
                getClass().getSimpleName(), String.valueOf(pid), deed);
    }

    /** It may have been closed between {@link #checkOpen()} and the call. */
    private void checkDoor(long answer) {
        if ((answer & Native.queue_status_bits) == Native.queue_shut_door) {
            throw new IllegalStateException(closedText());
        }
    }

    final void checkOpen() {
        if (closed) {
            throw new IllegalStateException(closedText());
        }
    }

    final boolean isClosed() {
        return closed;
    }

    final int maxItems() {
        return maxItems;
    }

    private boolean isAlone() {
        Uses.Use use = enter();
        try {
            return OSException.check(Native.queue_others(fd, new int[0], 0)) == 0 && !block.isWithChildren();
        } finally {
            leave(use);
        }
    }

    /** What an operation on a closed one is refused with. */
    abstract String closedText();

    /** What it is in a child. */
    abstract Reduced.Kind kind();

    /** @throws IllegalStateException if no process is being started, or this object is closed */
    final Reduced reduced() {
        Handover handover = Handover.sending(getClass().getSimpleName() + " objects");
        Uses.Use use = enter();
        handover.afterwards(() -> leave(use));
        return new Reduced(kind(), block);
    }

    @Serial
    final Object writeReplace() {
        return reduced();
    }

    private static ObjectInputFilter defaultFilter() {
        String pattern = System.getProperty(FILTER_PROPERTY);
        return pattern == null ? null : ObjectInputFilter.Config.createFilter(pattern);
    }
}
