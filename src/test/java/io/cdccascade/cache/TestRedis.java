package io.cdccascade.cache;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.redisson.api.RedissonClient;
import org.redisson.api.redisnode.RedisNodes;
import org.redisson.client.codec.StringCodec;
import org.redisson.client.protocol.Time;
import redis.embedded.RedisServer;

/** A Redis of a test's own, on a free port with a password, which saves its memory to a folder when it stops. */
final class TestRedis implements AutoCloseable {

    private static final String PASSWORD = "secret";

    private final int port = freePort();
    private final Path folder;
    private final RedisServer server;
    private final RedissonClient client;
    private final WriteConnection connection;

    TestRedis(Path folder) {
        this.folder = folder;
        this.server = RedisServer.builder()
                .port(port)
                .setting("requirepass " + PASSWORD)
                .setting("masterauth " + PASSWORD)
                .setting("repl-diskless-sync-delay 0")
                .setting("dir " + folder.toAbsolutePath())
                .setting("save 3600 1")
                .build();
        server.start();
        this.client = RedisClients.patient(settings(5_000));
        this.connection = new WriteConnection(settings(5_000));
    }

    RedissonClient client() {
        return client;
    }

    /** What invalidations go through. */
    WriteConnection connection() {
        return connection;
    }

    /** Where this Redis is, for clients that wait as long as this. */
    RedisSettings settings(int timeoutMillis) {
        return new RedisSettings("127.0.0.1", port, PASSWORD, timeoutMillis, 5_000);
    }

    /** What a person sees with GET; null if there is nothing. */
    String text(String name) {
        return client.<String>getBucket(name, StringCodec.INSTANCE).get();
    }

    /** What a person sees with HGETALL. */
    Map<String, String> hash(String name) {
        return client.<String, String>getMap(name, StringCodec.INSTANCE).readAllMap();
    }

    /** How long a key will live, in milliseconds; negative if it is not there, or lives for ever. */
    long life(String name) {
        return client.getBucket(name, StringCodec.INSTANCE).remainTimeToLive();
    }

    void delete(String name) {
        client.getKeys().delete(name);
    }

    /** Microseconds since 1970 by this Redis's clock. */
    long now() {
        Time time = client.getRedisNodes(RedisNodes.SINGLE).getInstance().time();
        return time.getSeconds() * 1_000_000L + time.getMicroseconds();
    }

    void configure(String setting, String value) {
        client.getRedisNodes(RedisNodes.SINGLE).getInstance().setConfig(setting, value);
    }

    /** What INFO says. */
    String info() {
        RedisClient other = RedisClient.create(RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(port)
                .withPassword(PASSWORD.toCharArray())
                .build());
        try {
            return other.connect().sync().info();
        } finally {
            other.shutdown(0, 1, TimeUnit.SECONDS);
        }
    }

    /** Becomes a replica, whether or not it can reach the other. */
    void follow(TestRedis other) {
        command("REPLICAOF 127.0.0.1 " + other.port);
    }

    /** Stops being a replica; a master stays what it is. */
    void promote() {
        command("REPLICAOF NO ONE");
    }

    /** Becomes a replica of nobody, so that its memory stays as it is. */
    void demote() {
        command("REPLICAOF 127.0.0.1 1");
    }

    /** Takes commands but does not answer them for a while. */
    void hang(long millis) {
        command("CLIENT PAUSE " + millis + " ALL");
    }

    /** What the client offers no method for; the command must answer OK. */
    void command(String command) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                BufferedReader replies =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            socket.getOutputStream()
                    .write(("AUTH " + PASSWORD + "\r\n" + command + "\r\n").getBytes(StandardCharsets.UTF_8));
            if (!"+OK".equals(replies.readLine()) || !"+OK".equals(replies.readLine())) {
                throw new IllegalStateException("Redis did not " + command);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void stop() {
        server.stop();
    }

    void start() {
        server.start();
    }

    /** Keeps what was saved at the last stop, for {@link #restoreDump}. */
    void keepDump() {
        copy("dump.rdb", "kept.rdb");
    }

    /** Lets the next start begin with the memory of {@link #keepDump}. */
    void restoreDump() {
        copy("kept.rdb", "dump.rdb");
    }

    private void copy(String from, String to) {
        try {
            Files.copy(folder.resolve(from), folder.resolve(to), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
        server.stop();
    }
}
