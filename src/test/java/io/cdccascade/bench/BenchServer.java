package io.cdccascade.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server that is measured: a JVM of its own that the benchmark starts and stops, or a peer that runs already. */
final class BenchServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI base;
    private final ProcessHandle process;
    private final Process child;
    private final Path log;

    private BenchServer(URI base, ProcessHandle process, Process child, Path log) {
        this.base = base;
        this.process = process;
        this.child = child;
        this.log = log;
    }

    /**
     * Starts a server, and does not wait until it answers.
     *
     * @param port      where it will listen on loopback
     * @param folder    the folder of its log, which exists
     * @param settings  what is put into its environment, as the application reads its settings there
     * @param classpath its classes
     * @param main      its main class
     * @param arguments the arguments of that
     */
    static BenchServer start(
            int port, Path folder, Map<String, String> settings, String classpath, String main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // The same for all that are compared, and else what a user gets.
                "-Xmx512m",
                "-cp",
                classpath,
                main));
        command.addAll(List.of(arguments));
        Path log = folder.resolve(main.substring(main.lastIndexOf('.') + 1) + "-" + port + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        settings.forEach((key, value) ->
                builder.environment().put(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), value));
        try {
            Process child = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(child::destroy));
            return new BenchServer(URI.create("http://127.0.0.1:" + port), child.toHandle(), child, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A server that somebody else runs.
     *
     * @param base where it is, {@code http://host:port}
     * @param pid  its process on this machine, or null if that is not known
     */
    static BenchServer peer(URI base, Long pid) {
        ProcessHandle process = pid == null
                ? null
                : ProcessHandle.of(pid).orElseThrow(() -> new IllegalArgumentException("There is no process " + pid));
        return new BenchServer(base, process, null, null);
    }

    /** A port on loopback that is free now. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    InetSocketAddress address() {
        return new InetSocketAddress(base.getHost(), base.getPort() < 0 ? 80 : base.getPort());
    }

    /** The processor time that its process has used so far, in microseconds; not a number where that is not known. */
    double cpuMicros() {
        return process == null
                ? Double.NaN
                : process.info().totalCpuDuration().orElseThrow().toNanos() / 1e3;
    }

    /** GET of a path; headers as name, value, name, value, … */
    HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofSeconds(30));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Waits until a path is answered with this status. */
    void await(String path, int status) throws IOException, InterruptedException {
        long start = System.nanoTime();
        String last = "nothing";
        while (System.nanoTime() - start < PATIENCE.toNanos()) {
            if (child != null && !child.isAlive()) {
                throw new IllegalStateException("The server has ended: " + Files.readString(log));
            }
            try {
                HttpResponse<String> answer = get(path);
                if (answer.statusCode() == status) {
                    return;
                }
                last = answer.statusCode() + " " + answer.body();
            } catch (IOException e) {
                last = e.toString();
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IllegalStateException(
                base + path + " does not answer " + status + ", but " + last + (log == null ? "" : "; see " + log));
    }

    @Override
    public void close() throws InterruptedException {
        if (child != null) {
            child.destroy();
            if (!child.waitFor(30, TimeUnit.SECONDS)) {
                child.destroyForcibly();
            }
        }
    }
}
