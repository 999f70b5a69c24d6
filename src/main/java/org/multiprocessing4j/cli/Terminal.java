package org.multiprocessing4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Help.Ansi;

/** Tells whether a person looks at this process's output. */
final class Terminal {
    private static final int STDOUT = 1;
    private static final int STDERR = 2;

    private Terminal() {
    }

    /** Colours for what is printed on standard output: only on a terminal, and not if NO_COLOR is set. */
    static Ansi colours() {
        boolean unwanted = System.getenv("NO_COLOR") != null || "dumb".equals(System.getenv("TERM"));
        return isTerminal(STDOUT) && !unwanted ? Ansi.ON : Ansi.OFF;
    }

    /** Whether a progress bar on standard error is of use. */
    static boolean showsProgress() {
        return isTerminal(STDERR);
    }

    /** System.console() does not tell: it needs stdin too on older JDKs, and is always there on newer ones. */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false; // closed, or no /proc
        }
    }
}
