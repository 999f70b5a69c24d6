"""The CPython peer of `mp4j bench`: the real multiprocessing package, driven over stdin and stdout.

Protocol, one line each way: `list` is answered with the names of all figures, `run FIGURE ITERATIONS` with
`FIGURE NANOSECONDS-PER-OPERATION`; end of file ends the program. The figures are in figures.py.

This file is kept short because CPython's spawn runs the main module once more in every child.
"""

import sys


def serve(figures, requests, answers):
    """Answers requests until there are no more."""
    for request in requests:
        command, *arguments = request.split()
        if command == "list":
            print(*figures, file=answers, flush=True)
        elif command == "run":
            name, iterations = arguments[0], int(arguments[1])
            print(name, figures[name](iterations) / iterations, file=answers, flush=True)
        else:
            raise ValueError(f"unknown request: {request.strip()}")


if __name__ == "__main__":
    from figures import FIGURES

    serve(FIGURES, sys.stdin, sys.stdout)
