package org.multiprocessing4j.posix;

/**
 * The two descriptors of a pipe; the caller closes each.
 *
 * @param reader the end to read from
 * @param writer the end to write to
 */
public record Pipe(int reader, int writer) {}
