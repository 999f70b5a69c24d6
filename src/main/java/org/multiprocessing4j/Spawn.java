package org.multiprocessing4j;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.util.Handover;

/**
 * What a parent writes to a JVM that waits, and how that becomes the process. Mirrors CPython's spawn.py: first what
 * prepares the child ({@code get_preparation_data}), then the process.
 */
final class Spawn {

    /** Parent and child are of one version: they run the same class path. */
    private static final int MAGIC = 0x4d503403;

    private static final int STDIN = 0;

    /** One for each arena, of which there are few. */
    private static final int MOST_DESCRIPTORS = 4096;

    private static final int ECONNRESET = 104;

    private Spawn() {}

    /**
     * Serializes a process for a child.
     *
     * @throws IllegalArgumentException if something in it is not serializable
     */
    static byte[] serialize(Process process, Handover handover) {
        byte[] object = Handover.send(handover, () -> write(process));
        return payload(ProcessTable.current().name(), Multiprocessing.defaultStartMethod(), object);
    }

    private static byte[] payload(String parentName, StartMethod startMethod, byte[] object) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(object.length + 128);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(0);
            out.writeInt(MAGIC);
            out.writeUTF(parentName);
            out.writeInt(Posix.getpid());
            out.writeUTF(startMethod.name());
            out.write(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] payload = bytes.toByteArray();
        ByteBuffer.wrap(payload).putInt(0, payload.length - Integer.BYTES);
        return payload;
    }

    /** A call of a static method field by field, any other process as an object. */
    private static byte[] write(Process process) {
        StaticCall call = process.getClass() == Process.class ? StaticCall.of(process.target()) : null;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        return Reduction.describing(process, () -> {
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeBoolean(call != null);
            if (call != null) {
                writeCall(out, process, call);
            } else {
                writeBytes(out, Reduction.dumps(process));
            }
            return bytes.toByteArray();
        });
    }

    private static void writeCall(DataOutputStream out, Process process, StaticCall call) throws IOException {
        out.writeUTF(process.startMethod() == null ? "" : process.startMethod().name());
        out.writeUTF(process.name());
        out.writeBoolean(process.daemon());
        writeBytes(out, process.authkey());
        out.writeInt(process.identity().length);
        for (int number : process.identity()) {
            out.writeInt(number);
        }
        call.write(out);
    }

    private static Process read(DataInputStream in, int parentPid) throws IOException, ClassNotFoundException {
        if (!in.readBoolean()) {
            return Reduction.loads(readBytes(in));
        }
        String startMethod = in.readUTF();
        String name = in.readUTF();
        boolean daemon = in.readBoolean();
        byte[] authkey = readBytes(in);
        int[] identity = new int[in.readInt()];
        for (int i = 0; i < identity.length; i++) {
            identity[i] = in.readInt();
        }
        return new Process(
                startMethod.isEmpty() ? null : StartMethod.valueOf(startMethod), name, daemon, authkey, identity,
                parentPid, StaticCall.read(in));
    }

    /**
     * Sends a process to this very JVM, which runs it as a child would. For the fork server: its children find loaded
     * what is on this way.
     */
    static void rehearse(Process.Target target) throws Exception {
        try (Handover handover = new Handover()) {
            byte[] payload = rehearsal(target, handover);
            int[] descriptors = handover.descriptors().stream().mapToInt(Integer::intValue).toArray();
            read(Arrays.copyOfRange(payload, Integer.BYTES, payload.length), descriptors).run();
        }
    }

    /**
     * Sends such a process as a parent would.
     *
     * @return the socket that it can be received from
     */
    static int sendRehearsal(Process.Target target) {
        long ends = OSException.check(Native.socketpair());
        int ours = (int) ends;
        int theirs = (int) (ends >> 32);
        try (Handover handover = new Handover()) {
            byte[] payload = rehearsal(target, handover);
            OSException.check(Native.send_fds(ours, new int[0], 0));
            OSException.check(Native.write_all(ours, payload, payload.length));
            return theirs;
        } catch (RuntimeException e) {
            Posix.close(theirs);
            throw e;
        } finally {
            Posix.close(ours);
        }
    }

    private static byte[] rehearsal(Process.Target target, Handover handover) {
        Process process = rehearsal(target);
        return payload("", StartMethod.FORKSERVER, Handover.send(handover, () -> write(process)));
    }

    /** A process that is none: it is run where it is made. */
    static Process rehearsal(Process.Target target) {
        return new Process(null, "rehearsal", false, new byte[0], new int[] {0}, Posix.getpid(), target);
    }

    private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static byte[] readBytes(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    /**
     * Reads a process from standard input, and makes it the current one; blocks until it comes.
     *
     * @return null if the parent has ended, or needs this JVM no more
     */
    static Process receive() throws IOException, ClassNotFoundException {
        int[] room = new int[MOST_DESCRIPTORS];
        int count = Native.receive_fds(STDIN, room, room.length);
        if (count == -ECONNRESET) {
            return null;
        }
        int[] descriptors = Arrays.copyOf(room, OSException.check(count));
        try {
            byte[] payload = readWhole();
            return payload == null ? null : read(payload, descriptors);
        } finally {
            for (int descriptor : descriptors) {
                Posix.close(descriptor); // the arenas that were attached have copies of their own
            }
        }
    }

    /** @return null if the parent ended while it wrote */
    private static byte[] readWhole() {
        byte[] size = ForkServer.readUpTo(STDIN, Integer.BYTES);
        if (size.length < Integer.BYTES) {
            return null;
        }
        int length = ByteBuffer.wrap(size).getInt();
        byte[] payload = ForkServer.readUpTo(STDIN, length);
        return payload.length < length ? null : payload;
    }

    private static Process read(byte[] payload, int[] descriptors) throws IOException, ClassNotFoundException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload));
        if (in.readInt() != MAGIC) {
            throw new IOException("the parent speaks another version of multiprocessing4j");
        }
        String parentName = in.readUTF();
        int parentPid = in.readInt();
        Multiprocessing.inheritStartMethod(StartMethod.valueOf(in.readUTF()));
        Handover.receive(descriptors);
        Process process = read(in, parentPid);
        ProcessTable.become(
                process, new ProcessTable.ParentProcess(parentName, parentPid, WaitingJvm.PARENT, process.authkey()));
        return process;
    }
}
