package org.multiprocessing4j.cli.crosscheck;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A language that the example programs are written in. */
public enum Language {
    /** This library's Java API. */
    JAVA,
    /** This library's C++ API. */
    CPP,
    /** Python's own multiprocessing: the original that the two others mirror. */
    PYTHON;

    /**
     * Returns the name used on the command line and in reports.
     *
     * @return {@code java}, {@code cpp} or {@code python}
     */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Finds a language by its name.
     *
     * @param id the name, in any case
     * @return the language, or nothing if there is none of that name
     */
    public static Optional<Language> byId(String id) {
        return Arrays.stream(values()).filter(language -> language.id().equalsIgnoreCase(id.strip())).findFirst();
    }

    /**
     * Returns all names, for messages.
     *
     * @return the names, with commas between them
     */
    public static String ids() {
        return Arrays.stream(values()).map(Language::id).collect(Collectors.joining(", "));
    }
}
