package org.multiprocessing4j.connection;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * Named pipes: processes that know the same path, related or not, meet there, and send messages one way. Python has
 * {@code os.mkfifo} and {@code open} for them, and reads the messages with {@code Connection(os.open(path,
 * os.O_RDONLY), writable=False)}. Source: fifo(7).
 */
public final class Fifo {

    private static final int OWNER_ALONE = 0600;

    private Fifo() {}

    /**
     * Makes a named pipe that its owner alone may open. Who makes it deletes it, as any file.
     *
     * @throws OSException EEXIST, EACCES, ENOENT
     */
    public static void make(Path path) {
        make(path, OWNER_ALONE);
    }

    /**
     * Makes a named pipe: mkfifo(3).
     *
     * @param mode who may open it, as in chmod(1), less the umask
     * @throws OSException EEXIST, EACCES, ENOENT
     */
    public static void make(Path path, int mode) {
        byte[] name = name(path);
        OSException.check(Native.mkfifo(name, name.length, mode));
    }

    /**
     * Opens the end that receives; blocks until somebody opens the other one, through {@link Thread#interrupt()} too.
     *
     * @throws OSException ENOENT, EACCES
     */
    public static Connection reader(Path path) {
        return Connection.open(open(path, 0), true, false, Codecs.java());
    }

    /**
     * Opens the end that sends; blocks until somebody opens the other one, through {@link Thread#interrupt()} too.
     *
     * @throws OSException ENOENT, EACCES
     */
    public static Connection writer(Path path) {
        return Connection.open(open(path, 1), false, true, Codecs.java());
    }

    private static int open(Path path, int write) {
        byte[] name = name(path);
        return OSException.check(Native.open_fifo(name, name.length, write));
    }

    private static byte[] name(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }
}
