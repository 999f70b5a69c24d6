package org.multiprocessing4j;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.SerializedLambda;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.multiprocessing4j.bindings.Jvm;
import org.multiprocessing4j.util.Lambdas;

/**
 * A target that is a static method with simple arguments, which most are: a lambda or a method reference that captures
 * nothing but strings, numbers and shared objects. It travels as the method's name, as in CPython, and not through JDK
 * serialization: starting that up takes a fresh JVM as long as all the rest.
 */
final class StaticCall implements Process.Target {

    private static final long serialVersionUID = 1L;

    /** In place of the number of arguments: they follow as one object. */
    private static final int OBJECTS = -1;

    private final String className;
    private final String method;
    private final String descriptor;
    private final transient Object[] arguments;

    StaticCall(String className, String method, String descriptor, Object[] arguments) {
        this.className = className;
        this.method = method;
        this.descriptor = descriptor;
        this.arguments = arguments;
    }

    /** The target as such a call; null if it is none. */
    static StaticCall of(Process.Target target) {
        if (target instanceof StaticCall call) {
            return call;
        }
        Object function = target instanceof Call call ? call.function() : target;
        SerializedLambda lambda = Lambdas.serializedForm(function);
        if (lambda == null || lambda.getImplMethodKind() != MethodHandleInfo.REF_invokeStatic) {
            return null;
        }
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < lambda.getCapturedArgCount(); i++) {
            all.add(lambda.getCapturedArg(i));
        }
        if (target instanceof Call call) {
            all.addAll(Arrays.asList(call.arguments()));
        }
        return new StaticCall(
                Lambdas.classOf(lambda), lambda.getImplMethodName(), lambda.getImplMethodSignature(),
                all.toArray());
    }

    /** @throws NotSerializableException if an argument is not serializable */
    void write(DataOutputStream out) throws IOException {
        out.writeUTF(className);
        out.writeUTF(method);
        out.writeUTF(descriptor);
        byte[] shortForm = shortForm();
        out.writeInt(shortForm != null ? arguments.length : OBJECTS);
        // In one go: what they share they share in the child.
        out.write(shortForm != null ? shortForm : Reduction.dumps(arguments));
    }

    /** The arguments in short form; null if one has none. */
    private byte[] shortForm() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ShortForm.Writer writer = new ShortForm.Writer(new DataOutputStream(bytes));
        for (Object argument : arguments) {
            if (!writer.write(argument)) {
                return null;
            }
        }
        return bytes.toByteArray();
    }

    static StaticCall read(DataInputStream in) throws IOException, ClassNotFoundException {
        String className = in.readUTF();
        String method = in.readUTF();
        String descriptor = in.readUTF();
        int count = in.readInt();
        if (count == OBJECTS) {
            return new StaticCall(className, method, descriptor, (Object[]) Reduction.loads(in));
        }
        ShortForm.Reader reader = new ShortForm.Reader(in);
        Object[] arguments = new Object[count];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = reader.read();
        }
        return new StaticCall(className, method, descriptor, arguments);
    }

    @Override
    public void run() throws Exception {
        Class<?> owner = Class.forName(className, true, ClassLoader.getSystemClassLoader());
        Jvm.call_static(owner, method, descriptor, arguments);
    }
}
