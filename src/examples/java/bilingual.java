import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Map;
import org.multiprocessing4j.connection.Address;
import org.multiprocessing4j.connection.Client;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.Listener;

// Two programs exchange objects over a socket, whatever they are written in. Here one is Java and the other Python.
class bilingual {

    private static final byte[] KEY = "the key".getBytes(US_ASCII);

    private static final String CLIENT = """
            import sys
            from multiprocessing.connection import Client
            with Client(('localhost', int(sys.argv[1])), authkey=b'the key') as connection:
                connection.send({'name': 'pi', 'value': 3.5, 'digits': [3, 1, 4]})
                print('Python client got', connection.recv(), flush=True)
            """;

    private static final String LISTENER = """
            from multiprocessing.connection import Listener
            with Listener(('localhost', 0), authkey=b'the key') as listener:
                print(listener.address[1], flush=True)
                with listener.accept() as connection:
                    numbers = connection.recv()
                    connection.send([n * n for n in numbers])
            """;

    private static Process python(Redirect output, String program, Object... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("python3", "-c", program);
        for (Object argument : arguments) {
            builder.command().add(argument.toString());
        }
        return builder.redirectOutput(output).redirectError(Redirect.INHERIT).start();
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        try (Listener listener = new Listener(Address.of("localhost", 0), KEY)) {
            int port = ((Address.Inet) listener.address()).port();
            Process client = python(Redirect.INHERIT, CLIENT, port);
            try (Connection connection = listener.accept()) {
                Map<?, ?> message = connection.recv(Map.class);
                List<?> digits = (List<?>) message.get("digits");
                System.out.print("Server got " + message.get("name") + " = " + message.get("value") + ", digits "
                        + digits + "\n");
                connection.send(digits.stream().mapToInt(digit -> (Integer) digit).sum());
            }
            System.out.print("Client's exit code: " + client.waitFor() + "\n");
        }

        Process server = python(Redirect.PIPE, LISTENER);
        int port = Integer.parseInt(server.inputReader().readLine());
        try (Connection connection = Client.connect(Address.of("localhost", port), KEY)) {
            connection.send(List.of(1, 2, 3));
            System.out.print("Python listener answered " + connection.recv() + "\n");
        }
        System.out.print("Listener's exit code: " + server.waitFor() + "\n");
    }
}
