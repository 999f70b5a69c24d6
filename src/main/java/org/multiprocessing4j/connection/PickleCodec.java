package org.multiprocessing4j.connection;

import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.Serial;
import java.nio.BufferUnderflowException;
import java.time.DateTimeException;

/**
 * Python's pickles, of data alone; see {@link Codecs#pickle()}. Written for this library, since no reader was found
 * that calls nothing by construction: general ones restore classes, and have to be kept from it.
 */
final class PickleCodec implements Codec {

    static final PickleCodec INSTANCE = new PickleCodec();

    @Serial
    private static final long serialVersionUID = 1L;

    private PickleCodec() {}

    @Override
    public byte[] encode(Object object) {
        return new PickleWriter().write(object);
    }

    @Override
    public Object decode(byte[] message) throws IOException {
        try {
            return new PickleReader(message).read();
        } catch (BufferUnderflowException e) {
            throw refused("it ends too early", e);
        } catch (StackOverflowError e) {
            throw refused("its keys are nested too deeply", e);
        } catch (ArithmeticException | IllegalArgumentException | DateTimeException e) {
            throw refused(e.getMessage(), e);
        }
    }

    static InvalidObjectException refused(String why, Throwable cause) {
        return invalid("the message is no pickle of data: " + why, cause);
    }

    static InvalidObjectException invalid(String message, Throwable cause) {
        InvalidObjectException exception = new InvalidObjectException(message);
        exception.initCause(cause);
        return exception;
    }

    @Serial
    private Object readResolve() {
        return INSTANCE;
    }
}
