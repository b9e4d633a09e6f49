package io.cdccascade.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;

/** What PostgreSQL does at the most: the selects by primary key that a miss cannot do without, and nothing else. */
final class SelectReference {

    static final String JDBC = "JDBC select by key";
    static final String PGBENCH = "pgbench select by key";

    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");

    private final BenchRows rows;
    private final int connections;
    private final Map<String, String> settings;

    /**
     * @param connections how many ask at once
     * @param settings    the application's, which say where PostgreSQL is
     */
    SelectReference(BenchRows rows, int connections, Map<String, String> settings) {
        this.rows = rows;
        this.connections = connections;
        this.settings = settings;
    }

    /** One thread a connection, with a prepared statement. */
    Sample jdbc(Duration duration) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        try {
            long start = System.nanoTime();
            List<Future<Histogram>> running = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                running.add(threads.submit(() -> select(start + duration.toNanos())));
            }
            Histogram all = new Histogram(3);
            for (Future<Histogram> each : running) {
                all.add(each.get());
            }
            return Sample.of(new Load((System.nanoTime() - start) / 1e9, all, 0, Map.of(), null));
        } finally {
            threads.shutdown();
        }
    }

    /** Whether there is a pgbench on the PATH. */
    static boolean hasPgbench() throws InterruptedException {
        try {
            return new ProcessBuilder("pgbench", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** What {@code pgbench -S} does, on the rows that are missed. */
    Sample pgbench(Duration duration) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(Path.of("target", "bench"), "pgbench-");
        Path script = folder.resolve("select.sql");
        Files.writeString(
                script,
                "\\set code random(" + BenchRows.MISSES + ", " + (BenchRows.MISSES + rows.misses() - 1)
                        + ")\nSELECT * FROM sinners WHERE code = :code;\n");
        ProcessBuilder command = new ProcessBuilder(
                        "pgbench",
                        "-n",
                        "-c",
                        String.valueOf(connections),
                        "-j",
                        "2",
                        "-T",
                        String.valueOf(duration.toSeconds()),
                        "-h",
                        rows.host(),
                        "-p",
                        settings.get("cascade.postgres.port"),
                        "-U",
                        settings.get("cascade.postgres.user"),
                        "-f",
                        script.toAbsolutePath().toString(),
                        settings.get("cascade.postgres.database"))
                .redirectErrorStream(true);
        command.environment().put("PGPASSWORD", settings.get("cascade.postgres.password"));
        Process process = command.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher tps = TPS.matcher(printed);
        if (process.waitFor() != 0 || !tps.find()) {
            throw new IllegalStateException("pgbench failed: " + printed);
        }
        double unknown = Double.NaN;
        return new Sample(
                Double.parseDouble(tps.group(1)),
                unknown,
                unknown,
                unknown,
                unknown,
                unknown,
                unknown,
                0,
                Map.of(),
                null);
    }

    private Histogram select(long deadline) throws Exception {
        Histogram micros = new Histogram(3);
        try (Connection connection = rows.connect();
                PreparedStatement select = connection.prepareStatement("SELECT * FROM sinners WHERE code = ?")) {
            for (long now = System.nanoTime(); now < deadline; ) {
                select.setLong(1, BenchRows.MISSES + ThreadLocalRandom.current().nextInt(rows.misses()));
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next()) {
                        throw new IllegalStateException("A row is missing");
                    }
                }
                long end = System.nanoTime();
                micros.recordValue((end - now) / 1_000);
                now = end;
            }
        }
        return micros;
    }
}
