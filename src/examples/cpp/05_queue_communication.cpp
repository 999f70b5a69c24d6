// A producer and a consumer, and a Queue with three places between them.
//
// The producer puts five items and then `no_more`: a queue has no end of its own.

#include <multiprocessing/process.hpp>
#include <multiprocessing/queues.hpp>

#include "println.hpp"

namespace mp = multiprocessing;

constexpr int items = 5;
constexpr int no_more = 0;

void produce(mp::Queue<int> queue) {
    for (int i = 1; i <= items; ++i) {
        println("Producer: put item ", i);
        queue.put(i);
    }
    queue.put(no_more);
    queue.close();
    queue.join_thread();
}

void consume(mp::Queue<int> queue) {
    for (int item = queue.get(); item != no_more; item = queue.get()) println("Consumer: got item ", item);
    println("Consumer: no more items");
}

int main() {
    const mp::Queue<int> queue(3);
    mp::Process producer([=] { produce(queue); });
    mp::Process consumer([=] { consume(queue); });
    producer.start();
    consumer.start();
    producer.join();
    consumer.join();
    println("All items have been processed");
}
