package org.multiprocessing4j.cli.locks;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.multiprocessing4j.bindings.Native;
import org.multiprocessing4j.posix.OSException;

/**
 * Who holds locks and who waits for them, in a process and all that it shares locks with, at one moment.
 *
 * @param uses holders and waiters, those of one lock together
 * @param deadlocks a sentence for each circle of those that wait for each other
 */
public record Survey(List<LockUse> uses, List<String> deadlocks) {
    private static final int CAPACITY = 1 << 14;

    /**
     * Looks at a process.
     *
     * @throws OSException ESRCH, EACCES
     */
    public static Survey of(int pid) {
        List<LockUse> uses = lines(text -> Native.locks(pid, text, text.length)).stream().map(LockUse::parse).toList();
        return new Survey(uses, sentences(lines(text -> Native.deadlocks(pid, text, text.length))));
    }

    @FunctionalInterface
    private interface Source {
        /** Fills the text, and returns how long all of it is. */
        int read(byte[] text);
    }

    private static List<String> lines(Source source) {
        byte[] text = new byte[CAPACITY];
        int length = OSException.check(source.read(text));
        while (length > text.length) {
            text = new byte[2 * length];
            length = OSException.check(source.read(text));
        }
        return new String(text, 0, length, StandardCharsets.UTF_8).lines().toList();
    }

    /** From lines of: number of the circle, pid, thread, name and address of what it waits for. */
    static List<String> sentences(List<String> lines) {
        Map<String, List<String[]>> circles = new LinkedHashMap<>();
        for (String line : lines) {
            String[] fields = line.split("\t", -1);
            circles.computeIfAbsent(fields[0], number -> new ArrayList<>()).add(fields);
        }
        return circles.values().stream().map(Survey::sentence).toList();
    }

    private static String sentence(List<String[]> circle) {
        StringBuilder sentence = new StringBuilder("Deadlock: ");
        for (String[] member : circle) {
            String lock = member[3].isEmpty() ? member[4] : member[3];
            sentence.append("process ").append(member[1]).append(" thread ").append(member[2])
                    .append(" waits for '").append(lock).append("', held by ");
        }
        return sentence.append("process ").append(circle.get(0)[1]).append(" thread ").append(circle.get(0)[2])
                .toString();
    }
}
