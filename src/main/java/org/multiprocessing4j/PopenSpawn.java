package org.multiprocessing4j;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.posix.Pipe;
import org.multiprocessing4j.posix.Posix;

/**
 * The start method {@code spawn}: a fresh JVM, which reads its process from its standard input. Mirrors
 * {@code popen_spawn_posix}.
 *
 * <p>The child's descriptors are dense: {@link #PARENT} is a pidfd of this process, those after it are the handover's.
 */
final class PopenSpawn implements Popen.Launcher {

    /** The child's descriptor of its parent. */
    static final int PARENT = 3;

    private static final int EPIPE = 32;

    private static volatile Path executable;

    static void setExecutable(Path java) {
        executable = java.toAbsolutePath();
    }

    @Override
    public Popen launch(Process process) {
        Handover handover = new Handover();
        byte[] payload = Spawn.serialize(process, handover);
        Path java = executable != null ? executable : Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command = SpawnCommand.of(java);
        int self = Posix.pidfdOpen(Posix.getpid());
        try {
            List<Integer> keep = new ArrayList<>();
            keep.add(self);
            keep.addAll(handover.descriptors());
            return spawn(command, payload, keep.stream().mapToInt(Integer::intValue).toArray(), handover);
        } finally {
            Posix.close(self);
        }
    }

    private static Popen spawn(List<String> command, byte[] payload, int[] keep, Handover handover) {
        Pipe pipe = Posix.pipe();
        try {
            Popen popen;
            try {
                popen = new Popen(
                        Posix.spawn(command.get(0), command, SpawnCommand.environment(), pipe.reader(), keep),
                        handover.kept());
            } finally {
                Posix.close(pipe.reader());
            }
            send(pipe.writer(), payload);
            return popen;
        } finally {
            Posix.close(pipe.writer());
        }
    }

    private static void send(int fd, byte[] payload) {
        try {
            Posix.writeAll(fd, payload);
        } catch (OSException e) {
            if (e.errno() != EPIPE) {
                throw e;
            }
            // The child is dead already: its exit code tells.
        }
    }
}
