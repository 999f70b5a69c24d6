/** What {@code mp4j locks} reads of other processes' locks, and how it shows them. */
package org.multiprocessing4j.cli.locks;
