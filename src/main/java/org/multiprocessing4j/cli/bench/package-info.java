/**
 * The harness behind {@code mp4j bench}: the same work, in the same run, by Java through this library, by CPython's
 * own multiprocessing and by C++ without anything that could be left out. {@link org.multiprocessing4j.cli.bench.Bench}
 * tells how it is measured; {@link org.multiprocessing4j.cli.bench.Figures} what.
 */
package org.multiprocessing4j.cli.bench;
