/** Python's {@code multiprocessing} for Java. */
module org.multiprocessing4j {
    requires java.management;
    requires static org.bytedeco.javacpp;
    requires static info.picocli;
    requires static java.xml;
    requires static me.tongfei.progressbar;

    exports org.multiprocessing4j;
    exports org.multiprocessing4j.connection;
    exports org.multiprocessing4j.pool;
    exports org.multiprocessing4j.posix;

    opens org.multiprocessing4j.cli to info.picocli;
}
