"""Which words stand most often in this repository's own text: each task counts one file, and the counts are added."""

import re
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

FOLDERS = ("include", "native", "src/examples")
ENDINGS = (".hpp", ".cpp", ".java", ".py")


def repository():
    """The folder above this program that holds the README."""
    return next(folder for folder in Path(__file__).resolve().parents if (folder / "README.md").is_file())


def files(root):
    yield root / "README.md"
    for folder in FOLDERS:
        yield from (file for file in (root / folder).rglob("*") if file.suffix in ENDINGS)


def count_words(file):
    """A word is a run of the letters a to z, in any case."""
    return Counter(re.findall("[a-z]+", re.sub("[A-Z]", lambda c: c[0].lower(), file.read_text("utf-8"))))


def main():
    total = Counter()
    with Pool(4) as pool:
        for number, counts in enumerate(pool.imap_unordered(count_words, files(repository()), chunksize=4), 1):
            total += counts
    print(f"Files: {number}, words: {total.total()}, different ones: {len(total)}")
    for word, count in sorted(total.items(), key=lambda entry: (-entry[1], entry[0]))[:10]:
        print(f"{word}: {count}")


if __name__ == "__main__":
    main()
