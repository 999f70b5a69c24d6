package org.multiprocessing4j.bench;

import java.io.EOFException;
import java.io.IOException;
import java.util.Map;
import org.multiprocessing4j.Multiprocessing;
import org.multiprocessing4j.Process;
import org.multiprocessing4j.connection.Connection;
import org.multiprocessing4j.connection.Pipe;

/** Messages to another process: there and back, and as many as will go. */
final class PipeFigures {
    private static final int SMALL = 64;
    private static final int LARGE = 64 << 10;

    private PipeFigures() {}

    static void addTo(Map<String, Figure> figures) {
        figures.put("pipe.pingpong_64B", iterations -> OneWay.ECHO.pingPong(iterations));
        figures.put("pipe.duplex_pingpong_64B", iterations -> Duplex.ECHO.pingPong(iterations));
        figures.put("pipe.throughput_64KiB", iterations -> Stream.SINK.stream(iterations));
        figures.put("pipe.objects", iterations -> OneWay.ECHO.objects(iterations));
    }

    // What the partner processes do. Not in the classes below: to initialize one is to start a partner.

    static void echo(Connection in, Connection out) throws IOException {
        try {
            while (true) {
                out.sendBytes(in.recvBytes());
            }
        } catch (EOFException e) {
            out.close();
        }
    }

    /** Answers each empty message with one. */
    static void swallow(Connection in, Connection out) throws IOException {
        while (true) {
            if (in.recvBytes().length == 0) {
                out.sendBytes(new byte[0]);
            }
        }
    }

    /** Another process that sends back what it gets; an iteration is both ways. */
    private record Partner(Connection out, Connection in) {

        static Partner start(Process.Target2<Connection, Connection> target, boolean duplex) {
            Pipe there = Multiprocessing.pipe(duplex);
            Pipe back = duplex ? new Pipe(there.second(), there.first()) : Multiprocessing.pipe(false);
            Process.builder().target(target, there.first(), back.second()).daemon(true).build().start();
            return new Partner(there.second(), back.first());
        }

        long pingPong(int iterations) throws IOException {
            byte[] message = new byte[SMALL];
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                out.sendBytes(message);
                in.recvBytes();
            }
            return System.nanoTime() - begin;
        }

        long objects(int iterations) throws IOException {
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                out.send("message");
                in.recv();
            }
            return System.nanoTime() - begin;
        }

        long stream(int iterations) throws IOException {
            byte[] message = new byte[LARGE];
            long begin = System.nanoTime();
            for (int i = 0; i < iterations; i++) {
                out.sendBytes(message);
            }
            out.sendBytes(new byte[0]);
            in.recvBytes();
            return System.nanoTime() - begin;
        }
    }

    private static final class OneWay {
        private static final Partner ECHO = Partner.start(PipeFigures::echo, false);
    }

    private static final class Duplex {
        private static final Partner ECHO = Partner.start(PipeFigures::echo, true);
    }

    private static final class Stream {
        private static final Partner SINK = Partner.start(PipeFigures::swallow, false);
    }
}
