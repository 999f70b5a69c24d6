package org.multiprocessing4j.connection;

import java.io.EOFException;
import org.multiprocessing4j.bindings.Native;

/**
 * The two halves of an authentication, for connections that come from elsewhere; {@link Listener} and {@link Client} do
 * both. Mirrors the functions of those names in Python's {@code multiprocessing.connection}. Neither has a time limit.
 */
public final class Authentication {

    private Authentication() {}

    /**
     * Has the other side prove that it has the key.
     *
     * @throws AuthenticationException "digest received was wrong"; the other side was told
     */
    public static void deliverChallenge(Connection connection, byte[] authkey)
            throws AuthenticationException, EOFException {
        check(connection, fd -> Native.deliver_challenge(fd, authkey, authkey.length));
    }

    /**
     * Proves to the other side that we have the key.
     *
     * @throws AuthenticationException "digest sent was rejected", or what came was no challenge
     */
    public static void answerChallenge(Connection connection, byte[] authkey)
            throws AuthenticationException, EOFException {
        check(connection, fd -> Native.answer_challenge(fd, authkey, authkey.length));
    }

    private interface Half {
        int run(int fd);
    }

    private static void check(Connection connection, Half half) throws AuthenticationException, EOFException {
        Handle handle = connection.handle();
        Handle.Use use = handle.enter();
        int answer;
        use.sending.lock();
        use.receiving.lock();
        try {
            answer = half.run(handle.fd());
        } finally {
            use.receiving.unlock();
            use.sending.unlock();
            handle.leave(use);
        }
        if (answer == Native.connection_eof) {
            throw new EOFException("the other side closed the connection while it was authenticated");
        }
        Peers.check(answer);
    }
}
