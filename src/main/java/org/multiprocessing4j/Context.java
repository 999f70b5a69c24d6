package org.multiprocessing4j;

import java.time.Duration;
import java.util.List;
import org.multiprocessing4j.connection.Pipe;
import org.multiprocessing4j.pool.Pool;

/**
 * The package's functions with one start method. Mirrors {@code multiprocessing.get_context(method)}: what it makes is
 * started that way, whatever the default is. The shared objects are those of the constructors, and go to processes of
 * any start method; they are here so that a program needs its context alone, as in Python.
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

    /** A pool of as many processes of this context as there are processors. Mirrors {@code ctx.Pool()}. */
    public Pool pool() {
        return Pool.builder().context(this).build();
    }

    /** A pool of so many processes of this context. {@link Pool#builder()} takes a context and more. */
    public Pool pool(int processes) {
        return Pool.builder().context(this).processes(processes).build();
    }

    /** As {@link Multiprocessing#currentProcess()}. */
    public Process currentProcess() {
        return Multiprocessing.currentProcess();
    }

    /** As {@link Multiprocessing#parentProcess()}. */
    public Process parentProcess() {
        return Multiprocessing.parentProcess();
    }

    /** As {@link Multiprocessing#activeChildren()}. */
    public List<Process> activeChildren() {
        return Multiprocessing.activeChildren();
    }

    /** As {@link Multiprocessing#cpuCount()}. */
    public int cpuCount() {
        return Multiprocessing.cpuCount();
    }

    /** As {@link Multiprocessing#pipe()}. */
    public Pipe pipe() {
        return Multiprocessing.pipe();
    }

    /** As {@link Multiprocessing#pipe(boolean)}. */
    public Pipe pipe(boolean duplex) {
        return Multiprocessing.pipe(duplex);
    }

    /** As {@link Queue#Queue()}. */
    public <E> Queue<E> queue() {
        return new Queue<>();
    }

    /** As {@link Queue#Queue(int)}. */
    public <E> Queue<E> queue(int maxsize) {
        return new Queue<>(maxsize);
    }

    /** As {@link JoinableQueue#JoinableQueue()}. */
    public <E> JoinableQueue<E> joinableQueue() {
        return new JoinableQueue<>();
    }

    /** As {@link JoinableQueue#JoinableQueue(int)}. */
    public <E> JoinableQueue<E> joinableQueue(int maxsize) {
        return new JoinableQueue<>(maxsize);
    }

    /** As {@link SimpleQueue#SimpleQueue()}. */
    public <E> SimpleQueue<E> simpleQueue() {
        return new SimpleQueue<>();
    }

    /** As {@link Lock#Lock()}. */
    public Lock lock() {
        return new Lock();
    }

    /** As {@link RLock#RLock()}. */
    public RLock rLock() {
        return new RLock();
    }

    /** As {@link Semaphore#Semaphore(int)}; Python's default is 1. */
    public Semaphore semaphore(int value) {
        return new Semaphore(value);
    }

    /** As {@link BoundedSemaphore#BoundedSemaphore(int)}; Python's default is 1. */
    public BoundedSemaphore boundedSemaphore(int value) {
        return new BoundedSemaphore(value);
    }

    /** As {@link Condition#Condition()}. */
    public Condition condition() {
        return new Condition();
    }

    /** As {@link Condition#Condition(SemLock)}. */
    public Condition condition(SemLock lock) {
        return new Condition(lock);
    }

    /** As {@link Event#Event()}. */
    public Event event() {
        return new Event();
    }

    /** As {@link Barrier#Barrier(int)}. */
    public Barrier barrier(int parties) {
        return new Barrier(parties);
    }

    /** As {@link Barrier#Barrier(int, Barrier.Action, Duration)}. */
    public Barrier barrier(int parties, Barrier.Action action, Duration timeout) {
        return new Barrier(parties, action, timeout);
    }

    /** As {@link Value#of(CType, Object)}. */
    public <T> Value<T> value(CType<T> type, T initial) {
        return Value.of(type, initial);
    }

    /** As {@link Array#of(CType, Object)}. */
    public <T> Array<T> array(CType<T> type, Object sizeOrInitializer) {
        return Array.of(type, sizeOrInitializer);
    }

    /** As {@link RawValue#of(CType, Object)}. */
    public <T> RawValue<T> rawValue(CType<T> type, T initial) {
        return RawValue.of(type, initial);
    }

    /** As {@link RawArray#of(CType, Object)}. */
    public <T> RawArray<T> rawArray(CType<T> type, Object sizeOrInitializer) {
        return RawArray.of(type, sizeOrInitializer);
    }

    @Override
    public String toString() {
        return "<Context " + getStartMethod() + ">";
    }
}
