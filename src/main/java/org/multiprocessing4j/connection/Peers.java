package org.multiprocessing4j.connection;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/** What listeners and clients have in common: addresses and keys as the native library takes them, and its answers. */
final class Peers {

    /** How long one side of an authentication waits for the other. */
    static final Duration HANDSHAKE = Duration.ofSeconds(10);

    private static final int TEXT = 256;

    private Peers() {}

    static byte[] host(Address address) {
        String text = "";
        if (address instanceof Address.Inet inet) {
            text = inet.host();
        } else if (address instanceof Address.Unix unix) {
            text = unix.path();
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Negative for a path. */
    static int port(Address address) {
        return address instanceof Address.Inet inet ? inet.port() : -1;
    }

    /** @param key null for none */
    static byte[] key(byte[] key) {
        return key == null ? new byte[0] : key;
    }

    static int keyLength(byte[] key) {
        return key == null ? -1 : key.length;
    }

    static long nanos(Duration timeout) {
        return Math.max(0, TimeUnit.NANOSECONDS.convert(timeout));
    }

    /** @throws AuthenticationException if it failed for that reason */
    static long check(long answer) throws AuthenticationException {
        if (answer >= 0) {
            return answer;
        }
        if (answer == Native.connection_refused) {
            throw new AuthenticationException(failure());
        }
        OSException known = OSException.last((int) answer);
        // What the call says of itself tells more where a name was looked up.
        throw known.call().equals("getaddrinfo") ? new OSException(known.errno(), known.call(), failure()) : known;
    }

    static String failure() {
        byte[] text = new byte[TEXT];
        return new String(text, 0, Native.failed_text(text, TEXT), StandardCharsets.UTF_8);
    }
}
