package org.multiprocessing4j;

/**
 * The package's functions with one start method. Mirrors {@code multiprocessing.get_context(method)}: what it makes is
 * started that way, whatever the default is.
 */
public final class Context {

    private final StartMethod startMethod;

    Context(StartMethod startMethod) {
        this.startMethod = startMethod;
    }

    StartMethod startMethod() {
        return startMethod;
    }

    /** The start method's name, as in Python: {@code "spawn"}. */
    public String getStartMethod() {
        return startMethod.pythonName();
    }

    /** A process of this context, named {@code SpawnProcess-N}. Mirrors {@code ctx.Process(target=…)}. */
    public Process process(Process.Target target) {
        return builder().target(target).build();
    }

    /** As {@link Process#builder()}, in this context. */
    public Process.Builder builder() {
        return Process.builder().context(this);
    }

    @Override
    public String toString() {
        return "<Context " + getStartMethod() + ">";
    }
}
