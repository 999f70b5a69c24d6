// A producer sends five messages through a pipe, a consumer receives them until the end.
//
// The consumer sees the end only when every copy of the sending end is closed: the parent's, too, and the consumer's
// own, which it has from the fork. The textbook version forgets that, and its consumer waits for ever.

#include <multiprocessing/connection.hpp>
#include <multiprocessing/process.hpp>

#include "println.hpp"

namespace mp = multiprocessing;

void produce(mp::Connection& writer) {
    for (int i = 1; i <= 5; ++i) {
        println("Producer sends ", i);
        writer.send(i);
    }
    writer.close();
}

void consume(mp::Connection& reader, mp::Connection& unused) {
    unused.close();
    int total = 0;
    try {
        for (;;) {
            const int item = reader.recv<int>();
            println("Consumer received ", item);
            total += item;
        }
    } catch (const mp::EOFError&) {
        println("Consumer saw the end, sum ", total);
    }
}

int main() {
    auto [reader, writer] = mp::Pipe(false);
    mp::Process producer([&writer = writer] { produce(writer); });
    mp::Process consumer([&reader = reader, &writer = writer] { consume(reader, writer); });
    producer.start();
    consumer.start();
    reader.close();
    writer.close();
    producer.join();
    consumer.join();
    println("Exit codes: ", *producer.exitcode(), " and ", *consumer.exitcode());
}
