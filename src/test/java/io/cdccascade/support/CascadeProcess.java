package io.cdccascade.support;

import io.cdccascade.Application;
import io.cdccascade.dev.EmbeddedServers;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The application in a process of its own, as users run it, so that it can be killed. */
public final class CascadeProcess implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final Path output;
    private final Api api;

    private CascadeProcess(Process process, Path output, Api api) {
        this.process = process;
        this.output = output;
        this.api = api;
    }

    /** Starts the servers of a process whose settings are fresh, and puts into these where they are. */
    public static EmbeddedServers servers(Map<String, String> settings) {
        EmbeddedServers servers = new EmbeddedServers(
                settings.get("cascade.data"),
                EmbeddedServers.EMBEDDED,
                Integer.parseInt(settings.get("cascade.postgres.port")),
                "cdc-cascade-db",
                "admin",
                "adminpw",
                "scripts/init.sql",
                EmbeddedServers.EMBEDDED,
                Integer.parseInt(settings.get("cascade.redis.port")),
                "rootpw",
                EmbeddedServers.EMBEDDED,
                Integer.parseInt(settings.get("cascade.kafka.port")));
        servers.start();
        settings.put("cascade.postgres.host", "127.0.0.1");
        settings.put("cascade.redis.host", "127.0.0.1");
        settings.put("cascade.kafka.brokers", servers.kafka().bootstrapServers());
        return servers;
    }

    /** Starts the application with the shipped routes and some settings, and does not wait for it. */
    public static CascadeProcess start(Map<String, String> settings) {
        try {
            return start(
                    settings,
                    new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-Xmx384m",
                            "-cp",
                            "target/classes" + File.pathSeparator + Files.readString(Path.of("target/classpath.txt")),
                            Application.class.getName()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the application by a command of its own with some settings, and does not wait for it. */
    public static CascadeProcess start(Map<String, String> settings, ProcessBuilder command) {
        try {
            Path output = TestFolders.create().resolve("output.log");
            command.redirectErrorStream(true).redirectOutput(output.toFile());
            settings.forEach((key, value) ->
                    command.environment().put(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), value));
            return new CascadeProcess(
                    command.start(), output, new Api(Integer.parseInt(settings.get("cascade.api.port"))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A caller of the application's HTTP port. */
    public Api api() {
        return api;
    }

    /** The process's id. */
    public long pid() {
        return process.pid();
    }

    /** Whether everything in the application runs, as its readiness tells. */
    public boolean isReady() {
        if (!process.isAlive()) {
            throw new IllegalStateException("The application has ended with " + process.exitValue() + ": " + output());
        }
        try {
            return api.readiness() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** Sends a signal and waits for the end of the process. */
    public int end(Signal signal) {
        signal.to(process.pid());
        return awaitExit();
    }

    /** Waits for the end of the process and returns its exit code. */
    public int awaitExit() {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("The application does not end: " + output());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What the application has printed so far. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills the process if it runs, whatever the test has come to. */
    @Override
    public void close() {
        process.destroyForcibly();
        awaitExit();
    }
}
