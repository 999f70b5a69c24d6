import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;

// A Queue carries a message from one process to another.
class P3_queue {

    static void produce(Queue<String> queue) throws InterruptedException {
        queue.put("Hello from producer");
    }

    static void consume(Queue<String> queue) throws InterruptedException {
        System.out.print("Consumer received: " + queue.get() + "\n");
    }

    public static void main(String[] args) {
        Queue<String> queue = new Queue<>();
        Process producer = Process.of(P3_queue::produce, queue);
        Process consumer = Process.of(P3_queue::consume, queue);
        producer.start();
        consumer.start();
        producer.join();
        consumer.join();
    }
}
