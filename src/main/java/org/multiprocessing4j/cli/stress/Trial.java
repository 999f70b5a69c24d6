package org.multiprocessing4j.cli.stress;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.multiprocessing4j.cli.processes.ProcessInfo;
import org.multiprocessing4j.cli.processes.RunScope;
import org.multiprocessing4j.cli.stress.Children.Way;

/**
 * A worker with one collector of one JDK, from outside: starts it, counts what it tells, and when a child or the worker
 * itself hangs or dies, describes all its processes, kills them and goes on with a new worker.
 */
public final class Trial {
    private static final int MOST_LOST_WORKERS = 5;
    private static final int MOST_TEXT = 400;
    private static final int MOST_ACCOUNTS = 20;
    private static final int SILENCE_FACTOR = 3;
    private static final Duration BOOT = Duration.ofSeconds(2);
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final int MOST_CRASH_LINES = 60;

    /** Is told of what a trial does. */
    public interface Listener {
        /** One more child has been asked for, or some time has passed. */
        void progress(Tally tally);

        /** Something went wrong; many lines. */
        void trouble(String account);
    }

    private final Plan plan;
    private final Tally tally;
    private final Listener listener;
    private final Path scratch;
    private final Deque<String> text = new ArrayDeque<>();
    private final Map<Integer, String> what = new HashMap<>();
    private int accounts;

    /**
     * Prepares a trial.
     *
     * @param scratch an empty directory, in which files stay that tell of crashes
     */
    public Trial(Jdk jdk, Collector collector, Plan plan, Listener listener, Path scratch) {
        this.plan = plan;
        this.tally = new Tally(jdk, collector);
        this.listener = listener;
        this.scratch = scratch;
    }

    /** Runs workers until the plan is fulfilled or too many were lost. Nothing of them is left behind. */
    public Tally run() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        boolean lost = true;
        while (lost && !isOver() && tally.lostWorkers() < MOST_LOST_WORKERS) {
            int lostBefore = tally.lostWorkers();
            try (WorkerProcess worker = new WorkerProcess(command(), scratch)) {
                follow(worker);
            }
            tally.took(Duration.ofNanos(System.nanoTime() - begin));
            lost = tally.lostWorkers() > lostBefore;
        }
        return tally;
    }

    private boolean isOver() {
        return tally.children() >= plan.children() || tally.time().compareTo(plan.time()) >= 0;
    }

    private List<String> command() {
        Jdk jdk = tally.jdk();
        List<String> command = new ArrayList<>(List.of(jdk.java().toString()));
        command.addAll(jdk.nativeAccess());
        command.addAll(List.of(tally.collector().flag(), "-Xmx256m", "-XX:ErrorFile=" + scratch + "/hs_err_%p.log",
                "-cp", System.getProperty("java.class.path"), Worker.class.getName(),
                String.valueOf(plan.children() - tally.children()),
                String.valueOf(plan.time().minus(tally.time()).toMillis()),
                String.valueOf(plan.seed() + tally.children()), String.valueOf(plan.deadline().toMillis()),
                String.valueOf(tally.collector().isForkable())));
        return command;
    }

    private void follow(WorkerProcess worker) throws IOException, InterruptedException {
        text.clear();
        while (true) {
            String line = worker.line(plan.deadline().multipliedBy(SILENCE_FACTOR).plus(BOOT));
            if (line == null) {
                lost("the worker itself hangs", worker.describe(tally.jdk()));
                return;
            }
            if (line.equals(WorkerProcess.END)) {
                lost("the worker died, exit code " + worker.exitCode(), crashes());
                return;
            }
            if (line.equals(Message.DONE)) {
                end(worker);
                return;
            }
            if (!line.startsWith(Message.MARK)) {
                keep(line);
            } else if (!heed(line.substring(Message.MARK.length()).split(" ", 3), worker)) {
                return;
            }
        }
    }

    /** @return false if the worker is lost */
    private boolean heed(String[] words, WorkerProcess worker) throws IOException, InterruptedException {
        switch (words[0]) {
            case Message.WAYS -> tally.note(words.length > 1 && !words[1].isEmpty() ? words[1] : "no way to fork");
            case Message.REFUSAL -> refusal(words);
            case Message.BEGIN -> {
                what.put(Integer.valueOf(words[1]), words[2]);
                tally.begun();
                listener.progress(tally);
            }
            case Message.STARTED -> started(words[2].split(" "));
            case Message.REFUSED -> {
                tally.refused();
                keep("refused: " + words[2]);
            }
            case Message.PASSED -> {
                tally.passed();
                what.remove(Integer.valueOf(words[1]));
            }
            case Message.FAILURE -> {
                tally.failed();
                account(describe(words[1]) + ": " + words[2], "");
            }
            case Message.HANG -> {
                lost(describe(words[1]) + ": process " + words[2] + " hangs",
                        worker.describe(tally.jdk()));
                return false;
            }
            default -> throw new IOException("the worker says " + String.join(" ", words));
        }
        return true;
    }

    private void refusal(String[] words) {
        String refusal = String.join(" ", words).substring(words[0].length()).strip();
        if (!refusal.toLowerCase(Locale.ROOT).contains(tally.collector().id())) {
            tally.failed();
            account("live fork is not refused as it must be: \"" + refusal + '"', "");
        }
    }

    /** @param words pid, way, busy or idle, nanoseconds */
    private void started(String[] words) {
        tally.started(Way.valueOf(words[1]), words[2].equals(Message.BUSY), Long.parseLong(words[3]));
    }

    private String describe(String number) {
        return "child " + number + " (" + what.getOrDefault(Integer.valueOf(number), "?") + ")";
    }

    private void end(WorkerProcess worker) throws IOException, InterruptedException {
        if (!worker.awaitExit(plan.deadline())) {
            lost("the worker does not end", worker.describe(tally.jdk()));
        } else if (worker.exitCode() != 0) {
            lost("the worker ended with exit code " + worker.exitCode(), crashes());
        } else {
            List<ProcessInfo> left = worker.awaitGone(GRACE);
            if (!left.isEmpty()) {
                tally.failed();
                account("left these processes behind", RunScope.describe(left));
            }
        }
    }

    /** The beginnings of the reports that the JVM writes of its own crashes; they stay in the scratch directory. */
    private String crashes() throws IOException {
        StringBuilder crashes = new StringBuilder();
        try (DirectoryStream<Path> reports = Files.newDirectoryStream(scratch, "hs_err_*")) {
            for (Path report : reports) {
                crashes.append(report).append(":\n");
                Files.readAllLines(report).stream().limit(MOST_CRASH_LINES)
                        .forEach(line -> crashes.append(line).append('\n'));
            }
        }
        return crashes.toString();
    }

    private void keep(String line) {
        if (text.size() == MOST_TEXT) {
            text.removeFirst();
        }
        text.addLast(line);
    }

    private void lost(String failure, String details) {
        tally.lostWorker();
        account(failure, details);
    }

    private void account(String failure, String details) {
        accounts++;
        if (accounts <= MOST_ACCOUNTS) {
            List<String> lines = new ArrayList<>(List.of("FAILED: JDK " + tally.jdk().version() + ", "
                    + tally.collector().id() + ", seed " + plan.seed() + ": " + failure));
            details.lines().forEach(line -> lines.add("  " + line));
            text.forEach(line -> lines.add("  | " + line));
            listener.trouble(String.join("\n", lines));
        }
        text.clear();
    }
}
