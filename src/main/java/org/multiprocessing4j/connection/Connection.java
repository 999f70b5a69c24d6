package org.multiprocessing4j.connection;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectStreamException;
import java.io.Serial;
import java.io.Serializable;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import org.multiprocessing4j.bindings.Frames;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Cleaners;
import org.multiprocessing4j.util.Message;
import org.multiprocessing4j.util.NativeMemory;

/**
 * One end of a channel for messages: bytes, or objects by a {@link Codec}. Mirrors Python's {@code Connection}, byte
 * for byte: the other end may be a Python program. Made by {@link Pipe}, {@link Listener}, {@link Client} and {@link
 * Fifo}.
 *
 * <p><b>Threads.</b> Any number of threads may use one connection: each message is sent and received as a whole.
 * (Python leaves that to its users.) Between processes it is as there: an end that several processes send to, or
 * receive from, needs a {@link org.multiprocessing4j.Lock} around each call, since a message may take several system
 * calls.
 *
 * <p><b>Blocking.</b> Sending and receiving block, and a blocked thread stays so through {@link Thread#interrupt()},
 * and when another thread calls {@link #close()}; the end is then closed as soon as that call returns. {@link
 * #poll(Duration)} and {@link #wait} can be interrupted. A blocked virtual thread occupies its carrier. Who receives
 * looks for some microseconds before it sleeps, as long as messages often come that soon.
 *
 * <p><b>Other processes.</b> A connection travels to a child as an argument of its process or captured by its target,
 * in an object that is sent over another connection, and in a message of a queue; {@link DupFd} says how. It is a copy:
 * close what is not needed any more, in each process, since the other side sees the end only when the last copy is
 * closed. A connection that nothing reaches any more is closed by the garbage collector, some time.
 *
 * <p><b>Errors.</b> The other side has closed: {@link EOFException} on receiving, {@link OSException} EPIPE or
 * ECONNRESET on sending. It did so inside of a message: {@code OSException} EPROTO, "got end of file during message".
 * This side is closed, or does not go that way: {@link IllegalStateException} "handle is closed", "connection is
 * read-only", "connection is write-only".
 */
public final class Connection implements Waitable, Closeable, Serializable {

    @Serial
    private static final long serialVersionUID = 1L;

    private static final int EPROTO = 71;
    private static final int EMSGSIZE = 90;
    private static final int ENOBUFS = 105;

    private static final int UNIX_SOCKET = 2;

    private final transient Handle handle;
    private final transient Cleaner.Cleanable cleanable;
    private final transient int kind;
    private final transient boolean writable;
    private transient volatile boolean readable;
    private transient volatile Codec codec;

    /**
     * Takes a descriptor: a pipe's end, a connected stream socket, or anything else that is read and written like one.
     * It is the connection's from then on. Objects are sent by {@link Codecs#java()}.
     *
     * @throws IllegalArgumentException "invalid handle", "at least one of `readable` and `writable` must be True"
     * @throws OSException EBADF; the descriptor stays the caller's
     */
    public Connection(int fd, boolean readable, boolean writable) {
        this(fd, readable, writable, Codecs.java());
    }

    Connection(int fd, boolean readable, boolean writable, Codec codec) {
        if (fd < 0) {
            throw new IllegalArgumentException("invalid handle");
        }
        if (!readable && !writable) {
            throw new IllegalArgumentException("at least one of `readable` and `writable` must be True");
        }
        this.kind = OSException.check(Native.connection_kind(fd));
        this.readable = readable;
        this.writable = writable;
        this.codec = codec;
        this.handle = new Handle(fd);
        this.cleanable = Cleaners.shared().register(this, handle);
    }

    /** How objects become messages here. */
    public Codec codec() {
        return codec;
    }

    /** Sets how objects become messages here; both sides must do it the same way. */
    public Connection codec(Codec codec) {
        this.codec = Objects.requireNonNull(codec, "codec");
        return this;
    }

    /** Whether this end is closed, in this process. */
    public boolean closed() {
        return handle.isClosed();
    }

    /** Whether this end can receive. */
    public boolean readable() {
        return readable;
    }

    /** Whether this end can send. */
    public boolean writable() {
        return writable;
    }

    @Override
    public int fileno() {
        if (closed()) {
            throw Handle.closed();
        }
        return handle.fd();
    }

    /**
     * A copy of the descriptor, close-on-exec, which is the caller's to close. Never of another one, even if another
     * thread calls {@link #close()} meanwhile.
     *
     * @throws IllegalStateException "handle is closed"
     * @throws OSException EMFILE
     */
    public int duplicate() {
        return handle.duplicate();
    }

