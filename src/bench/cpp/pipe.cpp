/// @file
/// Messages to another process. The limits are C's: read and write of a pipe, without frames.
#include <unistd.h>

#include <array>
#include <vector>

#include "figures.hpp"
#include "multiprocessing/connection.hpp"
#include "multiprocessing/process.hpp"

namespace bench {
namespace {

using multiprocessing::Connection;

constexpr std::size_t small = 64;
constexpr std::size_t large = 64 << 10;

/// A message of always the same length, as a C program sends it.
template <std::size_t size>
struct Raw {
    multiprocessing::PipeEnds ends = multiprocessing::pipe();
    std::vector<std::byte> buffer = std::vector<std::byte>(size);

    void send() { multiprocessing::write_all(ends.writer.get(), buffer); }
    bool receive() { return multiprocessing::read_all(ends.reader.get(), buffer) == size; }
};

/// A message of this library.
template <std::size_t size>
struct Framed {
    std::pair<Connection, Connection> ends = multiprocessing::Pipe(false);
    std::vector<std::byte> buffer = std::vector<std::byte>(size);

    void send() { ends.second.send_bytes(buffer); }
    bool receive() { return ends.first.recv_bytes_into(buffer) == size; }
};

/// Another process that sends back what it gets. It lives on between requests, as the other peers' does.
template <typename Way>
class Echo {
public:
    Echo() : process_({.target = [this] { echo(); }, .name = {}, .daemon = true}) { process_.start(); }

    std::chrono::nanoseconds ping_pong(long iterations) {
        return time(iterations, [&](long) {
            there_.send();
            back_.receive();
        });
    }

private:
    void echo() {
        while (there_.receive()) back_.send();
    }

    Way there_;
    Way back_;
    multiprocessing::Process process_;
};

/// Another process that takes what comes, and answers when it has had so many.
template <typename Way>
class Sink {
public:
    Sink() : process_({.target = [this] { swallow(); }, .name = {}, .daemon = true}) { process_.start(); }

    std::chrono::nanoseconds stream(long iterations) {
        const auto begin = std::chrono::steady_clock::now();
        count_.second.send(iterations);
        for (long i = 0; i < iterations; ++i) there_.send();
        static_cast<void>(done_.first.recv<long>());
        return std::chrono::steady_clock::now() - begin;
    }

private:
    void swallow() {
        for (;;) {
            const long count = count_.first.recv<long>();
            for (long i = 0; i < count; ++i) there_.receive();
            done_.second.send(count);
        }
    }

    Way there_;
    std::pair<Connection, Connection> count_ = multiprocessing::Pipe(false);
    std::pair<Connection, Connection> done_ = multiprocessing::Pipe(false);
    multiprocessing::Process process_;
};

}  // namespace

void add_pipe(Figures& figures) {
    figures["pipe.pingpong_64B"] = [](long n) {
        static Echo<Raw<small>> partner;
        return partner.ping_pong(n);
    };
    figures["pipe.cpp_pingpong_64B"] = [](long n) {
        static Echo<Framed<small>> partner;
        return partner.ping_pong(n);
    };
    figures["pipe.throughput_64KiB"] = [](long n) {
        static Sink<Raw<large>> partner;
        return partner.stream(n);
    };
    figures["pipe.cpp_throughput_64KiB"] = [](long n) {
        static Sink<Framed<large>> partner;
        return partner.stream(n);
    };
}

}  // namespace bench
