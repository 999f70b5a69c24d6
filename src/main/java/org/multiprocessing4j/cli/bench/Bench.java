package org.multiprocessing4j.cli.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Measures figures: the same work by all peers in the same run.
 *
 * <p>The speed of a machine that is shared with others can shift twofold from one minute to the next. So each peer
 * first warms up and finds out how many operations fill a round (about 75 ms); then the peers take turns, one round
 * each, another one beginning every time, and what is told of the rounds is their median. Peers are processes that live
 * for the whole run and are idle, waiting for a line, while another one measures.
 */
public final class Bench {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final Map<Role, List<String>> commands;
    private final Pace pace;
    private final Duration deadline;

    /**
     * Prepares a run.
     *
     * @param commands how to start each peer that is to take part
     */
    public Bench(Map<Role, List<String>> commands, Pace pace) {
        this(commands, pace, DEADLINE);
    }

    Bench(Map<Role, List<String>> commands, Pace pace, Duration deadline) {
        this.commands = new EnumMap<>(commands);
        this.pace = pace;
        this.deadline = deadline;
    }

    /** Returns how many steps {@link #run} will tell its progress of. */
    public int steps(List<Figure> figures) {
        return figures.size() * (pace.rounds() + 1);
    }

    /**
     * Measures figures one after the other. Blocks for seconds per figure.
     *
     * @return a result for each figure, in the same order
     * @throws BenchException if a peer dies, hangs or talks nonsense; no process is left behind then either
     */
    public List<Result> run(List<Figure> figures, Progress progress) throws BenchException, InterruptedException {
        List<Peer> peers = new ArrayList<>();
        try {
            for (Map.Entry<Role, List<String>> command : commands.entrySet()) {
                peers.add(new Peer(command.getKey(), command.getValue(), deadline));
            }
            List<Result> results = new ArrayList<>();
            for (Figure figure : figures) {
                results.add(measure(figure, peers, progress));
            }
            return results;
        } finally {
            peers.forEach(Peer::close);
        }
    }

    private Result measure(Figure figure, List<Peer> peers, Progress progress)
            throws BenchException, InterruptedException {
        progress.begin(figure);
        List<Contestant> contestants = new ArrayList<>();
        for (Peer peer : peers) {
            if (peer.offers(figure)) {
                contestants.add(new Contestant(peer, figure, pace));
            }
        }
        progress.step();
        for (int round = 0; round < pace.rounds(); round++) {
            for (int turn = 0; turn < contestants.size(); turn++) {
                contestants.get((round + turn) % contestants.size()).measure();
            }
            progress.step();
        }
        Map<Role, Summary> summaries = new EnumMap<>(Role.class);
        contestants.forEach(contestant -> summaries.put(contestant.role(), contestant.summary()));
        return new Result(figure, summaries);
    }
}
