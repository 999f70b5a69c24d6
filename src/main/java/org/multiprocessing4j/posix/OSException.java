package org.multiprocessing4j.posix;

import java.nio.charset.StandardCharsets;
import org.multiprocessing4j.bindings.Native;

/**
 * A system call failed. Mirrors Python's {@code OSError}: it carries the errno and the name of the call. Unchecked, as
 * few callers can do better than pass it on.
 */
public class OSException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int errno;
    private final String call;

    /**
     * Makes one.
     *
     * @param errno the error number, positive, as in errno(3)
     * @param call the call that failed, named as in its man page
     */
    public OSException(int errno, String call) {
        this(errno, call, describe(errno) + " (" + call + ")");
    }

    /**
     * Makes one with a text of its own, where errno's meaning alone does not say what happened.
     *
     * @param errno the error number, positive, as in errno(3)
     * @param call the call that failed, named as in its man page
     * @param message what happened
     */
    public OSException(int errno, String call, String message) {
        super(message);
        this.errno = errno;
        this.call = call;
    }

    /** The error number, positive, as in errno(3). */
    public int errno() {
        return errno;
    }

    /** The call that failed, named as in its man page: {@code "posix_spawn"}. */
    public String call() {
        return call;
    }

    /**
     * Turns what a native function answered into its value or its exception: the one place where that is done.
     *
     * @param result the answer: negative for minus an errno
     * @return the answer, if it is not negative
     * @throws OSException if it is
     */
    public static long check(long result) {
        if (result < 0) {
            throw lastFailure((int) -result);
        }
        return result;
    }

    /**
     * The failure of the native function that this thread called last.
     *
     * @param result what it answered: minus an errno
     */
    public static OSException last(int result) {
        return lastFailure(-result);
    }

    /** As {@link #check(long)}, where the answer is of that one call. */
    static int check(String call, int result) {
        if (result < 0) {
            throw new OSException(-result, call);
        }
        return result;
    }

    /** As {@link #check(long)}, for functions that answer an int. */
    public static int check(int result) {
        if (result < 0) {
            throw lastFailure(-result);
        }
        return result;
    }

    private static OSException lastFailure(int errno) {
        byte[] name = new byte[64];
        int length = Native.failed_call(name, name.length);
        return new OSException(errno, new String(name, 0, length, StandardCharsets.US_ASCII));
    }

    private static String describe(int errno) {
        byte[] text = new byte[128];
        int length = Native.error_text(errno, text, text.length);
        return new String(text, 0, length, StandardCharsets.US_ASCII);
    }
}
