package org.multiprocessing4j.cli.stress.locks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.SharedHandle;
import org.multiprocessing4j.posix.Posix;

/** Starts the workers' processes. */
@FunctionalInterface
public interface Recruiter {

    /**
     * Starts one.
     *
     * @param slot its slot on the board
     */
    Contender start(Scene scene, int slot, Random random);

    /** Java processes, by one of the start methods. */
    static Recruiter java(Context context) {
        return (scene, slot, random) -> {
            Process process =
                    context.builder().target(Worker::run, scene, slot, random.nextLong()).daemon(true).build();
            process.start();
            return new JavaContender(process);
        };
    }

    /**
     * C++ processes.
     *
     * @param program src/stress/cpp
     * @param leash the reading end of a pipe that this process alone can write to: they end with it
     */
    static Recruiter cpp(Path program, int leash) {
        return (scene, slot, random) -> {
            List<String> command = new ArrayList<>(List.of(
                    program.toString(), scene.kind().name(), String.valueOf(scene.limit()),
                    String.valueOf(scene.board().workers()), String.valueOf(slot),
                    String.valueOf(random.nextInt(Integer.MAX_VALUE))));
            List<Integer> descriptors = new ArrayList<>(List.of(leash));
            for (SharedHandle handle : scene.handles()) {
                command.add(String.valueOf(handle.offset()));
                descriptors.add(handle.fd());
            }
            int pid = Posix.spawn(command, descriptors.stream().mapToInt(Integer::intValue).toArray());
            return new CppContender(pid);
        };
    }

    /** Now one of these, now the other. */
    static Recruiter mixed(Recruiter one, Recruiter other) {
        return (scene, slot, random) -> (random.nextBoolean() ? one : other).start(scene, slot, random);
    }
}
