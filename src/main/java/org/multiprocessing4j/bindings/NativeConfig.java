package org.multiprocessing4j.bindings;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how {@code include/multiprocessing/bindings.hpp} becomes the class {@code Native}. Used by the build
 * alone.
 */
@Properties(
        value =
                @Platform(
                        value = "linux",
                        include = "multiprocessing/bindings.hpp",
                        library = "multiprocessing4j"),
        target = "org.multiprocessing4j.bindings",
        helper = "org.multiprocessing4j.bindings.NativeBase",
        global = "org.multiprocessing4j.bindings.Native")
public class NativeConfig implements InfoMapper {

    @Override
    public void map(InfoMap map) {
        // Arrays only: the overloads with JavaCPP's pointers would need its runtime, which is never started.
        map.put(declaration("failed_call", "int failed_call(byte[] name, int capacity)"));
        map.put(declaration("error_text", "int error_text(int error, byte[] text, int capacity)"));
        map.put(declaration("read", "int read(int fd, byte[] buffer, int size)"));
        map.put(declaration("send_fds", "int send_fds(int socket, @Const int[] fds, int count)"));
        map.put(declaration("receive_fds", "int receive_fds(int socket, int[] fds, int capacity)"));
        map.put(declaration("write_all", "int write_all(int fd, @Const byte[] data, int size)"));
        map.put(
                declaration(
                        "spawn",
                        "int spawn(@Const byte[] strings, int argument_count, int environment_count,"
                                + " @Const int[] keep_fds, int keep_count, int stdin_fd)"));
        map.put(new Info("multiprocessing::bindings::close").javaNames("close"));
        map.put(
                new Info("multiprocessing::bindings::still_running")
                        .javaText("public static final long still_running = 1L << 32;"));
    }

    private static Info declaration(String function, String signature) {
        return new Info("multiprocessing::bindings::" + function)
                .javaText(
                        "@Namespace(\"multiprocessing::bindings\") @NoException(true) public static native "
                                + signature
                                + ";");
    }
}
