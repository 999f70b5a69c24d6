import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import org.multiprocessing4j.posix.Mapping;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.posix.Semaphore;

// A semaphore between two processes: the parent reads shared memory as soon as the child says it has written.
//
// The semaphore starts at 0, so that wait_() blocks until the child calls post(). It lies in the shared mapping itself,
// in front of the text.
//
// The child calls Posix only, on what was prepared before the fork: C1_fork_hello says why.
class C5_semaphore {

    public static void main(String[] args) {
        byte[] message = "Child writes to shared memory".getBytes(US_ASCII);
        try (Mapping memory = Posix.mmap(4096)) {
            Semaphore written = Posix.semInit(memory, 0, 0);
            ByteBuffer text = memory.buffer().position(Semaphore.BYTES).slice();
            int pid = Posix.fork();
            if (pid == 0) {
                text.put(message);
                written.post();
                Posix._exit(0);
            }
            written.wait_();
            System.out.print("Parent reads: " + firstString(text) + "\n");
            Posix.waitpid(pid);
            written.destroy();
        }
    }

    /** What C would read: the characters up to the first zero byte. */
    private static String firstString(ByteBuffer memory) {
        String all = US_ASCII.decode(memory).toString();
        return all.substring(0, all.indexOf('\0'));
    }
}
