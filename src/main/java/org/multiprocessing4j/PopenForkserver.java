package org.multiprocessing4j;

import org.multiprocessing4j.util.Handover;

/**
 * The start method {@code forkserver}: a live fork of a JVM in which nothing of the application has run. Mirrors
 * {@code popen_forkserver}.
 */
final class PopenForkserver implements Popen.Launcher {

    @Override
    public Popen launch(Process process) {
        if (StartMethod.FORKSERVER.obstacle() != null) {
            return StartMethod.SPAWN.launch(process); // found out after the process was made
        }
        try (Handover handover = new Handover()) {
            byte[] payload = Spawn.serialize(process, handover);
            Object code = process.target() == null ? process : process.target();
            return ForkServer.instance().start(payload, handover, code);
        } catch (ForkServer.Unusable e) {
            Multiprocessing.fallBack(e.getMessage());
            return StartMethod.SPAWN.launch(process);
        }
    }
}
