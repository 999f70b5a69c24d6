package org.multiprocessing4j.cli.crosscheck;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A program to cross-check: what it is called, and what its output must be like in every language.
 *
 * @param name its name, which is that of its source files
 * @param description what it shows, in one line
 * @param sample the lines of one right output, or empty if none is known: then languages are compared with each other,
 *     and held to the invariants
 * @param normaliser what to take out of outputs, and of the sample, before they are compared
 * @param invariants what must hold of each output as it was printed
 */
public record Program(String name, String description, List<String> sample, Normaliser normaliser,
        List<Invariant> invariants) {

    /**
     * Begins to describe a program.
     *
     * @param name its name
     * @param description what it shows, in one line
     * @return a description of an output with nothing expected of it, its lines compared in their order
     */
    public static Builder named(String name, String description) {
        return new Builder(name, description);
    }

    /**
     * Returns what the normalised output must be.
     *
     * @return the lines, or nothing if no right output is known
     */
    public Optional<List<String>> expected() {
        return sample.isEmpty() ? Optional.empty()
                : Optional.of(normaliser.apply(String.join("\n", sample) + '\n'));
    }

    /** Describes a {@link Program} step by step. */
    public static final class Builder {
        private final String name;
        private final String description;
        private final List<String> sample = new ArrayList<>();
        private final List<Normaliser.Step> steps = new ArrayList<>();
        private final List<Invariant> invariants = new ArrayList<>();
        private Layout layout = Layout.ORDERED;

        private Builder(String name, String description) {
            this.name = name;
            this.description = description;
        }

        /**
         * Adds lines of a right output.
         *
         * @param lines the lines
         * @return this
         */
        public Builder prints(String... lines) {
            sample.addAll(List.of(lines));
            return this;
        }

        /**
         * Says where process numbers stand.
         *
         * @param regex its first group captures one
         * @return this
         */
        public Builder pids(String regex) {
            return step(Normaliser.Label.of(regex));
        }

        /**
         * Says what is different from run to run.
         *
         * @param regex what
         * @param text what to put there instead; {@code $1} stands for the first group
         * @return this
         */
        public Builder mask(String regex, String text) {
            return step(Normaliser.Mask.of(regex, text));
        }

        /**
         * Adds a step of normalising; steps are done in the order in which they are added.
         *
         * @param step the step
         * @return this
         */
        public Builder step(Normaliser.Step step) {
            steps.add(step);
            return this;
        }

        /**
         * Says which order of lines matters.
         *
         * @param lines the order; {@link Layout#ORDERED} if this is not called
         * @return this
         */
        public Builder layout(Layout lines) {
            this.layout = lines;
            return this;
        }

        /**
         * Adds invariants.
         *
         * @param more what must hold too
         * @return this
         */
        public Builder require(Invariant... more) {
            invariants.addAll(List.of(more));
            return this;
        }

        /**
         * Returns the program as described.
         *
         * @return the program
         */
        public Program build() {
            return new Program(name, description, List.copyOf(sample), new Normaliser(List.copyOf(steps), layout),
                    List.copyOf(invariants));
        }
    }
}
