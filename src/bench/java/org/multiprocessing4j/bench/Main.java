package org.multiprocessing4j.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * Performs figures by request.
 *
 * <p>Protocol, one line each way on stdin and stdout: {@code list} is answered with the names of all figures,
 * {@code run FIGURE ITERATIONS} with {@code FIGURE NANOSECONDS-PER-OPERATION}; end of file ends the program. Names are
 * those of the Python and the C++ peer. A new figure is one more line in its group's class.
 */
public final class Main {
    private final Map<String, Figure> figures = new TreeMap<>();

    private Main() {
        StartFigures.addTo(figures);
        MemoryFigures.addTo(figures);
        ValueFigures.addTo(figures);
        ArrayFigures.addTo(figures);
        LockFigures.addTo(figures);
        SyncFigures.addTo(figures);
        QueueFigures.addTo(figures);
        PipeFigures.addTo(figures);
        PoolFigures.addTo(figures);
    }

    /** Serves until end of file; an exception in a figure ends the program. */
    public static void main(String[] arguments) throws Exception {
        new Main().serve(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
    }

    private void serve(BufferedReader requests) throws Exception {
        for (String request = requests.readLine(); request != null; request = requests.readLine()) {
            System.out.println(answer(request.split(" ")));
        }
    }

    private String answer(String[] request) throws Exception {
        switch (request[0]) {
            case "list":
                return String.join(" ", figures.keySet());
            case "run":
                int iterations = Integer.parseInt(request[2]);
                return request[1] + " " + (double) figures.get(request[1]).run(iterations) / iterations;
            default:
                throw new IOException("unknown request: " + String.join(" ", request));
        }
    }
}
