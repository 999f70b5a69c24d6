import org.multiprocessing4j.Process;
import org.multiprocessing4j.Queue;

// A producer and a consumer, and a Queue with three places between them.
//
// The producer puts five items and then NO_MORE: a queue has no end of its own, and null, which Python has for that, is
// no message here.
class _05_queue_communication {
    static final int ITEMS = 5;
    static final int NO_MORE = 0;

    static void produce(Queue<Integer> queue) throws InterruptedException {
        for (int i = 1; i <= ITEMS; i++) {
            System.out.print("Producer: put item " + i + "\n");
            queue.put(i);
        }
        queue.put(NO_MORE);
        queue.close();
        queue.joinThread();
    }

    static void consume(Queue<Integer> queue) throws InterruptedException {
        for (int item = queue.get(); item != NO_MORE; item = queue.get()) {
            System.out.print("Consumer: got item " + item + "\n");
        }
        System.out.print("Consumer: no more items\n");
    }

    public static void main(String[] args) {
        Queue<Integer> queue = new Queue<>(3);
        Process producer = Process.of(_05_queue_communication::produce, queue);
        Process consumer = Process.of(_05_queue_communication::consume, queue);
        producer.start();
        consumer.start();
        producer.join();
        consumer.join();
        System.out.print("All items have been processed\n");
    }
}
