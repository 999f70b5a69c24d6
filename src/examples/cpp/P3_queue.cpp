// A Queue carries a message from one process to another.

#include <multiprocessing/process.hpp>
#include <multiprocessing/queues.hpp>

#include <string>

#include "println.hpp"

namespace mp = multiprocessing;

int main() {
    mp::Queue<std::string> queue;
    mp::Process producer([&] { queue.put("Hello from producer"); });
    mp::Process consumer([&] { println("Consumer received: ", queue.get()); });
    producer.start();
    consumer.start();
    producer.join();
    consumer.join();
}
