"""Prints what this interpreter is and how fast: implementation, version, nanoseconds for a locked increment, file."""

import os
import platform
import sys

from figures import FIGURES

INCREMENTS = 20_000


def nanoseconds():
    """The least of several measurements: what others did to the machine meanwhile only adds."""
    increments = FIGURES["value.locked_increment"]
    return min(increments(INCREMENTS) for _ in range(5)) / INCREMENTS


if __name__ == "__main__":
    print(
        platform.python_implementation(),
        platform.python_version(),
        nanoseconds(),
        os.path.realpath(sys.executable),
        sep="\t",
    )
