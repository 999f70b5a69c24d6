package org.multiprocessing4j;

/** The start methods: how a child is made, and what its process is called. */
enum StartMethod {
    /** A fresh JVM. */
    SPAWN("spawn", "SpawnProcess", new PopenSpawn());

    private final String pythonName;
    private final String processName;
    private final Popen.Launcher launcher;

    StartMethod(String pythonName, String processName, Popen.Launcher launcher) {
        this.pythonName = pythonName;
        this.processName = processName;
        this.launcher = launcher;
    }

    /** @throws IllegalArgumentException "cannot find context for 'zz'" */
    static StartMethod of(String pythonName) {
        for (StartMethod method : values()) {
            if (method.pythonName.equals(pythonName)) {
                return method;
            }
        }
        throw new IllegalArgumentException("cannot find context for '" + pythonName + "'");
    }

    String pythonName() {
        return pythonName;
    }

    /** What processes of this method's context are called. */
    String processName() {
        return processName;
    }

    Popen launch(Process process) {
        return launcher.launch(process);
    }
}
