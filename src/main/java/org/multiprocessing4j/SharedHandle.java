package org.multiprocessing4j;

/**
 * Where a shared object lies, for a program that is not started by this library: hand it the descriptor (see {@link
 * org.multiprocessing4j.posix.Posix#spawn}) and the two numbers, and let it map the file and look there. Values and
 * arrays are plain memory in C's layout; to a lock and its like the class of the same name in C++ attaches.
 *
 * @param fd the descriptor of the arena; the library's own, valid as long as the object: not to be closed
 * @param offset bytes from the arena's start
 * @param size bytes
 */
public record SharedHandle(int fd, long offset, long size) {}
