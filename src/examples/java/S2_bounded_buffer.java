import org.multiprocessing4j.CType;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.RawArray;
import org.multiprocessing4j.Semaphore;

// A bounded buffer: a producer and a consumer share three places.
//
// One semaphore counts the free places and one the filled ones: the producer waits for the first and signals the
// second, the consumer does the opposite. Such permits pass from one process to the other and belong to nobody: they
// are taken by acquire() and given by release().
class S2_bounded_buffer {

    private static final int PLACES = 3;
    private static final int ITEMS = 8;

    static void produce(RawArray<Integer> buffer, Semaphore free, Semaphore filled) {
        for (int i = 0; i < ITEMS; i++) {
            free.acquire();
            buffer.setInt(i % PLACES, i + 1);
            System.out.print("Produced " + (i + 1) + "\n");
            filled.release();
        }
    }

    static void consume(RawArray<Integer> buffer, Semaphore free, Semaphore filled) {
        int total = 0;
        for (int i = 0; i < ITEMS; i++) {
            filled.acquire();
            int item = buffer.getInt(i % PLACES);
            System.out.print("Consumed " + item + "\n");
            free.release();
            total += item;
        }
        System.out.print("Sum of all consumed: " + total + "\n");
    }

    public static void main(String[] args) {
        RawArray<Integer> buffer = RawArray.of(CType.INT, PLACES);
        Semaphore free = new Semaphore(PLACES);
        Semaphore filled = new Semaphore(0);
        Process producer = Process.of(S2_bounded_buffer::produce, buffer, free, filled);
        Process consumer = Process.of(S2_bounded_buffer::consume, buffer, free, filled);
        producer.start();
        consumer.start();
        producer.join();
        consumer.join();
        System.out.print("Free places: " + free.getValue() + "\n");
    }
}
