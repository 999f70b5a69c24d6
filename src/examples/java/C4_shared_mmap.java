import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import org.multiprocessing4j.posix.Mapping;
import org.multiprocessing4j.posix.Posix;

// Anonymous shared memory: mapped before fork(), it is the same memory in both processes.
//
// Ordinary memory is copied by fork(); a mapping made with MAP_SHARED is not. The parent may read what the child wrote
// once it knows that the child is done: waitpid() tells. C5_semaphore shows how to wait for less than the child's end.
//
// The child calls Posix only, on what was prepared before the fork: C1_fork_hello says why. A buffer over the mapping
// is plain memory to it.
class C4_shared_mmap {

    public static void main(String[] args) {
        byte[] message = "Shared memory message".getBytes(US_ASCII);
        try (Mapping memory = Posix.mmap(4096)) {
            ByteBuffer text = memory.buffer();
            int pid = Posix.fork();
            if (pid == 0) {
                text.put(message);
                Posix._exit(0);
            }
            Posix.waitpid(pid);
            System.out.print("Parent received: " + firstString(text) + "\n");
        }
    }

    /** What C would read: the characters up to the first zero byte. */
    private static String firstString(ByteBuffer memory) {
        String all = US_ASCII.decode(memory).toString();
        return all.substring(0, all.indexOf('\0'));
    }
}
