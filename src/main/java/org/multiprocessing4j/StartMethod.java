package org.multiprocessing4j;

import org.multiprocessing4j.bindings.Jvm;

/** The start methods: how a child is made, and what its process is called. The default comes first. */
enum StartMethod {
    /** A child of the fork server, a JVM in which nothing of the application has run. */
    FORKSERVER("forkserver", "ForkServerProcess", new PopenForkserver()) {
        @Override
        String findObstacle() {
            return Jvm.fork_obstacle(true);
        }
    },

    /** A live fork of this JVM. */
    FORK("fork", "ForkProcess", new PopenFork()) {
        @Override
        String findObstacle() {
            return Jvm.fork_obstacle(false);
        }
    },

    /** A fresh JVM. */
    SPAWN("spawn", "SpawnProcess", new PopenSpawn());

    private final String pythonName;
    private final String processName;
    private final Popen.Launcher launcher;
    private volatile Obstacle obstacle;

    /** What was found out; a text of null stands for none. */
    private record Obstacle(String text) {}

    StartMethod(String pythonName, String processName, Popen.Launcher launcher) {
        this.pythonName = pythonName;
        this.processName = processName;
        this.launcher = launcher;
    }

    /** @throws IllegalArgumentException "cannot find context for 'zz'"; it says why if the method does not work here */
    static StartMethod of(String pythonName) {
        for (StartMethod method : values()) {
            if (method.pythonName.equals(pythonName)) {
                if (method.obstacle() != null) {
                    throw new IllegalArgumentException(
                            "cannot find context for '" + pythonName + "': " + method.obstacle());
                }
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

    /** Why it does not work here; null if it does. */
    final String obstacle() {
        Obstacle known = obstacle;
        if (known == null) {
            known = new Obstacle(findObstacle());
            obstacle = known;
        }
        return known.text;
    }

    String findObstacle() {
        return null;
    }

    /** It was tried, and does not work. @return false if that was known */
    final synchronized boolean giveUp(String reason) {
        boolean news = obstacle() == null;
        obstacle = new Obstacle(reason);
        return news;
    }

    final Popen launch(Process process) {
        return launcher.launch(process);
    }
}
