import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.Fifo;

// A named pipe: two processes that know its path meet there.
//
// Opening it waits for the other side. Messages go through it as through any pipe, and the end is seen when the sending
// side is closed. The file has to be removed by somebody.
class named_pipe {

    static void write(String path) {
        try (Connection fifo = Fifo.writer(Path.of(path))) {
            for (int i = 1; i <= 5; i++) {
                fifo.sendBytes(("Message " + i + " through the named pipe").getBytes(UTF_8));
            }
        }
    }

    static void read(String path) {
        try (Connection fifo = Fifo.reader(Path.of(path))) {
            while (true) {
                String text = new String(fifo.recvBytes(), UTF_8);
                System.out.print("Reader received: " + text + "\n");
            }
        } catch (EOFException e) {
            System.out.print("Reader: end of file\n");
        }
    }

    public static void main(String[] args) throws IOException {
        Path directory = Files.createTempDirectory("example");
        Path path = directory.resolve("example_fifo");
        Fifo.make(path);
        Process reader = Process.of(named_pipe::read, path.toString());
        Process writer = Process.of(named_pipe::write, path.toString());
        reader.start();
        writer.start();
        writer.join();
        reader.join();
        Files.delete(path);
        Files.delete(directory);
        System.out.print("Named pipe removed\n");
    }
}
