package io.cdccascade.support;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Kafka Connect worker in distributed mode, as a process of its own. Its plugin path holds what Debezium's own
 * archive of the PostgreSQL connector holds, and a jar with this project's transformation; its classpath has neither.
 */
public final class ConnectWorker implements AutoCloseable {

    /** What the connector's archive holds; everything else of Connect's comes from the classpath. */
    private static final String PLUGIN_JARS = "(debezium-|postgresql-|protobuf-java-|sketches-java-|hash4j-).*[.]jar";

    private final Path dir;
    private final String brokers;
    private final Path settings;
    private final int port;
    private Process process;

    /**
     * @param dir     an empty folder
     * @param brokers Kafka's bootstrap servers
     */
    public ConnectWorker(Path dir, String brokers) {
        this.dir = dir;
        this.brokers = brokers;
        this.settings = dir.resolve("worker.properties");
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Writer file = Files.newBufferedWriter(settings)) {
            port = socket.getLocalPort();
            settings().store(file, null);
            Path plugin = Files.createDirectories(dir.resolve("plugins/debezium"));
            for (Path jar : classpath().filter(ConnectWorker::isPlugin).toList()) {
                Files.copy(jar, plugin.resolve(jar.getFileName()));
            }
            projectJar(plugin.resolve("cdc-cascade.jar"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The shipped settings, on loopback, and with less patience for a member of the group that was killed. */
    private Properties settings() throws IOException {
        Properties worker = new Properties();
        try (Reader shipped = Files.newBufferedReader(Path.of("docker/connect.properties"))) {
            worker.load(shipped);
        }
        worker.setProperty("plugin.path", dir.resolve("plugins").toString());
        worker.setProperty("session.timeout.ms", "6000");
        worker.setProperty("heartbeat.interval.ms", "1000");
        worker.setProperty("scheduled.rebalance.max.delay.ms", "0");
        worker.setProperty("offset.storage.partitions", "1");
        worker.setProperty("status.storage.partitions", "1");
        return worker;
    }

    /** Where its REST API is. */
    public String url() {
        return "http://127.0.0.1:" + port;
    }

    /** Starts it, again after {@link #kill}, and returns at once; what it says goes to {@link #log}. */
    public void start() {
        String classpath = classpath()
                .filter(path -> Files.isRegularFile(path) && !isPlugin(path))
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        try {
            ProcessBuilder worker = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-cp",
                            classpath,
                            "org.apache.kafka.connect.cli.ConnectDistributed",
                            settings.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            dir.resolve("worker.log").toFile()));
            worker.environment()
                    .putAll(Map.of(
                            "CONNECT_BOOTSTRAP_SERVERS",
                            brokers,
                            "CONNECT_LISTENERS",
                            url(),
                            "CONNECT_REPLICATION_FACTOR",
                            "1"));
            process = worker.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it has said so far. */
    public String log() {
        try {
            return Files.readString(dir.resolve("worker.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills it and waits until it is gone; does nothing if it does not run. */
    public void kill() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }

    @Override
    public void close() {
        kill();
    }

    private static Stream<Path> classpath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of);
    }

    private static boolean isPlugin(Path path) {
        return path.getFileName().toString().matches(PLUGIN_JARS);
    }

    /** The project's jar, as the image for Kafka Connect has it. */
    private static void projectJar(Path jar) throws IOException {
        Path classes = Path.of("target/classes");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, out);
            }
        }
    }
}
