import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.Pipe;
import org.multiprocessing4j.posix.Posix;
import org.multiprocessing4j.posix.Signals;

// Signals: a child counts SIGUSR1, and ends in good order at SIGTERM.
//
// Each signal is answered before the next one is sent: signals of one kind that come together may be one.
class signals {

    static void child(Connection pipe) throws IOException, InterruptedException {
        AtomicInteger count = new AtomicInteger();
        CountDownLatch end = new CountDownLatch(1);
        Signals.handle(Posix.SIGUSR1, number -> {
            System.out.print("Child got SIGUSR1, number " + count.incrementAndGet() + "\n");
            answer(pipe, count.get());
        });
        Signals.handle(Posix.SIGTERM, number -> {
            System.out.print("Child got SIGTERM and cleans up\n");
            end.countDown();
        });
        answer(pipe, 0);
        end.await();
    }

    private static void answer(Connection pipe, int count) {
        try {
            pipe.send(count);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void main(String[] args) throws IOException {
        Pipe pipe = Multiprocessing.pipe();
        Process process = Process.of(signals::child, pipe.second());
        process.start();
        int pid = Math.toIntExact(process.pid());
        pipe.first().recv();
        for (int i = 0; i < 3; i++) {
            System.out.print("Parent sends SIGUSR1\n");
            Signals.send(pid, Posix.SIGUSR1);
            System.out.print("Parent knows of " + pipe.first().recv() + "\n");
        }
        Signals.send(pid, Posix.SIGTERM);
        process.join();
        System.out.print("Exit code: " + process.exitcode() + "\n");
    }
}
