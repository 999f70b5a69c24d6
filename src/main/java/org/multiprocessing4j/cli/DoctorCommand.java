package org.multiprocessing4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.multiprocessing4j.cli.doctor.Check;
import org.multiprocessing4j.cli.doctor.Checks;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/** {@code mp4j doctor}: what the toolkit needs of this machine, whether it is there, and what to do if not. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Checks what the toolkit needs of this machine, and names the remedy for what is missing.")
public final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--json", description = "Print the checks as a JSON array.")
    private boolean json;

    /** Creates the command for picocli. */
    public DoctorCommand() {}

    /** Prints each check; 1 if something that is needed is missing. */
    @Override
    public Integer call() {
        List<Check> checks = Checks.all();
        if (json) {
            System.out.println(Json.write(rows(checks)));
        } else {
            print(checks);
        }
        return checks.stream().anyMatch(check -> check.verdict() == Check.Verdict.MISSING) ? 1 : 0;
    }

    private static List<Object> rows(List<Check> checks) {
        List<Object> rows = new ArrayList<>();
        for (Check check : checks) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("check", check.name());
            row.put("verdict", check.verdict().name().toLowerCase(java.util.Locale.ROOT));
            row.put("found", check.found());
            row.put("remedy", check.remedy());
            rows.add(row);
        }
        return rows;
    }

    private static void print(List<Check> checks) {
        Ansi colours = Terminal.colours();
        for (Check check : checks) {
            String verdict = colours.string(check.verdict().markup());
            System.out.printf("%-7s %-22s %s%n", verdict, check.name(), check.found());
            if (check.remedy() != null) {
                System.out.printf("%-7s %-22s -> %s%n", "", "", check.remedy());
            }
        }
    }
}
