package org.multiprocessing4j;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Posix;

/**
 * What a parent writes to a fresh JVM, and how that becomes the process. Mirrors CPython's spawn.py: first what
 * prepares
 * the child ({@code get_preparation_data}), then the process.
 */
final class Spawn {

    /** Parent and child are of one version: they run the same class path. */
    private static final int MAGIC = 0x4d503402;

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
        Process current = ProcessTable.current();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(object.length + 128);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            out.writeUTF(current.name());
            out.writeInt(Posix.getpid());
            out.writeUTF(Multiprocessing.getStartMethod());
            out.write(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A plain process field by field, any other as an object. */
    private static byte[] write(Process process) {
        StaticCall call = process.getClass() == Process.class ? StaticCall.of(process.target()) : null;
        byte[] object = call == null ? Reduction.dumps(process) : null;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeBoolean(call != null);
            if (call != null) {
                out.writeUTF(process.name());
                out.writeBoolean(process.daemon());
                writeBytes(out, process.authkey());
                out.writeInt(process.identity().length);
                for (int number : process.identity()) {
                    out.writeInt(number);
                }
                call.write(out);
            } else {
                writeBytes(out, object);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static Process read(DataInputStream in, int parentPid) throws IOException, ClassNotFoundException {
        if (!in.readBoolean()) {
            return Reduction.loads(readBytes(in));
        }
        String name = in.readUTF();
        boolean daemon = in.readBoolean();
        byte[] authkey = readBytes(in);
        int[] identity = new int[in.readInt()];
        for (int i = 0; i < identity.length; i++) {
            identity[i] = in.readInt();
        }
        return new Process(name, daemon, authkey, identity, parentPid, StaticCall.read(in));
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
        DataInputStream in = new DataInputStream(System.in);
        if (in.readInt() != MAGIC) {
            throw new IOException("the parent speaks another version of multiprocessing4j");
        }
        String parentName = in.readUTF();
        int parentPid = in.readInt();
        Multiprocessing.setStartMethod(in.readUTF(), true);
        Handover.receive(descriptors);
        Process process = read(in, parentPid);
        for (int descriptor : descriptors) {
            Posix.close(descriptor); // the arenas that were attached have copies of their own
        }
        ProcessTable.become(
                process, new ProcessTable.ParentProcess(parentName, parentPid, SpawnedJvm.PARENT, process.authkey()));
        return process;
    }
}
