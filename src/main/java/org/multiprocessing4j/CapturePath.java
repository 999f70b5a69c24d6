package org.multiprocessing4j;

import java.io.Serializable;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.multiprocessing4j.util.Lambdas;

/**
 * Finds how an object that cannot be serialized hangs on a process or a message: {@code NotSerializableException}
 * names its class alone. Walks the graph as serialization does, as far as reflection lets it.
 */
final class CapturePath {

    private record Step(Object object, String path) {}

    private final Deque<Step> open = new ArrayDeque<>();
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    private CapturePath() {}

    /** What is not serializable and where it is; at least its class, which serialization found out. */
    static String describe(Object root, String className) {
        String path = new CapturePath().find(root);
        return className + " is not serializable" + (path == null ? "" : ": " + path);
    }

    /** Breadth first, for the shortest path. */
    private String find(Object root) {
        push(root, "");
        while (!open.isEmpty()) {
            Step step = open.poll();
            if (!(step.object instanceof Serializable)) {
                return step.path.isEmpty() ? null : step.path + " is a " + step.object.getClass().getName();
            }
            expand(step);
        }
        return null;
    }

    private void push(Object object, String path) {
        if (object != null && seen.add(object)) {
            open.add(new Step(object, path));
        }
    }

    private void expand(Step step) {
        Object object = step.object;
        if (object instanceof Collection<?> collection) {
            int index = 0;
            for (Object element : collection) {
                push(element, step.path + "[" + index++ + "]");
            }
        } else if (object instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                push(key, step.path + " key " + key);
                push(value, step.path + "[" + key + "]");
            });
        } else if (object instanceof Object[]) {
            for (int i = 0; i < Array.getLength(object); i++) {
                push(Array.get(object, i), step.path + "[" + i + "]");
            }
        } else if (!expandLambda(step)) {
            expandFields(step);
        }
    }

    /** A serializable lambda turns into a SerializedLambda, which lists what it captured. */
    private boolean expandLambda(Step step) {
        SerializedLambda lambda = Lambdas.serializedForm(step.object);
        if (lambda == null) {
            return false;
        }
        for (int i = 0; i < lambda.getCapturedArgCount(); i++) {
            push(
                    lambda.getCapturedArg(i),
                    step.path + " captures (in " + lambda.getImplClass().replace('/', '.') + "), as number " + (i + 1)
                            + ", what");
        }
        return true;
    }

    private void expandFields(Step step) {
        for (Class<?> type = step.object.getClass(); type != null; type = type.getSuperclass()) {
            if (!Serializable.class.isAssignableFrom(type)) {
                return;
            }
            for (Field field : type.getDeclaredFields()) {
                boolean skipped = Modifier.isStatic(field.getModifiers()) || Modifier.isTransient(field.getModifiers());
                if (!skipped && !field.getType().isPrimitive()) {
                    expandField(step, field);
                }
            }
        }
    }

    private void expandField(Step step, Field field) {
        try {
            field.setAccessible(true);
            push(field.get(step.object), step.path.isEmpty() ? field.getName() : step.path + "." + field.getName());
        } catch (IllegalAccessException | InaccessibleObjectException e) {
            return; // a class of a closed module: what lies behind it stays unnamed
        }
    }
}
