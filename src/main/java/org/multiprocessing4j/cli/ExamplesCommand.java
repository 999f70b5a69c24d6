package org.multiprocessing4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.multiprocessing4j.cli.crosscheck.Catalog;
import org.multiprocessing4j.cli.crosscheck.Language;
import org.multiprocessing4j.cli.crosscheck.Launcher;
import org.multiprocessing4j.cli.crosscheck.Program;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code mp4j examples}: lists the example programs, or runs one.
 *
 * <p>Exit code 0 after the list, that of the program after a run (128 + n if signal n ended it), 1 if the program has
 * not been built, 2 for bad usage.
 */
@Command(
        name = "examples",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {"Lists the example programs, or runs one of them and ends with its exit code.", ""},
        footer = {"", "Examples:", "  mp4j examples", "  mp4j examples 10_process_lock --lang cpp",
            "  mp4j examples 10 --start-method fork"})
public final class ExamplesCommand implements Callable<Integer> {
    private static final int FAILURE = 1;

    @Parameters(
            paramLabel = "NAME",
            arity = "0..1",
            description = "The program to run: its name, or what stands before its first underscore.")
    private String name;

    @Option(
            names = "--lang",
            paramLabel = "LANGUAGE",
            defaultValue = "java",
            description = "The language to run it in: java, cpp or python; default: ${DEFAULT-VALUE}.")
    private String language;

    @Option(
            names = "--start-method",
            paramLabel = "METHOD",
            description = "How a Java program starts its processes: forkserver, fork or spawn; by default as the "
                    + "library does here.")
    private String startMethod;

    @Option(
            names = "--python",
            paramLabel = "PATH",
            defaultValue = "python3",
            description = "The Python to run; default: ${DEFAULT-VALUE} on PATH.")
    private String python;

    @Spec
    private CommandSpec spec;

    /** Creates the command for picocli to fill in. */
    public ExamplesCommand() {
    }

    /** Prints the list at once, or blocks until the program has ended. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        try {
            Language chosen = UsageException.language(language);
            if (name == null) {
                list(spec.commandLine().getOut());
                return 0;
            }
            Optional<String> method = UsageException.startMethod(startMethod, List.of(chosen));
            return run(theOne(), chosen, new Launcher(Path.of(UsageException.home()), python, method));
        } catch (UsageException e) {
            complain(e.getMessage());
            return UsageException.EXIT_CODE;
        }
    }

    private static void list(PrintWriter out) {
        int width = Catalog.programs().stream().mapToInt(program -> program.name().length()).max().orElse(0);
        for (Program program : Catalog.programs()) {
            out.println(program.name() + " ".repeat(width - program.name().length() + 2) + program.description());
        }
        out.flush();
    }

    private Program theOne() throws UsageException {
        List<Program> found = UsageException.programs(name);
        if (found.size() > 1) {
            throw new UsageException("'" + name + "' may be "
                    + found.stream().map(Program::name).collect(Collectors.joining(" or ")));
        }
        return found.get(0);
    }

    private int run(Program program, Language chosen, Launcher launcher) throws IOException, InterruptedException {
        Optional<String> missing = launcher.missing(program, chosen);
        if (missing.isPresent()) {
            complain(missing.get());
            return FAILURE;
        }
        ProcessBuilder builder = new ProcessBuilder(launcher.command(program, chosen)).inheritIO();
        // With it Python's print() writes a text and its line end apart, and processes share lines.
        builder.environment().remove("PYTHONUNBUFFERED");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            complain(e.getMessage());
            return FAILURE;
        }
        return process.waitFor();
    }

    private void complain(String message) {
        spec.commandLine().getErr().println("mp4j examples: " + message);
    }
}
