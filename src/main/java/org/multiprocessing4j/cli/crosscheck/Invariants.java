package org.multiprocessing4j.cli.crosscheck;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The kinds of {@link Invariant}.
 *
 * <p>Patterns are searched for in each line; "values" are the integers that first groups capture. A pattern that finds
 * nothing at all violates the invariant: what was never printed cannot be right. Only {@link #never} wants that.
 */
public final class Invariants {
    private static final int MAX_DIGITS = 18;

    private Invariants() {
    }

    /** A line in which a pattern was found: its number from 1, the text, and what the groups captured. */
    private record Hit(int number, String line, List<String> groups) {
        long value() {
            // A torn or doubled line can show any number of digits; no right value has that many.
            String digits = groups.get(0);
            return digits.length() > MAX_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
        }

        @Override
        public String toString() {
            return "line " + number + " \"" + line + '"';
        }
    }

    /**
     * The last line, and no other, has a form.
     *
     * @param regex the form
     * @return the invariant
     */
    public static Invariant lastLine(String regex) {
        return about("last line is /" + regex + '/', regex, (hits, lines) -> {
            if (hits.get(0).number() != lines.size()) {
                return Optional.of(hits.get(0) + " is not the last of " + lines.size());
            }
            return Optional.empty();
        });
    }

    /**
     * The first lines, and no others, have a form.
     *
     * @param count how many
     * @param regex the form
     * @return the invariant
     */
    public static Invariant firstLines(int count, String regex) {
        return about("the first " + count + " lines, and no others, are /" + regex + '/', regex, (hits, lines) -> {
            if (hits.size() != count) {
                return Optional.of(hits.size() + " such lines, not " + count);
            }
            Hit last = hits.get(count - 1);
            return last.number() == count ? Optional.empty() : Optional.of(last + " comes later");
        });
    }

    /**
     * No line has a form.
     *
     * @param regex the form
     * @return the invariant
     */
    public static Invariant never(String regex) {
        Pattern pattern = Pattern.compile(regex);
        return new Invariant("no line is /" + regex + '/',
                lines -> hits(pattern, lines).stream().findFirst().map(Hit::toString));
    }

    /**
     * All lines of one form come before all lines of another.
     *
     * @param earlier the one form
     * @param later the other form
     * @return the invariant
     */
    public static Invariant before(String earlier, String later) {
        return about("every /" + earlier + "/ is before any /" + later + '/', earlier, later, (first, second) -> {
            Hit last = first.get(first.size() - 1);
            Hit next = second.get(0);
            return last.number() < next.number() ? Optional.empty() : Optional.of(last + " comes after " + next);
        });
    }

    /**
     * A line of one form is followed at once by its counterpart of another form: nothing is printed between.
     *
     * @param first the one form; its first group says whose line it is
     * @param second the other form, likewise
     * @return the invariant
     */
    public static Invariant follows(String first, String second) {
        Pattern next = Pattern.compile(second);
        return about("/" + second + "/ follows directly on /" + first + "/ of the same", first, (hits, lines) -> {
            for (Hit hit : hits) {
                Matcher matcher = next.matcher(hit.number() < lines.size() ? lines.get(hit.number()) : "");
                if (!matcher.find() || !matcher.group(1).equals(hit.groups().get(0))) {
                    return Optional.of("on " + hit + " follows "
                            + (hit.number() < lines.size() ? '"' + lines.get(hit.number()) + '"' : "nothing"));
                }
            }
            return Optional.empty();
        });
    }

    /**
     * Values lie in a range.
     *
     * @param regex captures the value
     * @param lowest the lowest allowed
     * @param highest the highest allowed
     * @return the invariant
     */
    public static Invariant range(String regex, int lowest, int highest) {
        String name = lowest + " <= the value of /" + regex + "/ <= " + highest;
        return about(name, regex, (hits, lines) -> hits.stream()
                .filter(hit -> hit.value() < lowest || hit.value() > highest).findFirst().map(Hit::toString));
    }

    /**
     * Values count 1, 2, 3 … in the order in which they are printed.
     *
     * @param regex captures the value
     * @return the invariant
     */
    public static Invariant countsUp(String regex) {
        return about("the values of /" + regex + "/ are 1, 2, 3 ... as printed", regex, (hits, lines) ->
                IntStream.range(0, hits.size()).filter(i -> hits.get(i).value() != i + 1).mapToObj(hits::get)
                        .findFirst().map(hit -> hit + " should say " + (hits.indexOf(hit) + 1)));
    }

    /**
     * Values are the numbers from 1 on, each once, in any order.
     *
     * @param count how many
     * @param regex captures the value
     * @return the invariant
     */
    public static Invariant permutation(int count, String regex) {
        return about("the values of /" + regex + "/ are 1 to " + count + " in some order", regex, (hits, lines) -> {
            List<Long> values = hits.stream().map(Hit::value).sorted().toList();
            List<Long> wanted = LongStream.rangeClosed(1, count).boxed().toList();
            return values.equals(wanted) ? Optional.empty() : Optional.of("they are " + values);
        });
    }

    /**
     * Texts are all different.
     *
     * @param count how many there are
     * @param regex captures the text
     * @return the invariant
     */
    public static Invariant distinct(int count, String regex) {
        return about("/" + regex + "/ finds " + count + " different ones", regex, (hits, lines) -> {
            Set<String> found = new TreeSet<>(hits.stream().map(hit -> hit.groups().get(0)).toList());
            return found.size() == count && hits.size() == count ? Optional.empty()
                    : Optional.of(hits.size() + " found, different: " + found);
        });
    }

    /**
     * A text is one of those in other lines.
     *
     * @param regex captures the text
     * @param others captures the others
     * @return the invariant
     */
    public static Invariant among(String regex, String others) {
        return about("/" + regex + "/ is one of /" + others + '/', regex, others, (hits, found) -> {
            Set<String> allowed = new HashSet<>(found.stream().map(hit -> hit.groups().get(0)).toList());
            return hits.stream().filter(hit -> !allowed.contains(hit.groups().get(0))).findFirst()
                    .map(hit -> hit + " is none of " + new TreeSet<>(allowed));
        });
    }

    /**
     * A text is the same wherever it is printed in either form.
     *
     * @param regex captures it
     * @param other captures it too
     * @return the invariant
     */
    public static Invariant same(String regex, String other) {
        return about("/" + regex + "/ and /" + other + "/ are the same", regex, other, (one, two) -> two.stream()
                .filter(hit -> !hit.groups().get(0).equals(one.get(0).groups().get(0))).findFirst()
                .map(hit -> one.get(0) + " but " + hit));
    }

    /**
     * A text differs from another.
     *
     * @param regex captures the one
     * @param other captures the other
     * @return the invariant
     */
    public static Invariant different(String regex, String other) {
        return about("/" + regex + "/ and /" + other + "/ differ", regex, other, (one, two) -> two.stream()
                .filter(hit -> hit.groups().get(0).equals(one.get(0).groups().get(0))).findFirst()
                .map(hit -> one.get(0) + " and " + hit));
    }

    /**
     * A counter that starts at 0 is printed after each step: up by one in lines of one form, down in those of the
     * other.
     *
     * @param up captures the value after a step up
     * @param down captures the value after a step down
     * @return the invariant
     */
    public static Invariant steps(String up, String down) {
        String name = "from 0, /" + up + "/ is the previous value + 1 and /" + down + "/ the previous - 1";
        return about(name, up, down, (ups, downs) -> {
            List<Hit> all = new ArrayList<>(ups);
            all.addAll(downs);
            all.sort((a, b) -> Integer.compare(a.number(), b.number()));
            int value = 0;
            for (Hit hit : all) {
                value += ups.contains(hit) ? 1 : -1;
                if (hit.value() != value) {
                    return Optional.of(hit + " should say " + value);
                }
            }
            return Optional.empty();
        });
    }

    /**
     * Rows are not torn: all groups of the pattern capture the same.
     *
     * @param regex captures each element of a row
     * @return the invariant
     */
    public static Invariant uniformRows(String regex) {
        return about("the elements of /" + regex + "/ are equal", regex, (hits, lines) -> hits.stream()
                .filter(hit -> new HashSet<>(hit.groups()).size() != 1).findFirst().map(Hit::toString));
    }

    @FunctionalInterface
    private interface Check<A, B> {
        Optional<String> violation(A first, B second);
    }

    private static Invariant about(String name, String regex, Check<List<Hit>, List<String>> check) {
        Pattern pattern = Pattern.compile(regex);
        return new Invariant(name, lines -> {
            List<Hit> hits = hits(pattern, lines);
            return hits.isEmpty() ? missing(regex) : check.violation(hits, lines);
        });
    }

    private static Invariant about(String name, String regex, String other, Check<List<Hit>, List<Hit>> check) {
        Pattern second = Pattern.compile(other);
        return about(name, regex, (hits, lines) -> {
            List<Hit> others = hits(second, lines);
            return others.isEmpty() ? missing(other) : check.violation(hits, others);
        });
    }

    private static Optional<String> missing(String regex) {
        return Optional.of("no line is /" + regex + '/');
    }

    private static List<Hit> hits(Pattern pattern, List<String> lines) {
        List<Hit> hits = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher matcher = pattern.matcher(lines.get(i));
            if (matcher.find()) {
                Function<Integer, String> group = matcher::group;
                hits.add(new Hit(i + 1, lines.get(i),
                        IntStream.rangeClosed(1, matcher.groupCount()).boxed().map(group).toList()));
            }
        }
        return hits;
    }
}
