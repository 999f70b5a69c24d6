package org.multiprocessing4j.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The command line {@code mp4j}. Exit codes: 0 all well, 1 something failed, 2 bad usage. */
@Command(
        name = "mp4j",
        mixinStandardHelpOptions = true,
        version = "multiprocessing4j 0.1.0",
        description = "Python's multiprocessing for Java and C++: compare, try, measure, stress, test.",
        subcommands = {
            CrosscheckCommand.class,
            ExamplesCommand.class,
            BenchCommand.class,
            StressCommand.class,
            TestCommand.class,
            LocksCommand.class,
            DoctorCommand.class,
            HelpCommand.class
        })
public final class Main implements Callable<Integer> {

    /** Creates the command for picocli. */
    public Main() {}

    /** Runs a command line and exits with its code. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The command line, whose answer to bad usage is one line. */
    static CommandLine commandLine() {
        return new CommandLine(new Main()).setParameterExceptionHandler((error, arguments) -> {
            CommandLine at = error.getCommandLine();
            at.getErr().println(error.getMessage() + " (see " + at.getCommandSpec().qualifiedName() + " --help)");
            return CommandLine.ExitCode.USAGE;
        });
    }

    /** Without a verb: says which there are. */
    @Override
    public Integer call() {
        CommandLine.usage(this, System.err);
        return CommandLine.ExitCode.USAGE;
    }
}
