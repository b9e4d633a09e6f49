package io.cdccascade.dev;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * A Kafka broker and its KRaft controller inside this JVM, on loopback, that keep their log in a folder.
 *
 * <p>It dies with the JVM, so nothing is left behind. What was acknowledged is in the operating system's hands and
 * survives a kill of the JVM.
 */
public final class EmbeddedKafka implements AutoCloseable {

    private static final int NODE_ID = 1;

    private final Path dir;
    private final int port;
    private KafkaRaftServer server;

    /**
     * @param dir  the folder for the log; created if it is missing
     * @param port the TCP port on 127.0.0.1 for clients
     */
    public EmbeddedKafka(Path dir, int port) {
        this.dir = dir.toAbsolutePath().normalize();
        this.port = port;
    }

    /**
     * Starts the broker and returns when it serves clients. May be called again after {@link #stop}.
     *
     * @throws IllegalStateException if it does not start
     */
    public synchronized void start() {
        if (server != null) {
            return;
        }
        try {
            Files.createDirectories(dir);
            var settings = settings(freePort());
            if (Files.notExists(dir.resolve("meta.properties"))) {
                format(settings);
            }
            server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
            server.startup();
        } catch (IOException e) {
            throw new UncheckedIOException("Kafka did not start", e);
        } catch (Exception e) {
            // Any of them: Scala declares none.
            stop();
            throw new IllegalStateException("Kafka did not start: " + e.getMessage(), e);
        }
    }

    /** Stops the broker; clients see their connections closed. Does nothing if it is not running. */
    public synchronized void stop() {
        if (server != null) {
            server.shutdown();
            server.awaitShutdown();
            server = null;
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** The TCP port on loopback. */
    public int port() {
        return port;
    }

    /** What clients take as {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return "localhost:" + port;
    }

    private Properties settings(int controllerPort) {
        var settings = new Properties();
        settings.setProperty("node.id", Integer.toString(NODE_ID));
        settings.setProperty("process.roles", "broker,controller");
        settings.setProperty("controller.quorum.voters", NODE_ID + "@127.0.0.1:" + controllerPort);
        settings.setProperty("controller.listener.names", "CONTROLLER");
        settings.setProperty(
                "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        settings.setProperty("advertised.listeners", "PLAINTEXT://localhost:" + port);
        settings.setProperty("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.setProperty("log.dirs", dir.toString());

        settings.setProperty("num.partitions", "1");
        settings.setProperty("auto.create.topics.enable", "true");
        settings.setProperty("offsets.topic.num.partitions", "1");
        settings.setProperty("offsets.topic.replication.factor", "1");
        settings.setProperty("transaction.state.log.num.partitions", "1");
        settings.setProperty("transaction.state.log.replication.factor", "1");
        settings.setProperty("transaction.state.log.min.isr", "1");
        settings.setProperty("share.coordinator.state.topic.num.partitions", "1");
        settings.setProperty("share.coordinator.state.topic.replication.factor", "1");
        settings.setProperty("share.coordinator.state.topic.min.isr", "1");
        settings.setProperty("min.insync.replicas", "1");
        settings.setProperty("group.initial.rebalance.delay.ms", "0");

        // After a kill the controller remembers the old broker for one session and refuses the new one. (After a
        // controlled shutdown it does not, which is why that stays on although there is nobody to lead instead.)
        settings.setProperty("broker.session.timeout.ms", "2000");
        settings.setProperty("broker.heartbeat.interval.ms", "500");

        // A row may be large, and an event holds it up to twice. (One request may have 100 MB.)
        settings.setProperty("message.max.bytes", "67108864");

        settings.setProperty("num.network.threads", "2");
        settings.setProperty("num.io.threads", "4");
        // 128 MB of heap by default.
        settings.setProperty("log.cleaner.dedupe.buffer.size", "4194304");
        return settings;
    }

    private void format(Properties settings) throws IOException {
        var file = dir.resolve("format.properties");
        try (var writer = Files.newBufferedWriter(file)) {
            settings.store(writer, null);
        }
        StorageTool.execute(
                new String[] {
                    "format",
                    "--config",
                    file.toString(),
                    "--cluster-id",
                    Uuid.randomUuid().toString()
                },
                new PrintStream(OutputStream.nullOutputStream()));
        Files.delete(file);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
