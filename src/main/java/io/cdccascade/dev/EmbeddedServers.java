package io.cdccascade.dev;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;

/**
 * The servers that no setting says to be elsewhere: each of PostgreSQL, Redis and Kafka is embedded unless it has a
 * host. They live and die together and share one data folder, which belongs to one running instance at a time.
 */
public final class EmbeddedServers implements AutoCloseable, CamelContextAware {

    /** What stands for the host of a server that is embedded. */
    public static final String EMBEDDED = "embedded";

    /** One server: what to do to it, and the settings that say where it is. */
    private record Server(
            String external, String externalSetting, int port, String portSetting, Runnable start, Runnable stop) {

        boolean isEmbedded() {
            return external == null || external.isBlank() || external.equals(EMBEDDED);
        }

        String address() {
            if (isEmbedded()) {
                return "localhost:" + port;
            }
            // Of a Redis Cluster several nodes may be named, some with a port of their own.
            String first = external.split(",")[0].strip();
            return first.matches("[^:]+:\\d+") ? first : first + ":" + port;
        }
    }

    private final Path data;
    private final Server postgresServer;
    private final Server redisServer;
    private final Server kafkaServer;
    private final EmbeddedPostgres postgres;
    private final EmbeddedRedis redis;
    private final EmbeddedKafka kafka;
    private final String postgresDatabase;
    private final String postgresUser;
    private final String postgresPassword;
    private final String redisPassword;
    private FileChannel lock;
    private CamelContext camelContext;

    /**
     * @param data             the folder of everything the embedded servers keep; created if it is missing
     * @param postgresHost     the host of an external PostgreSQL; null, blank or {@code embedded} means embedded, here
     *                         as for the others
     * @param postgresPort     PostgreSQL's port
     * @param postgresDatabase the database; created with the script if it is missing
     * @param postgresUser     the superuser
     * @param postgresPassword the superuser's password
     * @param initScript       the SQL script that a new embedded database is made with
     * @param redisHost        the host of an external Redis
     * @param redisPort        Redis's port
     * @param redisPassword    Redis's password
     * @param kafkaBrokers     the bootstrap servers of an external Kafka, {@code host:port,host:port}
     * @param kafkaPort        the embedded Kafka's port
     */
    public EmbeddedServers(
            String data,
            String postgresHost,
            int postgresPort,
            String postgresDatabase,
            String postgresUser,
            String postgresPassword,
            String initScript,
            String redisHost,
            int redisPort,
            String redisPassword,
            String kafkaBrokers,
            int kafkaPort) {
        this.data = Path.of(data).toAbsolutePath().normalize();
        this.postgresDatabase = postgresDatabase;
        this.postgresUser = postgresUser;
        this.postgresPassword = postgresPassword;
        this.redisPassword = redisPassword;
        postgres = new EmbeddedPostgres(
                this.data.resolve("postgres"),
                postgresPort,
                postgresDatabase,
                postgresUser,
                postgresPassword,
                Path.of(initScript));
        redis = new EmbeddedRedis(this.data.resolve("redis"), redisPort, redisPassword);
        kafka = new EmbeddedKafka(this.data.resolve("kafka"), kafkaPort);
        postgresServer = new Server(
                postgresHost,
                "cascade.postgres.host",
                postgresPort,
                "cascade.postgres.port",
                postgres::start,
                postgres::stop);
        redisServer =
                new Server(redisHost, "cascade.redis.host", redisPort, "cascade.redis.port", redis::start, redis::stop);
        kafkaServer = new Server(
                kafkaBrokers, "cascade.kafka.brokers", kafkaPort, "cascade.kafka.port", kafka::start, kafka::stop);
    }

    /**
     * Names the context whose end ends the servers. When it does not come to start, because a route is wrong or
     * somebody presses Ctrl-C too early, it destroys no beans; the servers then stop with the JVM.
     */
    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
        Runtime.getRuntime().addShutdownHook(new Thread(this::stopUnlessCamelDoes, "embedded-servers-stop"));
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    private void stopUnlessCamelDoes() {
        // A context that is up takes its work in flight to the end first, in a shutdown hook of its own.
        if (!camelContext.isStarted() && !camelContext.isStopping()) {
            stop();
        }
    }

