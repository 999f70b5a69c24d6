package org.multiprocessing4j.cli.stress;

import static org.multiprocessing4j.cli.stress.Task.check;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.IntUnaryOperator;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/** Tasks for the compilers, the class loaders and the interpreter. */
final class CodeTasks {
    private static final int CLASSES = 20;
    private static final int ROUNDS = 60;

    private CodeTasks() {}

    /** Computes with new classes until the compilers have made code; what they made must compute the same. */
    static void compile(Random random) throws ReflectiveOperationException {
        long least = codeSize();
        boolean grown = false;
        while (!grown) {
            IntUnaryOperator hot = FreshClasses.template(CodeTasks.class.getClassLoader());
            check(hot.applyAsInt(ROUNDS) == Template.expected(ROUNDS), "compiled code computes something else");
            long size = codeSize();
            grown = size > least;
            least = Math.min(least, size);
        }
    }

    private static long codeSize() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getName().startsWith("Code"))
                .map(MemoryPoolMXBean::getUsage)
                .mapToLong(usage -> usage.getUsed())
                .sum();
    }

    /** Defines classes, has the JDK generate some, and runs them. */
    static void classes(Random random) throws Exception {
        List<Object> kept = new ArrayList<>();
        for (int i = 0; i < CLASSES; i++) {
            IntUnaryOperator copy = FreshClasses.template(CodeTasks.class.getClassLoader());
            check(copy.applyAsInt(1) == Template.expected(1), "a new class computes something else");
            Callable<Object> proxy = FreshClasses.proxy(i);
            check(Integer.valueOf(i).equals(proxy.call()), "a generated class does something else");
            kept.add(copy);
            kept.add(proxy);
        }
        check(kept.stream().map(Object::getClass).distinct().count() == 2L * CLASSES, "two classes are the same");
    }

    /** Loads classes of the JDK that the parent has no use for. */
    static void jdkClasses(Random random) throws Exception {
        for (String name : List.of("java.util.concurrent.Phaser", "java.util.zip.Adler32", "java.text.ChoiceFormat",
                "java.util.concurrent.SubmissionPublisher", "java.time.chrono.JapaneseDate",
                "java.util.SplittableRandom", "java.net.HttpCookie", "java.util.concurrent.Exchanger")) {
            Class.forName(name);
        }
    }

    /** Reads the archive that this class is from: its file is open since before the fork. */
    static void jar(Random random) throws Exception {
        Path own = Path.of(CodeTasks.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isRegularFile(own)) {
            readAll(own);
        }
    }

    /** Every entry is read to its end, where its checksum is compared. */
    static void readAll(Path archive) throws IOException {
        try (JarFile jar = new JarFile(archive.toFile())) {
            for (JarEntry entry : jar.stream().toList()) {
                try (InputStream content = jar.getInputStream(entry)) {
                    check(content.readAllBytes().length == entry.getSize(), entry + " is read wrongly");
                }
            }
        }
    }

    /** Exceptions that the JVM makes of signals and guard pages. */
    static void exceptions(Random random) {
        check(isThrown(() -> dereference(random.nextInt() == 0 ? "" : null), NullPointerException.class), "null");
        check(isThrown(() -> divide(random.nextInt(), 0), ArithmeticException.class), "/ 0");
        check(isThrown(() -> recurse(1), StackOverflowError.class), "stack overflow");
        check(new Throwable().getStackTrace()[0].getMethodName().equals("exceptions"), "stack trace");
    }

    private static boolean isThrown(Runnable action, Class<? extends Throwable> expected) {
        try {
            action.run();
            return false;
        } catch (RuntimeException | StackOverflowError e) {
            return expected.isInstance(e);
        }
    }

    private static int dereference(String text) {
        return text.length();
    }

    private static int divide(int dividend, int divisor) {
        return dividend / divisor;
    }

    private static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    /** Takes the locks of the standard streams, which threads of the parent take too. */
    static void print(Random random) {
        System.out.printf("%s", "");
        System.out.flush();
        System.err.print("");
        check(String.format("%5.2f %s", 1.5, List.of(1, 2)).equals(" 1.50 [1, 2]"), "formatting");
    }
}
