import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.connection.Address;
import org.multiprocessing4j.connection.AuthenticationException;
import org.multiprocessing4j.connection.Client;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.Listener;

// A server and its clients, over TCP: who has the key is served, who has not is refused.
class sockets {

    static void client(int number, int port, String key) throws IOException {
        try (Connection connection = Client.connect(Address.of("localhost", port), key.getBytes(US_ASCII))) {
            connection.send(number);
            System.out.print("Client " + number + " got " + connection.recv() + "\n");
        } catch (AuthenticationException e) {
            System.out.print("Client " + number + " was refused\n");
        }
    }

    public static void main(String[] args) throws IOException {
        int served = 0;
        int refused = 0;
        try (Listener listener = Listener.builder().address(Address.of("localhost", 0)).backlog(4)
                .authkey("the key".getBytes(US_ASCII)).open()) {
            int port = ((Address.Inet) listener.address()).port();
            List<Process> clients = new ArrayList<>();
            for (int i = 1; i <= 4; i++) {
                clients.add(Process.of(sockets::client, i, port, i < 4 ? "the key" : "no key"));
            }
            clients.forEach(Process::start);
            while (served + refused < clients.size()) {
                try (Connection connection = listener.accept()) {
                    int number = connection.recv(Integer.class);
                    connection.send(number * number);
                    served++;
                } catch (AuthenticationException e) {
                    refused++;
                }
            }
            clients.forEach(Process::join);
        }
        System.out.print("Server: " + served + " served, " + refused + " refused\n");
    }
}
