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
                declaration(
                        "lock_init", "int lock_init(long lock, int recursive, @Const byte[] name, int name_length)"));
        map.put(declaration("lock_name", "int lock_name(long lock, byte[] name, int capacity)"));
        map.put(
                declaration(
                        "counting_semaphore_init",
                        "int counting_semaphore_init(long semaphore, int value, int bound, @Const byte[] name,"
                                + " int name_length)"));
        map.put(declaration("deadlocks", "int deadlocks(int pid, byte[] text, int capacity)"));
        map.put(declaration("deadlock_last", "int deadlock_last(byte[] text, int capacity)"));
        map.put(declaration("queue_others", "int queue_others(int fd, int[] pids, int capacity)"));
        map.put(declaration("locks", "int locks(int pid, byte[] text, int capacity)"));
        connections(map);
        constants(map);
    }

    private static void connections(InfoMap map) {
        map.put(declaration("mkfifo", "int mkfifo(@Const byte[] path, int length, int mode)"));
        map.put(declaration("open_fifo", "int open_fifo(@Const byte[] path, int length, int write)"));
        map.put(declaration("failed_text", "int failed_text(byte[] text, int capacity)"));
        map.put(declaration("connection_descriptors", "int connection_descriptors(int[] fds, int capacity)"));
        map.put(
                declaration(
                        "client_connect",
                        "int client_connect(@Const byte[] host, int length, int port, @Const byte[] key,"
                                + " int key_length, long timeout_ns)"));
        map.put(declaration("deliver_challenge", "int deliver_challenge(int fd, @Const byte[] key, int key_length)"));
        map.put(declaration("answer_challenge", "int answer_challenge(int fd, @Const byte[] key, int key_length)"));
        map.put(
                declaration(
                        "listener_open",
                        "long listener_open(@Const byte[] host, int length, int port, int backlog, @Const byte[] key,"
                                + " int key_length, long handshake_timeout_ns)"));
        map.put(
                declaration("listener_host", "int listener_host(long listener, int last, byte[] text, int capacity)"));
    }

    /** As constants of the class: what JavaCPP makes of them are calls. */
    private static void constants(InfoMap map) {
        map.put(constant("still_running", "long", "1L << 32"));
        map.put(constant("sync_lock", "int", "1"));
        map.put(constant("sync_rlock", "int", "2"));
        map.put(constant("sync_semaphore", "int", "3"));
        map.put(constant("sync_condition", "int", "4"));
        map.put(constant("sync_event", "int", "5"));
        map.put(constant("sync_barrier", "int", "6"));
        map.put(constant("lock_depth_offset", "int", "16"));
        map.put(constant("acquire_timed_out", "int", "0"));
        map.put(constant("acquire_taken", "int", "1"));
        map.put(constant("acquire_recovered", "int", "2"));
        map.put(constant("counting_semaphore_contended", "long", "1L << 31"));
        map.put(constant("counting_semaphore_booking", "long", "63L << 32"));
        map.put(constant("counting_semaphore_version", "long", "1L << 40"));
        map.put(constant("barrier_is_broken", "int", "-1000"));
        map.put(constant("barrier_still_waiting", "int", "-1001"));
        map.put(constant("barrier_run_action", "long", "1L << 62"));
        map.put(constant("queue_plain", "int", "7"));
        map.put(constant("queue_simple", "int", "8"));
        map.put(constant("queue_joinable", "int", "9"));
        map.put(constant("queue_timed_out", "int", "0"));
        map.put(constant("queue_done", "int", "1"));
        map.put(constant("queue_too_small", "int", "2"));
        map.put(constant("queue_underway", "int", "3"));
        map.put(constant("queue_shut_door", "int", "4"));
        map.put(constant("queue_status_bits", "int", "7"));
        map.put(constant("queue_lost_flag", "int", "8"));
        map.put(constant("queue_lost_with_reader_flag", "int", "16"));
        map.put(constant("queue_letter_shift", "int", "8"));
        map.put(constant("queue_bytes_shift", "int", "16"));
        map.put(constant("queue_shelf_size", "int", "4096"));
        map.put(constant("queue_shelf_first", "int", "8"));
        map.put(constant("queue_head_offset", "int", "128"));
        map.put(constant("queue_writers_offset", "int", "256"));
        map.put(constant("connection_eof", "int", "-2000"));
        map.put(constant("connection_refused", "int", "-2001"));
        map.put(constant("connection_timed_out", "int", "-2002"));
        map.put(constant("connection_closed", "int", "-2003"));
        map.put(constant("deadlock_ignore", "int", "0"));
        map.put(constant("deadlock_report", "int", "1"));
        map.put(constant("deadlock_throw", "int", "2"));
        map.put(constant("deadlock_tell", "int", "3"));
    }

    private static Info constant(String name, String type, String value) {
        return new Info("multiprocessing::bindings::" + name)
                .javaText("public static final " + type + " " + name + " = " + value + ";");
    }

    private static Info declaration(String function, String signature) {
        return new Info("multiprocessing::bindings::" + function)
                .javaText(
                        "@Namespace(\"multiprocessing::bindings\") @NoException(true) public static native "
                                + signature
                                + ";");
    }
}
