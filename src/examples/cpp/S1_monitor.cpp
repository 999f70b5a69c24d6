// A monitor: data, the lock that guards it, and a condition to wait for.
//
// The customer wants to withdraw more than there is. While it waits it does not have the lock, so that the other
// process can pay in; each payment tells it to look again.

#include <multiprocessing/process.hpp>
#include <multiprocessing/sharedctypes.hpp>
#include <multiprocessing/synchronize.hpp>

#include <mutex>

#include "println.hpp"

namespace mp = multiprocessing;

class Account {
public:
    void deposit(int amount) {
        std::lock_guard guard{changed_};
        balance_.value() += amount;
        println("Deposited ", amount, ", balance ", balance_.value());
        changed_.notify();
    }

    void withdraw(int amount, mp::Event& waiting) {
        std::lock_guard guard{changed_};
        println("Waiting for ", amount, ", balance ", balance_.value());
        waiting.set();
        changed_.wait_for([&] { return balance_.value() >= amount; });
        balance_.value() -= amount;
        println("Withdrew ", amount, ", balance ", balance_.value());
    }

private:
    mp::Condition changed_;
    mp::RawValue<int> balance_{0};
};

int main() {
    Account account;
    mp::Event waiting;
    mp::Process customer([=]() mutable { account.withdraw(50, waiting); });
    mp::Process employer([=]() mutable {
        waiting.wait();
        for (int i = 0; i < 5; ++i) account.deposit(10);
    });
    customer.start();
    employer.start();
    employer.join();
    customer.join();
    println("Finished");
}
