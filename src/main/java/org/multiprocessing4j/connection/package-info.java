/**
 * Messages between processes, of this machine or another one, in Java, C++ or Python: pipes, listeners and clients.
 * Mirrors Python's {@code multiprocessing.connection}, and speaks its language byte for byte.
 */
package org.multiprocessing4j.connection;
