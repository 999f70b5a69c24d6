import java.io.Serializable;
import org.multiprocessing4j.CType;
import org.multiprocessing4j.Condition;
import org.multiprocessing4j.Event;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.RawValue;

// A monitor: data, the lock that guards it, and a condition to wait for.
//
// The customer wants to withdraw more than there is. While it waits it does not have the lock, so that the other
// process can pay in; each payment tells it to look again.
class S1_monitor {

    @SuppressWarnings("try") // the guards are there to be closed, and for nothing else
    record Account(Condition changed, RawValue<Integer> balance) implements Serializable {

        void deposit(int amount) {
            try (var held = changed.hold()) {
                balance.setInt(balance.getInt() + amount);
                System.out.print("Deposited " + amount + ", balance " + balance.getInt() + "\n");
                changed.signal();
            }
        }

        void withdraw(int amount, Event waiting) throws InterruptedException {
            try (var held = changed.hold()) {
                System.out.print("Waiting for " + amount + ", balance " + balance.getInt() + "\n");
                waiting.set();
                changed.waitFor(() -> balance.getInt() >= amount);
                balance.setInt(balance.getInt() - amount);
                System.out.print("Withdrew " + amount + ", balance " + balance.getInt() + "\n");
            }
        }
    }

    static void pay(Account account, Event waiting) throws InterruptedException {
        waiting.await();
        for (int i = 0; i < 5; i++) {
            account.deposit(10);
        }
    }

    public static void main(String[] args) {
        Account account = new Account(new Condition(), RawValue.of(CType.INT, 0));
        Event waiting = new Event();
        Process customer = Process.of(Account::withdraw, account, 50, waiting);
        Process employer = Process.of(S1_monitor::pay, account, waiting);
        customer.start();
        employer.start();
        employer.join();
        customer.join();
        System.out.print("Finished\n");
    }
}
