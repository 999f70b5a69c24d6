import static java.nio.charset.StandardCharsets.US_ASCII;

import org.multiprocessing4j.posix.Posix;

// fork(): one process calls it, two return from it. The return value tells them apart.
//
// Which of the two greets first is not defined. The textbook version ends without waiting: its child may outlive it,
// and then prints after the shell's prompt. Here the parent waits.
//
// Of the application's threads, only the one that forked goes on in the child; a lock that another held at that moment
// is never released there. So the child takes none: it calls Posix on what was prepared before the fork, and leaves by
// _exit(), so that it does not run the parent's clean-up either.
class C1_fork_hello {

    private static final int STANDARD_OUTPUT = 1;

    public static void main(String[] args) {
        byte[] greeting = "Hello from the child process!\n".getBytes(US_ASCII);
        int pid = Posix.fork();
        if (pid == 0) {
            Posix.writeAll(STANDARD_OUTPUT, greeting);
            Posix._exit(0);
        }
        System.out.print("Hello from the parent process!\n");
        Posix.waitpid(pid);
    }
}
