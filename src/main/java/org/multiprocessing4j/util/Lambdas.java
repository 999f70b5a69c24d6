package org.multiprocessing4j.util;

import java.lang.invoke.SerializedLambda;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;

/** What is behind a lambda or a method reference. */
public final class Lambdas {

    private Lambdas() {}

    /** The class in which a function's code is; the function's own if that cannot be known. */
    public static String codeOf(Object function) {
        SerializedLambda lambda = serializedForm(function);
        return lambda == null ? function.getClass().getName() : classOf(lambda);
    }

    /** The name of the class in which its code is, as {@link Class#getName()} gives it. */
    public static String classOf(SerializedLambda lambda) {
        return lambda.getImplClass().replace('/', '.');
    }

    /** What a lambda would be serialized as; null for what is none, or lies in a module that does not let us ask. */
    public static SerializedLambda serializedForm(Object function) {
        if (function == null || !function.getClass().isHidden() || function.getClass().getModule().isNamed()) {
            return null;
        }
        try {
            Method writeReplace = function.getClass().getDeclaredMethod("writeReplace");
            writeReplace.setAccessible(true);
            return writeReplace.invoke(function) instanceof SerializedLambda lambda ? lambda : null;
        } catch (ReflectiveOperationException | InaccessibleObjectException e) {
            return null;
        }
    }
}
