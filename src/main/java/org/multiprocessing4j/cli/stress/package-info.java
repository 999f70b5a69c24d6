/**
 * The stress of live fork: one JVM for each collector and JDK is forked again and again, first at rest and then at
 * work, and every child proves that it is a whole JVM.
 *
 * <p>{@link org.multiprocessing4j.cli.stress.Worker} is the program that is forked,
 * {@link org.multiprocessing4j.cli.stress.Task} what a child does, and
 * {@link org.multiprocessing4j.cli.stress.Trial} runs a worker from outside, watches it and describes what hangs.
 */
package org.multiprocessing4j.cli.stress;
