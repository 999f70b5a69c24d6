package org.multiprocessing4j.pool;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.multiprocessing4j.ForkingPickler;
import org.multiprocessing4j.util.LikelyCode;

/** A function that workers call: serialized once, and known to them by its number. */
final class Function {

    /** In place of the number of parameters: a {@code Runnable}, of which nobody wants a result. */
    static final int ACTION = -1;

    private static final byte STATIC = 's';
    private static final byte PICKLED = 'p';

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    final int id = NUMBERS.incrementAndGet();
    final int arity;
    private final Object code;
    private byte[] serialized;

    /** @param arity how many parameters it has, or {@link #ACTION} */
    Function(int arity, Object code) {
        this.arity = arity;
        this.code = java.util.Objects.requireNonNull(code, "function");
    }

    Object code() {
        return code;
    }

    /** @throws IllegalArgumentException if it is not serializable: says what, and where */
    synchronized byte[] serialized() {
        if (serialized == null) {
            try {
                serialized = serialize();
                LikelyCode.add(code);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "the function cannot be sent to a worker: " + e.getMessage()
                                + "; a lambda is serializable where a Task is expected", e);
            }
        }
        return serialized;
    }

    private byte[] serialize() {
        byte[] pickled = ForkingPickler.dumps(code);
        Bytes out = new Bytes(pickled.length + 128);
        out.putByte(STATIC);
        if (!StaticFunction.write(out, code, pickled)) {
            out = new Bytes(pickled.length + 8);
            out.putByte(PICKLED);
            out.putBlob(pickled);
        }
        return out.toArray();
    }

    /** In a worker: what {@link #serialized()} wrote. */
    static Object load(byte[] serialized) throws ClassNotFoundException {
        Bytes in = new Bytes(serialized);
        return in.getByte() == STATIC ? StaticFunction.read(in) : ForkingPickler.loads(in.getBlob(), null);
    }

    /** Calls a function with the arguments from {@code at} on. */
    @SuppressWarnings({"unchecked", "rawtypes"}) // the caller's generics saw to it
    static Object call(Object code, int arity, Object[] arguments, int at) throws Exception {
        if (code instanceof StaticFunction method) {
            Object result = method.call(Arrays.copyOfRange(arguments, at, at + Math.max(0, arity)));
            return arity == ACTION ? null : result;
        }
        switch (arity) {
            case ACTION:
                ((Runnable) code).run();
                return null;
            case 0:
                return ((java.util.concurrent.Callable) code).call();
            case 1:
                return ((Task.Of1) code).call(arguments[at]);
            case 2:
                return ((Task.Of2) code).call(arguments[at], arguments[at + 1]);
            case 3:
                return ((Task.Of3) code).call(arguments[at], arguments[at + 1], arguments[at + 2]);
            default:
                return ((Task.Of4) code).call(
                        arguments[at], arguments[at + 1], arguments[at + 2], arguments[at + 3]);
        }
    }

    /** Calls it once for each item; what it throws stands in the place of a result. */
    static Object[] callAll(Object code, int arity, int items, Object[] arguments) {
        Object[] outcomes = new Object[items];
        for (int i = 0; i < items; i++) {
            try {
                Object callee = code instanceof StaticFunction method ? method.callee() : code;
                outcomes[i] = call(callee, arity, arguments, i * arity);
            } catch (Throwable e) { // as CPython: whatever it is, the caller gets it
                outcomes[i] = new Codec.Failure(e);
            }
        }
        return outcomes;
    }
}
