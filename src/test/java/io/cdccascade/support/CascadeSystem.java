package io.cdccascade.support;

import io.cdccascade.Application;
import io.cdccascade.dev.EmbeddedServers;
import io.cdccascade.invalidation.Watermark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/**
 * The whole system in this process: the shipped routes and settings, the embedded servers in a folder of their own and
 * on ports that were free. Start one for a test class and close it after.
 */
public final class CascadeSystem implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 180;
    private static final int FIRST_PORT = 10_000;
    private static final int LAST_PORT = 32_000;

    private final Map<String, String> settings;
    private final Api api;
    private Main main;

    private CascadeSystem(Map<String, String> settings) {
        this.settings = settings;
        this.api = new Api(Integer.parseInt(settings.get("cascade.api.port")));
    }

    /** Starts the system with the shipped settings. */
    public static CascadeSystem start() {
        return start(Map.of());
    }

    /** Starts the system with some settings of its own, and waits until reads use the cache. */
    public static CascadeSystem start(Map<String, String> overrides) {
        CascadeSystem system = startAsFarAsPossible(overrides);
        if (!"connect".equals(system.setting("cascade.capture.mode"))) {
            try {
                system.bean("watermark", Watermark.class)
                        .known()
                        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                        .join();
            } catch (CompletionException e) {
                // The test class has nothing yet that it could close.
                system.close();
                throw e;
            }
        }
        return system;
    }

    /** Starts the system, one of whose servers may be unreachable. */
    public static CascadeSystem startAsFarAsPossible(Map<String, String> overrides) {
        Map<String, String> settings = new LinkedHashMap<>(freshSettings());
        // A test machine that stands still for a moment must not look like a Redis that hangs.
        settings.put("cascade.redis.read-timeout-ms", "5000");
        // Nor like changes that are not applied: what a test stops, it may stop for long.
        settings.put("cascade.cache.max-staleness", "0");
        settings.putAll(overrides);
        CascadeSystem system = new CascadeSystem(settings);
        system.startApplication();
        return system;
    }

    /** Starts a second instance on this one's servers. It captures nothing. */
    public CascadeSystem startSecond(Map<String, String> overrides) {
        Map<String, String> shared = new HashMap<>(Map.of(
                "cascade.postgres.host",
                "127.0.0.1",
                "cascade.postgres.port",
                setting("cascade.postgres.port"),
                "cascade.redis.host",
                "127.0.0.1",
                "cascade.redis.port",
                setting("cascade.redis.port"),
                "cascade.kafka.brokers",
                "127.0.0.1:" + setting("cascade.kafka.port"),
                // A slot has one reader; and one process cannot hold Debezium's metrics of one connector twice.
                "camel.main.routes-exclude-pattern",
                "**/capture.camel.yaml"));
        shared.putAll(overrides);
        return start(shared);
    }

    /** Settings that keep a system apart from every other: free ports and a folder of its own. */
    public static Map<String, String> freshSettings() {
        try {
            Path data = TestFolders.create();
            return Map.of(
                    "cascade.data",
                    data.toString(),
                    "cascade.postgres.port",
                    String.valueOf(freePort()),
                    "cascade.redis.port",
                    String.valueOf(freePort()),
                    "cascade.kafka.port",
                    String.valueOf(freePort()),
                    "cascade.api.port",
                    String.valueOf(freePort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Not one that the system hands out: a server that starts again would find it taken by a client's connection. */
    private static int freePort() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException e) {
                // The next one.
            }
        }
    }

    /** Starts the application, again after {@link #stopApplication}; its embedded servers start with it. */
    public void startApplication() {
        main = new Main(Application.class);
        main.setDefaultPropertyPlaceholderLocation("file:application.properties");
        settings.forEach(main::addOverrideProperty);
        main.start();
    }

    /** Stops the application in good order, and the embedded servers with it. */
    public void stopApplication() {
        main.stop();
    }

    /** The embedded servers, to be stopped, killed and started again. */
    public EmbeddedServers servers() {
        return bean("servers", EmbeddedServers.class);
    }

    /** The running Camel context. */
    public CamelContext context() {
        return main.getCamelContext();
    }

    /** A bean of the running system. */
    public <T> T bean(String name, Class<T> type) {
        return context().getRegistry().lookupByNameAndType(name, type);
    }

    /** A setting's value. */
    public String setting(String key) {
        return settings.get(key);
    }

    /** Runs SQL statements in a connection of their own, each in its own transaction. */
    public void sql(String... statements) throws SQLException {
        try (Connection connection = servers().postgres().connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** GET under the API's base path, e.g. {@code /sinners/read/14}; headers as name, value, name, value, … */
    public HttpResponse<String> get(String path, String... headers) {
        return api.get(path, headers);
    }

    /** A request under the API's base path with a JSON body, or null for none. */
    public HttpResponse<String> send(String method, String path, String body, String... headers) {
        return api.send(method, path, body, headers);
    }

    /** A request to any path of the server. */
    public HttpResponse<String> request(String method, String path, String body, String... headers) {
        return api.request(method, path, body, headers);
    }

    /** The status of readiness: 200 while everything that has to run runs, else 503. */
    public int readiness() {
        return api.readiness();
    }

    /** What stands in Kafka; to be closed by the caller. */
    public Topics topics() {
        return new Topics("127.0.0.1:" + settings.get("cascade.kafka.port"));
    }

    /** The Cache-Status of an answer without the cache's name: {@code hit}, {@code fwd=miss; stored}, … */
    public static String cacheStatus(HttpResponse<String> answer) {
        return Api.cacheStatus(answer);
    }

    @Override
    public void close() {
        main.stop();
    }
}
