/** The Java peer of {@code mp4j bench}: a program of its own, which uses the library as any other program would. */
package org.multiprocessing4j.bench;
