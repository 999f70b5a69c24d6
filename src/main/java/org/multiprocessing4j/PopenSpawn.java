package org.multiprocessing4j;

import java.nio.file.Path;
import java.util.List;

/** The start method {@code spawn}: a fresh JVM. Mirrors {@code popen_spawn_posix}. */
final class PopenSpawn implements Popen.Launcher {

    private static volatile Path executable;

    static void setExecutable(Path java) {
        executable = java.toAbsolutePath();
    }

    @Override
    public Popen launch(Process process) {
        Handover handover = new Handover();
        byte[] payload = Spawn.serialize(process, handover);
        Path java = executable;
        if (java == null) {
            java = Path.of(System.getProperty("java.home"), "bin", "java");
        }
        List<String> command = SpawnCommand.of(java);
        Popen popen = SpawnStandby.take(command).give(payload, handover);
        SpawnStandby.refill(command);
        return popen;
    }
}
