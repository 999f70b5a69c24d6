// A server and its clients, over TCP: who has the key is served, who has not is refused.

#include <multiprocessing/connection.hpp>
#include <multiprocessing/process.hpp>

#include <deque>
#include <string>

#include "println.hpp"

namespace mp = multiprocessing;

void client(int number, const mp::Address& address, const std::string& key) {
    try {
        auto connection = mp::Client(address, key);
        connection.send(number);
        println("Client ", number, " got ", connection.recv<int>());
    } catch (const mp::AuthenticationError&) {
        println("Client ", number, " was refused");
    }
}

int main() {
    int served = 0;
    int refused = 0;
    mp::Listener listener({"localhost", 0}, {.backlog = 4, .authkey = "the key"});
    std::deque<mp::Process> clients;
    for (int i = 1; i <= 4; ++i) {
        const std::string key = i < 4 ? "the key" : "no key";
        clients.emplace_back([&listener, i, key] { client(i, listener.address(), key); });
    }
    for (auto& process : clients) process.start();
    while (served + refused < 4) {
        try {
            auto connection = listener.accept();
            const int number = connection.recv<int>();
            connection.send(number * number);
            ++served;
        } catch (const mp::AuthenticationError&) {
            ++refused;
        }
    }
    for (auto& process : clients) process.join();
    println("Server: ", served, " served, ", refused, " refused");
}
