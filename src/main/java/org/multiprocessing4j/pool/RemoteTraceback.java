package org.multiprocessing4j.pool;

import java.io.Serial;

/** The cause of an exception that a worker threw: its trace there, as text. Mirrors {@code pool.RemoteTraceback}. */
public final class RemoteTraceback extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    RemoteTraceback(String trace) {
        super("\n\"\"\"\n" + trace + "\"\"\"", null, false, false);
    }
}
