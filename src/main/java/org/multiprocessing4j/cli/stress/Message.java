package org.multiprocessing4j.cli.stress;

import java.util.List;
import java.util.stream.Collectors;
import org.multiprocessing4j.cli.stress.Children.Way;

/** What a worker tells its trial: a line of words, the first a mark, the second the kind. */
final class Message {
    /** Begins every message: other lines are text. */
    static final String MARK = "@stress ";

    static final String WAYS = "ways";
    static final String REFUSAL = "refusal";
    static final String BEGIN = "begin";
    static final String STARTED = "started";
    static final String REFUSED = "refused";
    static final String PASSED = "passed";
    static final String FAILURE = "failure";
    static final String HANG = "hang";
    /** The last message of all. */
    static final String DONE = MARK + "done";

    static final String BUSY = "busy";
    static final String IDLE = "idle";

    private Message() {}

    static String ways(List<Way> ways) {
        return MARK + WAYS + " " + ways.stream().map(Way::id).collect(Collectors.joining(","));
    }

    static String refusal(String text) {
        return MARK + REFUSAL + " " + text.replace('\n', ' ');
    }

    static String begin(int number, Way way, Task task) {
        return MARK + BEGIN + " " + number + " " + way.id() + " " + task;
    }

    static String started(int number, int pid, Way way, boolean busy, long nanos) {
        return MARK + STARTED + " " + number + " " + pid + " " + way + " " + (busy ? BUSY : IDLE) + " " + nanos;
    }

    static String refused(int number, String text) {
        return MARK + REFUSED + " " + number + " " + text.replace('\n', ' ');
    }

    static String passed(int number) {
        return MARK + PASSED + " " + number;
    }

    static String failure(int number, String text) {
        return MARK + FAILURE + " " + number + " " + text.replace('\n', ' ');
    }

    static String hang(int number, int pid) {
        return MARK + HANG + " " + number + " " + pid;
    }
}
