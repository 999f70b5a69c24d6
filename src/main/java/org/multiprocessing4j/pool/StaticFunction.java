package org.multiprocessing4j.pool;

import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.SerializedLambda;
import org.multiprocessing4j.ForkingPickler;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.util.Lambdas;

/**
 * A function that is a static method and captures nothing, which most are, in a worker. To link a lambda takes a fresh
 * worker milliseconds, so the first calls find the method by its name, which takes each of them a microsecond. Used by
 * one thread.
 */
final class StaticFunction {

    private static final int CALLS_BY_NAME = 16;

    private final Class<?> owner;
    private final String name;
    private final String descriptor;
    private final byte[] lambda;
    private int calls;
    private Object linked;

    private StaticFunction(Class<?> owner, String name, String descriptor, byte[] lambda) {
        this.owner = owner;
        this.name = name;
        this.descriptor = descriptor;
        this.lambda = lambda;
    }

    /**
     * Writes a function as such a one.
     *
     * @param lambda the function serialized
     * @return false if it is none; then nothing was written
     */
    static boolean write(Bytes out, Object function, byte[] lambda) {
        SerializedLambda form = Lambdas.serializedForm(function);
        if (form == null || form.getImplMethodKind() != MethodHandleInfo.REF_invokeStatic
                || form.getCapturedArgCount() > 0) {
            return false;
        }
        out.putText(Lambdas.classOf(form));
        out.putText(form.getImplMethodName());
        out.putText(form.getImplMethodSignature());
        out.putBlob(lambda);
        return true;
    }

    /** @throws ClassNotFoundException if the class of its code is not there */
    static StaticFunction read(Bytes in) throws ClassNotFoundException {
        Class<?> owner = Class.forName(in.getText(), true, Thread.currentThread().getContextClassLoader());
        return new StaticFunction(owner, in.getText(), in.getText(), in.getBlob());
    }

    /** What to call next time: this, or the lambda if it is called often. */
    Object callee() {
        if (linked == null && ++calls > CALLS_BY_NAME) {
            linked = ForkingPickler.loads(lambda, null);
        }
        return linked == null ? this : linked;
    }

    Object call(Object[] arguments) throws Exception {
        return Jvm.call_static(owner, name, descriptor, arguments);
    }
}