    /** Closes this end in this process. Closing twice is harmless. */
    @Override
    public void close() {
        cleanable.clean();
    }

    // Bytes

    /** Sends a message; blocks while there is no room. */
    public void sendBytes(byte[] data) {
        send(data, 0, data.length, null);
    }

    /** Sends what follows {@code offset}. */
    public void sendBytes(byte[] data, int offset) {
        checkOffset(data.length, offset);
        send(data, offset, data.length - offset, null);
    }

    /**
     * Sends a part of an array as a message.
     *
     * @throws IllegalArgumentException "offset is negative", "buffer length &lt; offset", "size is negative", "buffer
     *     length &lt; offset + size"
     */
    public void sendBytes(byte[] data, int offset, int size) {
        checkOffset(data.length, offset);
        if (size < 0) {
            throw new IllegalArgumentException("size is negative");
        }
        if (size > data.length - offset) {
            throw new IllegalArgumentException("buffer length < offset + size");
        }
        send(data, offset, size, null);
    }

    private static void checkOffset(int length, int offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset is negative");
        }
        if (offset > length) {
            throw new IllegalArgumentException("buffer length < offset");
        }
    }

    /** Sends what remains of a buffer, and moves its position there. A direct buffer is not copied. */
    public void sendBytes(ByteBuffer data) {
        if (data.isDirect()) {
            sendDirect(data);
        } else {
            byte[] copy = new byte[data.remaining()];
            data.duplicate().get(copy);
            sendBytes(copy);
        }
        data.position(data.limit());
    }

    private void sendDirect(ByteBuffer data) {
        Handle.Use use = enterToSend();
        try {
            check(Native.connection_send(handle.fd(), kind, address(data), data.remaining()));
        } finally {
            Reference.reachabilityFence(data);
            leaveSending(use);
        }
    }

    private static long address(ByteBuffer buffer) {
        return Frames.address(buffer) + buffer.position();
    }

    private void send(byte[] data, int offset, int size, int[] descriptors) {
        Handle.Use use = enterToSend();
        try {
            if (size <= Handle.SMALL && descriptors == null) {
                NativeMemory memory = use.outgoing();
                memory.buffer().put(0, data, offset, size);
                check(Native.connection_send(handle.fd(), kind, memory.address(), size));
            } else {
                check(Frames.send(handle.fd(), kind, data, offset, size, descriptors));
            }
        } finally {
            leaveSending(use);
        }
    }

    private Handle.Use enterToSend() {
        Handle.Use use = handle.enter();
        if (!writable) {
            handle.leave(use);
            throw new IllegalStateException("connection is read-only");
        }
        use.sending.lock();
        return use;
    }

    /** Does something with the socket while no message is being sent. */
    void duringSending(IntConsumer action) {
        Handle.Use use = enterToSend();
        try {
            action.accept(socket());
        } finally {
            leaveSending(use);
        }
    }

    private int socket() {
        if (kind != UNIX_SOCKET) {
            throw new IllegalArgumentException("descriptors can be sent over a Pipe(true) or AF_UNIX only");
        }
        return handle.fd();
    }

    private void leaveSending(Handle.Use use) {
        use.sending.unlock();
        handle.leave(use);
    }

    /**
     * Receives a message; blocks until it comes.
     *
     * @throws EOFException the other side is closed, and there is nothing left
     */
    public byte[] recvBytes() throws EOFException {
        return receive(-1, false);
    }

    /**
     * Receives a message of limited length.
     *
     * @param maxlength a longer one is an {@link OSException} EMSGSIZE, "bad message length", and this end can receive
     *     no more then; if it cannot send either, it is closed
     * @throws IllegalArgumentException "negative maxlength"
     */
    public byte[] recvBytes(int maxlength) throws EOFException {
        if (maxlength < 0) {
            throw new IllegalArgumentException("negative maxlength");
        }
        return receive(maxlength, false);
    }

    private byte[] receive(int maxlength, boolean descriptors) throws EOFException {
        Handle.Use use = enterToReceive();
        try {
            return descriptors
                    ? received(() -> Frames.receive(handle.fd(), kind, maxlength, true))
                    : receiveWithout(use, maxlength);
        } finally {
            leaveReceiving(use);
        }
    }

    /** @param call makes an array when the message has begun; answers null if it could not be received */
    private byte[] received(Supplier<byte[]> call) throws EOFException {
        try {
            byte[] message = call.get();
            if (message == null) {
                throw receivingFailed(Frames.failure());
            }
            return message;
        } catch (OutOfMemoryError e) {
            receiveNoMore();
            throw e;
        }
    }

    /** Without descriptors. */
    private byte[] receiveWithout(Handle.Use use, int maxlength) throws EOFException {
        NativeMemory memory = use.incoming();
        long length = Native.connection_receive(handle.fd(), kind, memory.address(), room(maxlength));
        if (length == -ENOBUFS) {
            return received(() -> Frames.receive_rest(handle.fd(), kind, maxlength));
        }
        if (length < 0) {
            throw receivingFailed((int) length);
        }
        byte[] message = new byte[(int) length];
        memory.buffer().get(0, message);
        return message;
    }

    private static int room(int maxlength) {
        return maxlength < 0 ? Handle.SMALL : Math.min(maxlength, Handle.SMALL);
    }

    /** Receives a message into an array, from its beginning. @return the length of the message */
    public int recvBytesInto(byte[] buffer) throws EOFException, BufferTooShortException {
        return recvBytesInto(buffer, 0);
    }

    /**
     * Receives a message into an array.
     *
     * @return the length of the message
     * @throws BufferTooShortException it is longer than what there is after {@code offset}; the exception has it
     * @throws IllegalArgumentException "negative offset", "offset too large"
     */
    public int recvBytesInto(byte[] buffer, int offset) throws EOFException, BufferTooShortException {
        if (offset < 0) {
            throw new IllegalArgumentException("negative offset");
        }
        if (offset > buffer.length) {
            throw new IllegalArgumentException("offset too large");
        }
        Handle.Use use = enterToReceive();
        try {
            int length = Frames.receive_into(handle.fd(), kind, buffer, offset, buffer.length - offset);
            return length >= 0 ? length : (int) notReceivedInto(length);
        } finally {
            leaveReceiving(use);
        }
    }

    /**
     * Receives a message into what remains of a buffer, and moves its position behind it. What is received into a
     * direct buffer is not copied.
     *
     * @return the length of the message
     */
    public int recvBytesInto(ByteBuffer buffer) throws EOFException, BufferTooShortException {
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException("the buffer is read-only");
        }
        int length;
        if (buffer.isDirect()) {
            length = receiveDirect(buffer);
        } else {
            ByteBuffer part = buffer.slice();
            byte[] copy = new byte[part.remaining()];
            length = recvBytesInto(copy);
            part.put(copy, 0, length);
        }
        buffer.position(buffer.position() + length);
        return length;
    }

    private int receiveDirect(ByteBuffer buffer) throws EOFException, BufferTooShortException {
        Handle.Use use = enterToReceive();
        try {
            long length = Native.connection_receive(handle.fd(), kind, address(buffer), buffer.remaining());
            return (int) (length >= 0 ? length : notReceivedInto(length));
        } finally {
            Reference.reachabilityFence(buffer);
            leaveReceiving(use);
        }
    }

    private long notReceivedInto(long failure) throws EOFException, BufferTooShortException {
        if (failure != -ENOBUFS) {
            throw receivingFailed((int) failure);
        }
        throw new BufferTooShortException(received(() -> Frames.receive_rest(handle.fd(), kind, -1)));
    }

    private Handle.Use enterToReceive() {
        Handle.Use use = handle.enter();
        if (!readable) {
            handle.leave(use);
            throw new IllegalStateException("connection is write-only");
        }
        use.receiving.lock();
        return use;
    }

    /** Does something with the socket while no message is being received. */
    int duringReceiving(IntUnaryOperator action) {
        Handle.Use use = enterToReceive();
        try {
            return action.applyAsInt(socket());
        } finally {
            leaveReceiving(use);
        }
    }

    private void leaveReceiving(Handle.Use use) {
        use.receiving.unlock();
        handle.leave(use);
    }

    private RuntimeException receivingFailed(int failure) throws EOFException {
        if (failure == Native.connection_eof) {
            throw new EOFException("the other side of the connection is closed");
        }
        if (failure == -EMSGSIZE) {
            receiveNoMore();
            return new OSException(EMSGSIZE, "read", "bad message length");
        }
        if (failure == -EPROTO) {
            return new OSException(EPROTO, "read", "got end of file during message");
        }
        return OSException.last(failure);
    }

    /** The message was not read: what comes next is no header. */
    private void receiveNoMore() {
        if (writable) {
            readable = false;
        } else {
            close();
        }
    }

    private static void check(int answer) {
        if (answer < 0) {
            throw OSException.last(answer);
        }
    }

    // Objects

    /**
     * Sends an object, as the {@link #codec()} turns it into a message.
     *
     * @throws IllegalArgumentException the codec cannot: it says what
     * @throws IOException the codec cannot for another reason
     */
    public void send(Object object) throws IOException {
        if (!writable) {
            throw new IllegalStateException(closed() ? "handle is closed" : "connection is read-only");
        }
        if (kind != UNIX_SOCKET) {
            sendApart(object);
            return;
        }
        try (Enclosure.Outgoing enclosure = new Enclosure.Outgoing()) {
            byte[] message = enclosure.during(() -> codec.encode(object));
            send(message, 0, message.length, enclosure.descriptors());
        }
    }

    /** The descriptors in it do not go with it. */
    private void sendApart(Object object) throws IOException {
        try (Message message = new Message()) {
            byte[] bytes = message.during(() -> codec.encode(object));
            send(bytes, 0, bytes.length, null);
            message.sent();
        }
    }

    /**
     * Receives an object; blocks until it comes.
     *
     * @throws EOFException the other side is closed, and there is nothing left
     * @throws IOException the message is no object of this {@link #codec()}, or holds what that refuses; it was
     *     received, and others can follow
     */
    public Object recv() throws IOException {
        byte[] message = receive(-1, kind == UNIX_SOCKET);
        Codec here = codec;
        return kind == UNIX_SOCKET ? new Enclosure.Incoming().decode(() -> here.decode(message)) : here.decode(message);
    }

    /**
     * Receives an object of a class.
     *
     * @throws ClassCastException it is of another one; it was received
     */
    public <T> T recv(Class<T> type) throws IOException {
        return type.cast(recv());
    }

    // Waiting

    /** Whether a message has come, at least its beginning, or the end; does not block. */
    public boolean poll() {
        try {
            return poll(Duration.ZERO);
        } catch (InterruptedException e) {
            throw new AssertionError(e); // who does not wait is not interrupted
        }
    }

    /**
     * Waits until a message begins to come, or the end does.
     *
     * @param timeout by the monotonic clock; negative means zero, null without limit
     * @return false when the time ran out
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public boolean poll(Duration timeout) throws InterruptedException {
        Handle.Use use = handle.enter();
        try {
            if (!readable) {
                throw new IllegalStateException("connection is write-only");
            }
            return Waiting.forOne(handle.fd(), timeout);
        } finally {
            handle.leave(use);
        }
    }

    /**
     * Waits until one of several objects is ready: a connection has something to receive, or its end; a listener is
     * wanted; a process has ended. Mirrors {@code multiprocessing.connection.wait}.
     *
     * @param objects connections, listeners and other {@link Waitable}s, {@link org.multiprocessing4j.Process}es that
     *     were started, and descriptors as Integers, such as {@link org.multiprocessing4j.Process#sentinel()}
     * @param timeout by the monotonic clock; negative means zero, null without limit
     * @return those that are ready, in their order; empty when the time ran out
     * @throws InterruptedException if the thread is interrupted while it waits
     * @throws IllegalArgumentException another kind of object; or there is nothing to wait for, and no limit
     * @throws IllegalStateException one of them is closed
     * @throws OSException EBADF
     */
    public static <T> List<T> wait(Collection<? extends T> objects, Duration timeout) throws InterruptedException {
        return Waiting.forAny(objects, timeout);
    }

    Handle handle() {
        return handle;
    }

    // Other processes

    @Serial
    private Object writeReplace() {
        return new OnItsWay(Passage.of(handle, "Connection objects"), readable, writable, codec);
    }

    private record OnItsWay(Passage passage, boolean readable, boolean writable, Codec codec) implements Serializable {
        private Object readResolve() throws ObjectStreamException {
            return open(passage.take(), readable, writable, codec);
        }
    }

    /** A connection on a descriptor that is closed if there is none. */
    static Connection open(int fd, boolean readable, boolean writable, Codec codec) {
        try {
            return new Connection(fd, readable, writable, codec);
        } catch (RuntimeException e) {
            Posix.close(fd);
            throw e;
        }
    }

    /** As Python's repr: {@code <Connection, handle 7>}. */
    @Override
    public String toString() {
        return "<Connection, handle " + (closed() ? "closed" : String.valueOf(handle.fd())) + ">";
    }
}
