// A bounded buffer: a producer and a consumer share three places.
//
// One semaphore counts the free places and one the filled ones: the producer waits for the first and signals the
// second, the consumer does the opposite. Such permits pass from one process to the other and belong to nobody: they
// are taken by acquire() and given by release().

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>
#include <multiprocessing/synchronize.hpp>

#include "println.hpp"

namespace mp = multiprocessing;

constexpr int places = 3;
constexpr int items = 8;

struct Buffer {
    mp::RawArray<int> place = mp::RawArray<int>(places);
    mp::Semaphore free{places};
    mp::Semaphore filled{0};
};

void produce(Buffer buffer) {
    for (int i = 0; i < items; ++i) {
        buffer.free.acquire();
        buffer.place[i % places] = i + 1;
        println("Produced ", i + 1);
        buffer.filled.release();
    }
}

void consume(Buffer buffer) {
    int sum = 0;
    for (int i = 0; i < items; ++i) {
        buffer.filled.acquire();
        const int item = buffer.place[i % places];
        println("Consumed ", item);
        buffer.free.release();
        sum += item;
    }
    println("Sum of all consumed: ", sum);
}

int main() {
    const Buffer buffer;
    mp::Process producer([=] { produce(buffer); });
    mp::Process consumer([=] { consume(buffer); });
    producer.start();
    consumer.start();
    producer.join();
    consumer.join();
    println("Free places: ", buffer.free.get_value());
}
