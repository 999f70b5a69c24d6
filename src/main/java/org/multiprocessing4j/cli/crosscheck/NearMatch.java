package org.multiprocessing4j.cli.crosscheck;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds the names that somebody who mistyped one may have meant. */
public final class NearMatch {
    private static final int MOST = 3;

    private NearMatch() {
    }

    /**
     * Returns the names nearest to a text.
     *
     * @param text what was typed
     * @param names the names that there are
     * @return at most three, the nearest first; none that shares too little with the text
     */
    public static List<String> of(String text, Collection<String> names) {
        String typed = text.toLowerCase(Locale.ROOT);
        return names.stream().filter(name -> distance(typed, name) < distanceLimit(name))
                .sorted(Comparator.comparingInt(name -> distance(typed, name))).limit(MOST).toList();
    }

    private static int distanceLimit(String name) {
        return Math.max(2, name.length() / 2);
    }

    /** 0 where the one is a part of the other, else the edits (Levenshtein) from one to the other. */
    private static int distance(String typed, String name) {
        String candidate = name.toLowerCase(Locale.ROOT);
        return typed.length() > 2 && candidate.contains(typed) ? 0 : edits(typed, candidate);
    }

    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int changed = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
