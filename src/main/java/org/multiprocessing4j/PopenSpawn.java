package org.multiprocessing4j;

import java.util.List;
import org.multiprocessing4j.util.Handover;

/** The start method {@code spawn}: a fresh JVM. Mirrors {@code popen_spawn_posix}. */
final class PopenSpawn implements Popen.Launcher {

    @Override
    public Popen launch(Process process) {
        try (Handover handover = new Handover()) {
            byte[] payload = Spawn.serialize(process, handover);
            List<String> command = SpawnCommand.ofChild();
            Popen popen = SpawnStandby.instance().take(command).give(payload, handover);
            SpawnStandby.instance().refill(command);
            return popen;
        }
    }
}
