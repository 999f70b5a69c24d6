package org.multiprocessing4j.cli;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.cli.crosscheck.Catalog;
import org.multiprocessing4j.cli.crosscheck.Language;
import org.multiprocessing4j.cli.crosscheck.Launcher;
import org.multiprocessing4j.cli.crosscheck.NearMatch;
import org.multiprocessing4j.cli.crosscheck.Program;

/** Bad input of the user; the message is one line. */
final class UsageException extends Exception {
    /** picocli's exit code for bad usage. */
    static final int EXIT_CODE = 2;

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }

    /** The programs that a name means; see {@link Catalog#find}. */
    static List<Program> programs(String name) throws UsageException {
        List<Program> found = Catalog.find(name);
        if (found.isEmpty()) {
            throw new UsageException("there is no program '" + name + "'" + suggestion(name));
        }
        return found;
    }

    /** The language of a name. */
    static Language language(String name) throws UsageException {
        return Language.byId(name).orElseThrow(
                () -> new UsageException("there is no language '" + name + "'; there are: " + Language.ids()));
    }

    /**
     * The start method of the Java programs.
     *
     * @param name what the user gave; null: nothing
     * @param languages those that run
     */
    static Optional<String> startMethod(String name, Collection<Language> languages) throws UsageException {
        if (name == null) {
            return Optional.empty();
        }
        if (!languages.contains(Language.JAVA)) {
            throw new UsageException("--start-method is for the Java programs, and --lang leaves them out");
        }
        List<String> working = Multiprocessing.getAllStartMethods();
        if (!working.contains(name)) {
            throw new UsageException("there is no start method '" + name + "' here; there are: "
                    + String.join(", ", working));
        }
        return Optional.of(name);
    }

    /** The directory that the launcher script names. */
    static String home() throws UsageException {
        String home = System.getProperty(Launcher.HOME_PROPERTY);
        if (home == null || home.isEmpty()) {
            throw new UsageException("the system property " + Launcher.HOME_PROPERTY
                    + " must name the directory of the project; the launcher mp4j sets it");
        }
        return home;
    }

    private static String suggestion(String name) {
        Collection<String> names = Catalog.programs().stream().map(Program::name).toList();
        List<String> near = NearMatch.of(name, names);
        return near.isEmpty() ? "; 'mp4j examples' lists them"
                : near.stream().collect(Collectors.joining(" or ", "; did you mean ", "?"));
    }
}
