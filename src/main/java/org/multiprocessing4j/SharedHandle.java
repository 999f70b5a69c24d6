package org.multiprocessing4j;

/**
 * Where a shared object lies, for a program that is not started by this library: hand it the descriptor (see {@link
 * org.multiprocessing4j.posix.Posix#spawn}) and the two numbers, and let it map the file and look there. The memory is
 * plain: C's layout, no header. A lock is a {@code sem_t}.
 *
 * @param fd the descriptor of the arena; the library's own, valid as long as the object: not to be closed
 * @param offset bytes from the arena's start
 * @param size bytes
 */
public record SharedHandle(int fd, long offset, long size) {}
