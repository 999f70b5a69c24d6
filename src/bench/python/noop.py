"""The target of the start figures, in a module of its own: a spawned child imports this and nothing more."""


def noop():
    """Does nothing, as the Java and C++ targets do."""
