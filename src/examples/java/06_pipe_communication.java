import java.io.EOFException;
import java.io.IOException;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.Pipe;

// A producer sends five messages through a pipe, a consumer receives them until the end.
//
// The consumer sees the end only when every copy of the sending end is closed: the parent's, too, and the consumer's
// own, which it has where it was forked, or is given, as here. The textbook version forgets that, and its consumer
// waits for ever.
class _06_pipe_communication {

    static void produce(Connection writer) throws IOException {
        for (int i = 1; i <= 5; i++) {
            System.out.print("Producer sends " + i + "\n");
            writer.send(i);
        }
        writer.close();
    }

    static void consume(Connection reader, Connection unused) throws IOException {
        unused.close();
        int total = 0;
        try {
            while (true) {
                int item = reader.recv(Integer.class);
                System.out.print("Consumer received " + item + "\n");
                total += item;
            }
        } catch (EOFException e) {
            System.out.print("Consumer saw the end, sum " + total + "\n");
        }
    }

    public static void main(String[] args) {
        Pipe pipe = Multiprocessing.pipe(false);
        Process producer = Process.of(_06_pipe_communication::produce, pipe.writer());
        Process consumer = Process.of(_06_pipe_communication::consume, pipe.reader(), pipe.writer());
        producer.start();
        consumer.start();
        pipe.close();
        producer.join();
        consumer.join();
        System.out.print("Exit codes: " + producer.exitcode() + " and " + consumer.exitcode() + "\n");
    }
}
