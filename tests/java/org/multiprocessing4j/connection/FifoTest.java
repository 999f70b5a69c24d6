package org.multiprocessing4j.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.multiprocessing4j.Context;
import org.multiprocessing4j.posix.OSException;
import org.multiprocessing4j.support.Child;
import org.multiprocessing4j.support.StartMethods;

/** Named pipes. */
class FifoTest {

    static void write(String path) throws IOException {
        try (Connection writer = Fifo.writer(Path.of(path))) {
            writer.send("Hello");
            writer.sendBytes(new byte[100_000]);
        }
    }

    @StartMethods
    void twoProcessesMeetThere(Context context) throws IOException {
        Path directory = Files.createTempDirectory("fifo");
        Path path = directory.resolve("fifö");
        Fifo.make(path);
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        try (Child child = Child.start(context.builder().target(FifoTest::write, path.toString()).build());
                Connection reader = Fifo.reader(path)) {
            assertThat(reader.writable()).isFalse();
            assertThat(reader.recv()).isEqualTo("Hello");
            assertThat(reader.recvBytes()).hasSize(100_000);
            assertThatExceptionOfType(EOFException.class).isThrownBy(reader::recv);
            assertThat(child.exitcode()).isZero();
        }
        Files.delete(path);
        Files.delete(directory);
    }

    @Test
    void errorsAreTheKernels(@TempDir Path directory) {
        Path path = directory.resolve("fifo");
        assertThatExceptionOfType(OSException.class).isThrownBy(() -> Fifo.reader(path))
                .withMessageContaining("ENOENT");
        assertThatExceptionOfType(OSException.class).isThrownBy(() -> Fifo.writer(path))
                .withMessageContaining("ENOENT");
        Fifo.make(path, 0640);
        assertThatExceptionOfType(OSException.class).isThrownBy(() -> Fifo.make(path)).withMessageContaining("EEXIST");
    }
}
