package io.cdccascade.dev;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import redis.embedded.RedisExecProvider;

/**
 * A Redis server on loopback that keeps everything in memory only.
 *
 * <p>It starts empty by intention. A dump would bring back the entries of some moment, while the invalidations that
 * came after it have been applied and are not sent again: the restored entries would be stale for ever.
 */
public final class EmbeddedRedis implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

    private final Path dir;
    private final Path log;
    private final int port;
    private final String password;
    private final ServerProcess server;

    /**
     * @param dir      the folder for the executable, the configuration and the log {@code server.log}; created if it
     *                 is missing
     * @param port     the TCP port on 127.0.0.1
     * @param password the password of the default user; neither spaces nor quotes
     */
    public EmbeddedRedis(Path dir, int port, String password) {
        this.dir = dir.toAbsolutePath().normalize();
        this.log = this.dir.resolve("server.log");
        this.port = port;
        this.password = password;
        this.server = new ServerProcess(this.dir.resolve("redis.pid"), this.dir);
    }

    /**
     * Unpacks the server's program if that has not been done. Not while another thread starts a process: that one inherits
     * the file as open for writing, and until it has become another program, Linux does not run the file ("Text file busy").
     */
    void unpack() {
        try {
            Files.createDirectories(dir);
            executable();
        } catch (IOException e) {
            throw new UncheckedIOException("Redis could not be unpacked", e);
        }
    }

    /**
     * Starts the server and returns when it answers. A server which a killed run left on this folder is stopped first.
     *
     * @throws IllegalStateException if the server does not start; the message ends with what it said
     */
    public void start() {
        try {
            Files.createDirectories(dir);
            stop();
            Files.deleteIfExists(server.pidFile());
            Files.deleteIfExists(log);
            var process = new ProcessBuilder(
                            executable().toString(), configuration().toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw failure();
            }
            awaitAnswer();
        } catch (IOException e) {
            throw new UncheckedIOException("Redis did not start", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
            throw new IllegalStateException("The start of Redis was interrupted", e);
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    /** Stops the server, by force if it hangs; does nothing if it is not running. */
    public void stop() {
        server.find().ifPresent(process -> {
            process.destroy();
            if (!server.awaitExit(process, STOP_PATIENCE)) {
                kill(process);
            }
        });
    }

    /** Ends the server with SIGKILL. */
    public void kill() {
        server.find().ifPresent(this::kill);
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

    private void kill(ProcessHandle process) {
        process.destroyForcibly();
        server.awaitExit(process, STOP_PATIENCE);
    }

    private Path executable() throws IOException {
        var executable = dir.resolve("redis-server-" + RedisExecProvider.redisVersion);
        if (Files.notExists(executable)) {
            // The provider unpacks into the temporary folder, where some systems forbid execution.
            var unpacked = RedisExecProvider.defaultProvider().get().toPath();
            var unfinished = Files.copy(unpacked, dir.resolve("redis-server.unfinished"), REPLACE_EXISTING);
            unfinished.toFile().setExecutable(true, false);
            Files.move(unfinished, executable, ATOMIC_MOVE);
        }
        return executable;
    }

    private Path configuration() throws IOException {
        return Files.writeString(
                dir.resolve("redis.conf"), """
                bind 127.0.0.1
                port %d
                requirepass %s
                dir "%s"
                logfile "%s"
                pidfile "%s"
                save ""
                appendonly no
                maxmemory 512mb
                maxmemory-policy volatile-lru
                # A session of its own: Ctrl-C in the terminal is for the application, which stops Redis last.
                daemonize yes
                # The command line keeps naming this folder, by which the next start knows its predecessor.
                set-proc-title no
                """.formatted(port, password, dir, log, server.pidFile()), UTF_8);
    }

    private void awaitAnswer() throws InterruptedException {
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!answers()) {
            if (System.nanoTime() - deadline > 0) {
                throw failure();
            }
            Thread.sleep(10);
        }
    }

    private boolean answers() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            socket.setSoTimeout(500);
            socket.getOutputStream().write(("AUTH " + password + "\r\n").getBytes(UTF_8));
            var reply = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8)).readLine();
            // Somebody else's server on this port would not know the password, and ours would have given up.
            return "+OK".equals(reply) && pid().isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private IllegalStateException failure() {
        try {
            var output = Files.exists(log) ? Files.readString(log) : "";
            return new IllegalStateException("Redis did not start: " + output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
