/**
 * The cross-check: runs one program in several languages and tells whether the outputs mean the same.
 *
 * <p>{@link org.multiprocessing4j.cli.crosscheck.ProgramRunner} runs a program and leaves nothing of it behind,
 * {@link org.multiprocessing4j.cli.crosscheck.Normaliser} takes out of its output what may differ from run to run,
 * {@link org.multiprocessing4j.cli.crosscheck.Invariant}s say what must hold of the merged output of all its processes,
 * {@link org.multiprocessing4j.cli.crosscheck.Judge} compares with the expectation of the
 * {@link org.multiprocessing4j.cli.crosscheck.Catalog} and with the other languages, and
 * {@link org.multiprocessing4j.cli.crosscheck.Report} prints what came out.
 */
package org.multiprocessing4j.cli.crosscheck;