    /**
     * Starts the embedded servers side by side and returns when all of them answer. If one of them does not start,
     * none of them is left running.
     *
     * @throws IllegalStateException if the data folder is in use, a port is taken or a server does not start; the
     *                               message says which setting helps
     */
    public synchronized void start() {
        if (lock != null || embedded().isEmpty()) {
            return;
        }
        lock = lock();
        try {
            // What a killed run left behind holds the ports.
            stopServers();
            embedded().forEach(EmbeddedServers::requireFreePort);
            if (redisServer.isEmbedded()) {
                redis.unpack();
            }
            inParallel(embedded().stream().map(Server::start));
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    /** Stops the embedded servers side by side; does nothing if {@link #start} has not been called. */
    public synchronized void stop() {
        if (lock == null) {
            return;
        }
        try {
            stopServers();
        } finally {
            try {
                lock.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                lock = null;
            }
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** The embedded PostgreSQL; it does not run if an external one is set. */
    public EmbeddedPostgres postgres() {
        return postgres;
    }

    /** The embedded Redis; it does not run if an external one is set. */
    public EmbeddedRedis redis() {
        return redis;
    }

    /** The embedded Kafka; it does not run if an external one is set. */
    public EmbeddedKafka kafka() {
        return kafka;
    }

    /** The folder of everything the embedded servers keep. */
    public Path data() {
        return data;
    }

    /** PostgreSQL's URL as {@code psql} takes it; with the password only if the server is embedded. */
    public String postgresUrl() {
        return "postgresql://" + credentials(postgresServer, postgresUser, postgresPassword) + postgresServer.address()
                + "/" + postgresDatabase;
    }

    /** Redis's URL as {@code redis-cli -u} takes it; with the password only if the server is embedded. */
    public String redisUrl() {
        return "redis://" + credentials(redisServer, "", redisPassword) + redisServer.address();
    }

    /** Kafka's address as clients take it for {@code bootstrap.servers}. */
    public String kafkaBootstrapServers() {
        return kafkaServer.isEmbedded() ? kafkaServer.address() : kafkaServer.external();
    }

    private static String credentials(Server server, String user, String password) {
        return server.isEmbedded() ? user + ":" + password + "@" : "";
    }

    private List<Server> embedded() {
        return Stream.of(postgresServer, redisServer, kafkaServer)
                .filter(Server::isEmbedded)
                .toList();
    }

    private void stopServers() {
        inParallel(embedded().stream().map(Server::stop));
    }

    private static void inParallel(Stream<Runnable> tasks) {
        // The common pool has no second thread on a machine with two cores.
        var runs = tasks.map(task -> CompletableFuture.runAsync(task, run -> new Thread(run, "embedded").start()))
                .toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(runs).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private FileChannel lock() {
        try {
            Files.createDirectories(data);
            var channel = FileChannel.open(data.resolve("lock"), CREATE, WRITE);
            // The system releases it when the JVM ends, however that happens.
            if (isLocked(channel)) {
                return channel;
            }
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException("The data folder " + data + " cannot be used (" + e
                    + "): set cascade.data (or CASCADE_DATA) to another one");
        }
        throw new IllegalStateException("The data folder " + data + " is in use by another running instance: stop that "
                + "one, or set cascade.data (or CASCADE_DATA) to another folder");
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // The other instance is in this JVM.
            return false;
        }
    }

    private static void requireFreePort(Server server) {
        try {
            new ServerSocket(server.port(), 1, InetAddress.getLoopbackAddress()).close();
        } catch (IOException e) {
            throw new IllegalStateException("Port " + server.port() + " is taken: set " + server.portSetting() + " (or "
                    + server.portSetting().toUpperCase(Locale.ROOT).replace('.', '_') + ") to another one, or "
                    + server.externalSetting() + " to use that server");
        }
    }
}
