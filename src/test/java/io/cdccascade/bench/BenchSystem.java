package io.cdccascade.bench;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.util.FileUtil;

/**
 * The application as the production image runs it, in a process of its own and with embedded servers, on free ports and on an empty
 * folder under {@code target/}; its tables are those of {@code bench/tables} and hold the benchmarks' rows.
 */
final class BenchSystem implements AutoCloseable {

    private static final String APPLICATION = "io.cdccascade.Application";

    private final Map<String, String> settings = new HashMap<>();
    private final Path folder = Path.of("target", "bench").toAbsolutePath();
    private final BenchServer application;
    private final BenchRows rows;
    private final BenchRedis redis;

    /**
     * Starts it and returns when it serves the rows.
     *
     * @param overrides settings of the application that differ from the shipped ones and from the free ports
     * @param misses    how many rows there are to be read once each
     */
    BenchSystem(Map<String, String> overrides, int misses) throws Exception {
        FileUtil.removeDir(folder.toFile());
        Files.createDirectories(folder);
        settings.putAll(Map.of(
                "cascade.data", folder.resolve("data").toString(),
                // As in the production image.
                "cascade.cli.enabled", "false",
                "cascade.tables.files", "file:bench/tables/*.camel.yaml",
                "cascade.postgres.port", String.valueOf(BenchServer.freePort()),
                "cascade.redis.port", String.valueOf(BenchServer.freePort()),
                "cascade.kafka.port", String.valueOf(BenchServer.freePort()),
                "cascade.api.port", String.valueOf(BenchServer.freePort())));
        settings.putAll(overrides);
        application = start(settings);
        Map<String, String> all = settings();
        rows = new BenchRows(all, misses);
        // The row of the sample data: the tables are there, published and served.
        application.await(HttpCases.SINNERS + "/14", 200);
        rows.seed();
        redis = new BenchRedis(all);
        redis.awaitQuiet();
        application.await("/observe/health/ready", 200);
        application.await("/api/v1/slow/read/0", 404);
    }

    /** Starts a second instance that shares the servers and has {@link StepRoutes}. */
    BenchServer startWithStep() throws IOException, InterruptedException {
        Path routes = folder.resolve("routes");
        StepRoutes.write(routes);
        Map<String, String> shared = new HashMap<>(settings);
        shared.put("cascade.data", folder.resolve("none").toString());
        shared.put("cascade.api.port", String.valueOf(BenchServer.freePort()));
        shared.putIfAbsent("cascade.postgres.host", "127.0.0.1");
        shared.putIfAbsent("cascade.redis.host", "127.0.0.1");
        shared.putIfAbsent("cascade.kafka.brokers", "127.0.0.1:" + settings.get("cascade.kafka.port"));
        shared.put(
                "camel.main.routes-include-pattern",
                "file:" + routes + "/beans.camel.yaml,file:" + routes + "/*.camel.yaml");
        // The first one captures and invalidates, and keeps all partitions to itself.
        shared.put("camel.main.routes-exclude-pattern", "**/capture.camel.yaml,**/invalidate.camel.yaml");
        BenchServer server = start(shared);
        server.await("/api/v1/sinners/read/" + BenchRows.ONE, 200);
        return server;
    }

    /** A bare Vert.x server that answers a constant. */
    BenchServer startVertx() throws IOException, InterruptedException {
        return startConstant(ConstantVertx.class);
    }

    /** The stock engine of platform-http with a route that answers a constant. */
    BenchServer startConstantRoute() throws IOException, InterruptedException {
        return startConstant(ConstantRoute.class);
    }

    BenchServer application() {
        return application;
    }

    BenchRows rows() {
        return rows;
    }

    BenchRedis redis() {
        return redis;
    }

    /** The application's settings, as it runs. */
    Map<String, String> settings() throws IOException {
        Map<String, String> all = shipped();
        all.putAll(settings);
        return all;
    }

    @Override
    public void close() throws InterruptedException {
        redis.close();
        application.close();
    }

    private BenchServer start(Map<String, String> environment) throws IOException {
        return BenchServer.start(
                Integer.parseInt(environment.get("cascade.api.port")),
                folder,
                environment,
                "target/classes" + File.pathSeparator + libraries(),
                APPLICATION);
    }

    /** Without the application's classes, which must not make the stock engine anything else. */
    private BenchServer startConstant(Class<?> main) throws IOException, InterruptedException {
        int port = BenchServer.freePort();
        BenchServer server = BenchServer.start(
                port,
                folder,
                Map.of(),
                "target/test-classes" + File.pathSeparator + libraries(),
                main.getName(),
                String.valueOf(port));
        server.await("/constant", 200);
        return server;
    }

    private static String libraries() throws IOException {
        return Files.readString(Path.of("target", "classpath.txt")).strip();
    }

    private static Map<String, String> shipped() throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of("application.properties"))) {
            properties.load(reader);
        }
        Map<String, String> shipped = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> shipped.put(name, properties.getProperty(name)));
        return shipped;
    }
}
