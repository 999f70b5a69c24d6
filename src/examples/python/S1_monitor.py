"""A monitor: data, the lock that guards it, and a condition to wait for.

The customer wants to withdraw more than there is. While it waits it does not have the lock, so that the other process
can pay in; each payment tells it to look again.
"""

from multiprocessing import Condition, Event, Process, RawValue


class Account:
    def __init__(self):
        self.changed = Condition()
        self.balance = RawValue("i", 0)

    def deposit(self, amount):
        with self.changed:
            self.balance.value += amount
            print(f"Deposited {amount}, balance {self.balance.value}\n", end="", flush=True)
            self.changed.notify()

    def withdraw(self, amount, waiting):
        with self.changed:
            print(f"Waiting for {amount}, balance {self.balance.value}\n", end="", flush=True)
            waiting.set()
            self.changed.wait_for(lambda: self.balance.value >= amount)
            self.balance.value -= amount
            print(f"Withdrew {amount}, balance {self.balance.value}\n", end="", flush=True)


def pay(account, waiting):
    waiting.wait()
    for _ in range(5):
        account.deposit(10)


def main():
    account = Account()
    waiting = Event()
    customer = Process(target=account.withdraw, args=(50, waiting))
    employer = Process(target=pay, args=(account, waiting))
    customer.start()
    employer.start()
    employer.join()
    customer.join()
    print("Finished\n", end="", flush=True)


if __name__ == "__main__":
    main()
