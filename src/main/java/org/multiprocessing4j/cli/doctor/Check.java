package org.multiprocessing4j.cli.doctor;

/**
 * One thing that was looked at.
 *
 * @param name what
 * @param verdict how it is
 * @param found what was found
 * @param remedy what to do; null if nothing
 */
public record Check(String name, Verdict verdict, String found, String remedy) {

    /** How a thing is. */
    public enum Verdict {
        /** As it should be. */
        OK("@|green ok     |@"),
        /** It works, with less than it could. */
        LIMITED("@|yellow limited|@"),
        /** It does not work. */
        MISSING("@|red missing|@");

        private final String markup;

        Verdict(String markup) {
            this.markup = markup;
        }

        /** For picocli's Ansi; all of one width. */
        public String markup() {
            return markup;
        }
    }

    static Check ok(String name, String found) {
        return new Check(name, Verdict.OK, found, null);
    }

    static Check limited(String name, String found, String remedy) {
        return new Check(name, Verdict.LIMITED, found, remedy);
    }

    static Check missing(String name, String found, String remedy) {
        return new Check(name, Verdict.MISSING, found, remedy);
    }
}
