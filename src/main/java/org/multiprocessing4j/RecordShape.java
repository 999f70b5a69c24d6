package org.multiprocessing4j;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A record class whose values travel as their components. Others, for which {@link #of} answers null, do not. */
final class RecordShape {

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final MethodType UNARY = MethodType.genericMethodType(1);
    private static final int LONGEST_NAME = 1024;

    /** Null is cached as well: a record that is not accessible, or has its own way to be serialized. */
    private static final ClassValue<RecordShape[]> SHAPES = new ClassValue<>() {
        @Override
        protected RecordShape[] computeValue(Class<?> type) {
            return new RecordShape[] {make(type)};
        }
    };

    private final byte[] name;
    private final MethodHandle[] accessors;
    private final MethodHandle constructor;

    private RecordShape(byte[] name, MethodHandle[] accessors, MethodHandle constructor) {
        this.name = name;
        this.accessors = accessors;
        this.constructor = constructor;
    }

    static RecordShape of(Class<?> type) {
        return SHAPES.get(type)[0];
    }

    private static RecordShape make(Class<?> type) {
        byte[] name = type.getName().getBytes(StandardCharsets.UTF_8);
        if (!type.isRecord() || type.isHidden() || replacesItself(type) || name.length > LONGEST_NAME) {
            return null;
        }
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        MethodHandle[] accessors = new MethodHandle[components.length];
        try {
            for (int i = 0; i < accessors.length; i++) {
                Method accessor = components[i].getAccessor();
                if (!accessor.trySetAccessible()) {
                    return null;
                }
                accessors[i] = LOOKUP.unreflect(accessor).asType(UNARY);
            }
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            if (!constructor.trySetAccessible()) {
                return null;
            }
            return new RecordShape(name, accessors, LOOKUP.unreflectConstructor(constructor)
                    .asSpreader(Object[].class, types.length).asType(UNARY));
        } catch (NoSuchMethodException | IllegalAccessException e) {
            return null; // it goes the way of all other objects
        }
    }

    private static boolean replacesItself(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .anyMatch(method -> method.getName().equals("writeReplace") || method.getName().equals("readResolve"));
    }

    /** The class's name in UTF-8; not to be changed. */
    byte[] name() {
        return name;
    }

    int size() {
        return accessors.length;
    }

    Object component(Object value, int i) {
        return invoke(accessors[i], value);
    }

    /** What the record's constructor throws comes through. */
    Object construct(Object[] components) {
        return invoke(constructor, (Object) components);
    }

    private static Object invoke(MethodHandle handle, Object argument) {
        try {
            return (Object) handle.invokeExact(argument);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("undeclared checked exception from a record", e);
        }
    }
}
