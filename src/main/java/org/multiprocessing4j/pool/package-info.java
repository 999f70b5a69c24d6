/** Pools of worker processes and threads. Mirrors {@code multiprocessing.pool} and {@code concurrent.futures}. */
package org.multiprocessing4j.pool;
