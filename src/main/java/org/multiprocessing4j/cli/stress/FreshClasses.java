package org.multiprocessing4j.cli.stress;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.IntUnaryOperator;

/** Classes that the JVM has not seen before. */
final class FreshClasses {
    private static final byte[] TEMPLATE = template();

    private FreshClasses() {}

    /** Initializes this class now: a child could not, if another thread were at it when it was forked. */
    static void prepare() {
        Objects.requireNonNull(TEMPLATE);
    }

    /** An instance of a new class that is a copy of {@link Template}. */
    static IntUnaryOperator template(ClassLoader parent) throws ReflectiveOperationException {
        Class<?> copy = new OneClass(parent).define();
        return (IntUnaryOperator) copy.getDeclaredConstructor().newInstance();
    }

    /** An instance of a class that the JDK generates for a class loader of its own. */
    @SuppressWarnings("unchecked")
    static Callable<Object> proxy(Object answer) throws ReflectiveOperationException {
        Class<?> seenBySomeLoaderAlone = new OneClass(FreshClasses.class.getClassLoader()).define();
        return (Callable<Object>) Proxy.newProxyInstance(
                seenBySomeLoaderAlone.getClassLoader(),
                new Class<?>[] {Callable.class, Runnable.class},
                (proxy, method, arguments) -> method.getName().equals("call") ? answer : null);
    }

    private static byte[] template() {
        try (InputStream bytes = Template.class.getResourceAsStream("Template.class")) {
            return bytes.readAllBytes();
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final class OneClass extends ClassLoader {
        OneClass(ClassLoader parent) {
            super(parent);
        }

        Class<?> define() {
            return defineClass(Template.class.getName(), TEMPLATE, 0, TEMPLATE.length);
        }
    }
}
