/**
 * Locks and their like under kills: {@code mp4j stress locks}. Processes use one object together, in Java or C++, one
 * of them after the other is killed, and what they leave on a {@link org.multiprocessing4j.cli.stress.locks.Board} in
 * shared memory shows whether the object kept its promises.
 */
package org.multiprocessing4j.cli.stress.locks;
