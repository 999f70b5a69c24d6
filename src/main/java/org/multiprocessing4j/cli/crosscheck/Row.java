package org.multiprocessing4j.cli.crosscheck;

/**
 * The outcome of one program in one language.
 *
 * @param program the program's name
 * @param language the language, or the name that the user gave a command
 * @param verdict the verdict
 * @param seconds how long the program ran; 0 if it did not
 * @param detail why it did not pass, in several lines; empty if it did
 */
public record Row(String program, String language, Verdict verdict, double seconds, String detail) {
    /** What came of a run. */
    public enum Verdict {
        /** The output is as expected, and means the same as that of the other languages. */
        PASSED,
        /** It is not, or the program could not be run although it should be there. */
        FAILED,
        /** The program was not run, because something is missing that the user may not have. */
        SKIPPED
    }
}
