import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.multiprocessing4j.pool.IMapIterator;
import org.multiprocessing4j.pool.Pool;

// Which words stand most often in this repository's own text: each task counts one file, and the counts are added.
class W1_word_count {

    static final List<String> FOLDERS = List.of("include", "native", "src/examples");
    static final Pattern FILE = Pattern.compile(".*\\.(hpp|cpp|java|py)");
    static final Pattern WORD = Pattern.compile("[A-Za-z]+");

    /** The folder above this program that holds the README. */
    static Path repository() throws URISyntaxException {
        Path folder = Path.of(W1_word_count.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        while (!Files.isRegularFile(folder.resolve("README.md"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    static List<String> files(Path root) throws IOException {
        List<String> files = new ArrayList<>(List.of(root.resolve("README.md").toString()));
        for (String folder : FOLDERS) {
            try (Stream<Path> all = Files.walk(root.resolve(folder))) {
                all.map(Path::toString).filter(name -> FILE.matcher(name).matches()).forEach(files::add);
            }
        }
        return files;
    }

    /** A word is a run of the letters a to z, in any case. */
    static Map<String, Integer> countWords(String file) throws IOException {
        Map<String, Integer> counts = new HashMap<>();
        WORD.matcher(Files.readString(Path.of(file))).results()
                .forEach(word -> counts.merge(word.group().toLowerCase(java.util.Locale.ROOT), 1, Integer::sum));
        return counts;
    }

    public static void main(String[] args) throws IOException, URISyntaxException {
        List<String> files = files(repository());
        Map<String, Integer> total = new TreeMap<>();
        try (var pool = new Pool(4).with()) {
            IMapIterator<Map<String, Integer>> results = pool.imapUnordered(W1_word_count::countWords, files, 4);
            results.forEachRemaining(counts -> counts.forEach((word, count) -> total.merge(word, count, Integer::sum)));
        }
        int words = total.values().stream().mapToInt(Integer::intValue).sum();
        System.out.println("Files: " + files.size() + ", words: " + words + ", different ones: " + total.size());
        total.entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).limit(10)
                .forEach(entry -> System.out.println(entry.getKey() + ": " + entry.getValue()));
    }
}
