package org.multiprocessing4j;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The memory layout of a record as a C structure: members in order, each at a multiple of its alignment, the whole
 * padded to a multiple of the greatest. Immutable.
 */
final class Structure {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final MethodType UNARY = MethodType.genericMethodType(1);
    private static final Map<Class<?>, CType<?>> PRIMITIVES = Map.of(byte.class, CType.BYTE, short.class, CType.SHORT,
            int.class, CType.INT, long.class, CType.LONG, float.class, CType.FLOAT, double.class, CType.DOUBLE,
            boolean.class, CType.BOOL);

    /** Where a member lies, in bytes from the beginning of the structure. */
    record Field(CType<?> type, int offset) {
    }

    private record Member(String name, Field field, MethodHandle accessor) {
    }

    private final Class<? extends Record> record;
    private final List<Member> members = new ArrayList<>();
    private final Map<String, Field> fields = new LinkedHashMap<>();
    private final MethodHandle constructor;
    private final int size;
    private final int alignment;

    Structure(Class<? extends Record> record) {
        this.record = record;
        RecordComponent[] components = record.getRecordComponents();
        if (components == null || components.length == 0) {
            throw new IllegalArgumentException(record.getName() + " has no record components");
        }
        rejectRecursion(record, new ArrayDeque<>());
        int end = 0;
        int widest = 1;
        for (RecordComponent component : components) {
            CType<?> type = typeOf(component);
            int offset = align(end, type.alignment());
            members.add(new Member(component.getName(), new Field(type, offset), accessor(component)));
            addField(component.getName(), new Field(type, offset));
            end = Math.addExact(offset, type.size());
            widest = Math.max(widest, type.alignment());
        }
        this.alignment = widest;
        this.size = align(end, widest);
        this.constructor = constructor(components);
    }

    int size() {
        return size;
    }

    int alignment() {
        return alignment;
    }

    Collection<String> fieldNames() {
        return members.stream().map(Member::name).toList();
    }

    Field field(String name) {
        Field field = fields.get(name);
        if (field == null) {
            throw new IllegalArgumentException(
                    record.getSimpleName() + " has no field '" + name + "', only " + fields.keySet());
        }
        return field;
    }

    /** Makes a record of the members' values; what its constructor throws comes through. */
    Object load(ByteBuffer memory, int at) {
        Object[] values = new Object[members.size()];
        for (int i = 0; i < values.length; i++) {
            Field field = members.get(i).field();
            values[i] = Conversions.load(field.type(), memory, at + field.offset());
        }
        return invoke(constructor, (Object) values);
    }

    /** Writes all members; padding keeps what it was. */
    void store(ByteBuffer memory, int at, Object value) {
        if (!record.isInstance(value)) {
            throw new IllegalArgumentException("expected " + record.getName() + " instance, got "
                    + (value == null ? "null" : value.getClass().getName()));
        }
        for (Member member : members) {
            Field field = member.field();
            Conversions.store(field.type(), memory, at + field.offset(), invoke(member.accessor(), value));
        }
    }

    private void addField(String name, Field field) {
        fields.put(name, field);
        Structure nested = field.type().structure();
        if (nested != null) {
            nested.fields.forEach((inner, there) ->
                    fields.put(name + "." + inner, new Field(there.type(), field.offset() + there.offset())));
        }
    }

    private CType<?> typeOf(RecordComponent component) {
        Class<?> type = component.getType();
        if (type.isRecord()) {
            return CType.structure(type.asSubclass(Record.class));
        }
        CType<?> primitive = PRIMITIVES.get(type);
        if (primitive == null) {
            throw new IllegalArgumentException("record " + record.getName() + ": component " + component.getName()
                    + " has type " + type.getName() + "; shared memory holds byte, short, int, long, float, double,"
                    + " boolean and records of these");
        }
        return primitive;
    }

    private static int align(int offset, int alignment) {
        return Math.addExact(offset, alignment - 1) / alignment * alignment;
    }

    private static void rejectRecursion(Class<?> record, Deque<Class<?>> outer) {
        if (outer.contains(record)) {
            throw new IllegalArgumentException("record " + record.getName() + " contains itself");
        }
        outer.push(record);
        for (RecordComponent component : record.getRecordComponents()) {
            if (component.getType().isRecord()) {
                rejectRecursion(component.getType(), outer);
            }
        }
        outer.pop();
    }

    private MethodHandle accessor(RecordComponent component) {
        Method method = component.getAccessor();
        makeAccessible(method);
        try {
            return LOOKUP.unreflect(method).asType(UNARY);
        } catch (IllegalAccessException e) {
            throw inaccessible(e);
        }
    }

    private MethodHandle constructor(RecordComponent[] components) {
        Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<? extends Record> canonical = record.getDeclaredConstructor(types);
            makeAccessible(canonical);
            return LOOKUP.unreflectConstructor(canonical).asSpreader(Object[].class, types.length)
                    .asType(UNARY);
        } catch (NoSuchMethodException e) {
            throw new AssertionError("every record has a canonical constructor: " + record, e);
        } catch (IllegalAccessException e) {
            throw inaccessible(e);
        }
    }

    /** A record's constructor and accessors declare no checked exceptions. */
    private static Object invoke(MethodHandle handle, Object argument) {
        try {
            return (Object) handle.invokeExact(argument);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("undeclared checked exception from a record", e);
        }
    }

    private void makeAccessible(AccessibleObject member) {
        if (!member.trySetAccessible()) {
            throw inaccessible(null);
        }
    }

    private IllegalArgumentException inaccessible(IllegalAccessException cause) {
        return new IllegalArgumentException("record " + record.getName() + " is not accessible: make it public in an"
                + " exported package, or open " + record.getPackageName() + " to "
                + Structure.class.getModule().getName(), cause);
    }
}
