import static java.nio.charset.StandardCharsets.US_ASCII;

import org.multiprocessing4j.posix.Pipe;
import org.multiprocessing4j.posix.Posix;

// A pipe: what the parent writes into one end, the child reads from the other.
//
// After fork() both processes have both ends. Each closes the one it does not use: the reader sees the end of the data
// only when the last writer is closed, and a child that kept a writer itself would wait for ever. The textbook version
// in C++ lacks a header and does not compile; it does not wait for its child either. Here the parent does.
//
// The child calls Posix only, on what was prepared before the fork: C1_fork_hello says why. So the whole line is
// there already, with room for the message.
class C3_pipe {

    private static final int STANDARD_OUTPUT = 1;

    public static void main(String[] args) {
        byte[] message = "Hello from parent".getBytes(US_ASCII);
        byte[] line = ("Child received: " + " ".repeat(message.length) + "\n").getBytes(US_ASCII);
        byte[] received = new byte[message.length];

        Pipe pipe = Posix.pipe();
        int pid = Posix.fork();
        if (pid == 0) {
            Posix.close(pipe.writer());
            int size = Posix.read(pipe.reader(), received);
            System.arraycopy(received, 0, line, "Child received: ".length(), size);
            Posix.writeAll(STANDARD_OUTPUT, line);
            Posix._exit(0);
        }
        Posix.close(pipe.reader());
        Posix.writeAll(pipe.writer(), message);
        Posix.close(pipe.writer());
        Posix.waitpid(pid);
    }
}
