package io.cdccascade.bench;

import com.sun.management.OperatingSystemMXBean;
import io.cdccascade.support.CascadeSystem;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * From a commit in PostgreSQL to its fence in Redis, through the shipped routes and, with nothing else changed, through
 * Camel's stock Debezium consumer: latency of spaced updates, and how many changes a second come through.
 */
final class PipelineBench {

    static final int FIRST = 1_000;
    private static final int KEYS = 100;
    private static final int SETTLE_SECONDS = 5;

    private final Bench bench;
    private final int updates;
    private final int rounds;
    private final int events;
    private final int writers;

    /** What one side came to: rates in changes a second, idle CPU in percent of a core. */
    private record Result(
            List<Latency> latencies, int stale, double idle, double transaction, List<Rows> rows, double backlog) {}

    /** A round of single-row transactions: changes applied and written a second, and their latencies in ms. */
    private record Rows(double applied, double written, Figures latencies) {}

    /** A transaction, and when its commit had returned in the terms of System.nanoTime. */
    private record Commit(long xid, long nanos) {}

    /** A round's latencies in ms: of the whole way, then of its parts, as {@link Applied.Stages} divide it. */
    private record Latency(Figures whole, Figures decode, Figures publish, Figures consume, Figures apply) {}

    PipelineBench(Bench bench) {
        this.bench = bench;
        updates = bench.option("updates", 300);
        rounds = bench.option("rounds", 3);
        events = bench.option("events", 50_000);
        writers = bench.option("writers", 4);
    }

    void run() throws Exception {
        bench.say(
                "Medians of %d rounds. Latency: %d updates each, from the commit's return to Redis's confirmation.",
                rounds, updates);
        bench.say(
                "%-8s %8s %8s %8s %6s %7s | %8s | %8s %9s %8s %8s | %8s",
                "",
                "p50 ms",
                "p99 ms",
                "max ms",
                "stale",
                "idle %",
                "1 tx/s",
                "rows/s",
                "commits/s",
                "p50 ms",
                "p99 ms",
                "backlog/s");
        String which = bench.option("only", "both");
        Result shipped = which.equals("stock") ? null : measure("shipped", events, Map.of());
        // The stock consumer's rate does not depend on how many there are; the rest of the evening does.
        Result stock = which.equals("shipped")
                ? null
                : measure(
                        "stock",
                        Math.max(1, events / 10),
                        Map.of(
                                "camel.main.routes-include-pattern",
                                "file:routes/*.camel.yaml,file:bench/stock.camel.yaml",
                                "camel.main.routes-exclude-pattern",
                                "**/capture.camel.yaml"));
        if (shipped != null && stock != null) {
            bench.say(
                    "%-8s %8.2f %8.2f %8.2f %6s %7.2f | %8.1f | %8.1f %9s %8.2f %8.2f | %8.1f",
                    "ratio",
                    latency(shipped, 50) / latency(stock, 50),
                    latency(shipped, 99) / latency(stock, 99),
                    latency(shipped, 100) / latency(stock, 100),
                    "",
                    shipped.idle() / stock.idle(),
                    shipped.transaction() / stock.transaction(),
                    rows(shipped, Rows::applied) / rows(stock, Rows::applied),
                    "",
                    rows(shipped, PipelineBench::p50) / rows(stock, PipelineBench::p50),
                    rows(shipped, PipelineBench::p99) / rows(stock, PipelineBench::p99),
                    shipped.backlog() / stock.backlog());
        }
    }

    private Result measure(String name, int count, Map<String, String> settings) throws Exception {
        try (CascadeSystem system = bench.start(settings);
                Connection sql = system.servers().postgres().connect()) {
            awaitCapture(sql);
            Applied applied = Applied.watch(system.context());
            awaitCapture(sql);
            try (Statement statement = sql.createStatement()) {
                statement.execute("INSERT INTO sinners (code, name, class) SELECT code, 'Sinner', 'S' FROM "
                        + "generate_series(%d, %d) code".formatted(FIRST, FIRST + Math.max(KEYS, count)));
            }
            applied.await(mark(sql));
            // The compilers settle on what a day of production would have them settle on.
            latency(system, sql, applied, KEYS, new int[1]);
            rows(system, sql, applied, count / 2);

            int[] stale = new int[1];
            List<Latency> latencies = new ArrayList<>();
            List<Double> transactions = new ArrayList<>();
            List<Rows> rows = new ArrayList<>();
            List<Double> backlogs = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                latencies.add(latency(system, sql, applied, updates, stale));
                if (events > 0) {
                    transactions.add(transaction(sql, applied, count));
                    rows.add(rows(system, sql, applied, count));
                    backlogs.add(backlog(system, sql, applied, count));
                }
            }
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            Result result = new Result(
                    latencies,
                    stale[0],
                    idle(),
                    Figures.median(transactions, rate -> rate),
                    rows,
                    Figures.median(backlogs, rate -> rate));
            bench.say(
                    "%-8s %8.1f %8.1f %8.1f %6d %7.1f | %8.0f | %8.0f %9.0f %8.1f %8.1f | %8.0f",
                    name,
                    latency(result, 50),
                    latency(result, 99),
                    latency(result, 100),
                    result.stale(),
                    result.idle(),
                    result.transaction(),
                    rows(result, Rows::applied),
                    rows(result, Rows::written),
                    rows(result, PipelineBench::p50),
                    rows(result, PipelineBench::p99),
                    result.backlog());
            bench.say(
                    "%8s of which decoding %.1f, publishing %.1f, consuming %.1f, applying %.1f ms (each a p50)",
                    "",
                    Figures.median(latencies, round -> round.decode().median()),
                    Figures.median(latencies, round -> round.publish().median()),
                    Figures.median(latencies, round -> round.consume().median()),
                    Figures.median(latencies, round -> round.apply().median()));
            return result;
        }
    }

    private static double latency(Result result, double percent) {
        return Figures.median(result.latencies(), round -> round.whole().percentile(percent));
    }

    private static double rows(Result result, ToDoubleFunction<Rows> figure) {
        return Figures.median(result.rows(), figure);
    }

    private static double p50(Rows round) {
        return round.latencies().median();
    }

    private static double p99(Rows round) {
        return round.latencies().percentile(99);
    }

    /** Updates cached rows one by one, at times that are in step with no poll. */
    private static Latency latency(CascadeSystem system, Connection sql, Applied applied, int count, int[] stale)
            throws Exception {
        double[][] millis = new double[5][count];
        try (PreparedStatement update = sql.prepareStatement(
                "UPDATE sinners SET tendency = ? WHERE code = ? RETURNING pg_current_xact_id()::text")) {
            for (int i = 0; i < count; i++) {
                int code = FIRST + i % KEYS;
                String value = "v" + ThreadLocalRandom.current().nextInt(1_000_000);
                system.get("/sinners/read/" + code);
                TimeUnit.MICROSECONDS.sleep(ThreadLocalRandom.current().nextInt(20_000, 60_000));
                update.setString(1, value);
                update.setInt(2, code);
                long xid = xid(update);
                long committed = System.nanoTime();
                long end = applied.await(xid);
                Applied.Stages stages = applied.stages();
                millis[0][i] = (end - committed) / 1e6;
                millis[1][i] = (stages.captured() - committed) / 1e6;
                millis[2][i] = (stages.published() - stages.captured()) / 1e6;
                millis[3][i] = (stages.consumed() - stages.published()) / 1e6;
                millis[4][i] = (end - stages.consumed()) / 1e6;
                if (!system.get("/sinners/read/" + code).body().contains("\"" + value + "\"")) {
                    stale[0]++;
                }
            }
        }
        return new Latency(
                Figures.of(millis[0]),
                Figures.of(millis[1]),
                Figures.of(millis[2]),
                Figures.of(millis[3]),
                Figures.of(millis[4]));
    }

    /** Changes a second when one transaction changes many rows: from its commit, before which none is decoded. */
    private static double transaction(Connection sql, Applied applied, int count) throws Exception {
        applied.reset();
        try (Statement update = sql.createStatement()) {
            update.executeUpdate("UPDATE sinners SET tendency = 'one' WHERE code >= %d AND code < %d"
                    .formatted(FIRST, FIRST + count));
        }
        long committed = System.nanoTime();
        return perSecond(count, committed, applied.await(mark(sql)));
    }

    /** Single-row transactions while capture runs. */
    private Rows rows(CascadeSystem system, Connection sql, Applied applied, int count) throws Exception {
        applied.reset();
        long start = System.nanoTime();
        List<Commit> commits = write(system, count, "on");
        long written = System.nanoTime();
        double rate = perSecond(count, start, applied.await(mark(sql)));
        double[] millis = new double[commits.size()];
        for (int i = 0; i < millis.length; i++) {
            millis[i] = (applied.await(commits.get(i).xid()) - commits.get(i).nanos()) / 1e6;
        }
        return new Rows(rate, perSecond(count, start, written), Figures.of(millis));
    }

    /** Changes a second when capture returns to find single-row transactions waiting, from the first one applied. */
    private double backlog(CascadeSystem system, Connection sql, Applied applied, int count) throws Exception {
        system.context().getRouteController().stopRoute("capture");
        write(system, count, "off");
        long last = mark(sql);
        applied.reset();
        system.context().getRouteController().startRoute("capture");
        long end = applied.await(last);
        return perSecond(count, applied.first(), end);
    }

    private List<Commit> write(CascadeSystem system, int count, String synchronousCommit) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            List<Future<List<Commit>>> writing = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                int first = writer;
                writing.add(threads.submit(() -> write(system, first, count, synchronousCommit)));
            }
            List<Commit> commits = new ArrayList<>();
            for (Future<List<Commit>> writer : writing) {
                commits.addAll(writer.get());
            }
            return commits;
        } finally {
            threads.shutdown();
        }
    }

    private List<Commit> write(CascadeSystem system, int first, int count, String synchronousCommit)
            throws SQLException {
        try (Connection sql = system.servers().postgres().connect();
                Statement setting = sql.createStatement();
                PreparedStatement update = sql.prepareStatement("UPDATE sinners SET tendency = 'row' WHERE code = ? "
                        + "RETURNING pg_current_xact_id()::text")) {
            setting.execute("SET synchronous_commit = " + synchronousCommit);
            List<Commit> commits = new ArrayList<>();
            for (int i = first; i < count; i += writers) {
                update.setInt(1, FIRST + i);
                commits.add(new Commit(xid(update), System.nanoTime()));
            }
            return commits;
        }
    }

    /** A last transaction: what is applied in the log's order has come this far when this one has. */
    static long mark(Connection sql) throws SQLException {
        try (PreparedStatement update = sql.prepareStatement(
                "UPDATE sinners SET tendency = 'mark' WHERE code = 14 RETURNING pg_current_xact_id()::text")) {
            return xid(update);
        }
    }

    static long xid(PreparedStatement update) throws SQLException {
        try (ResultSet row = update.executeQuery()) {
            row.next();
            return Long.parseLong(row.getString(1));
        }
    }

    private static double perSecond(int count, long startNanos, long endNanos) {
        return count * 1e9 / (endNanos - startNanos);
    }

    /** This process's CPU while nothing happens: Camel, Debezium and the embedded Kafka, not PostgreSQL and Redis. */
    static double idle() throws InterruptedException {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long cpu = system.getProcessCpuTime();
        long start = System.nanoTime();
        TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
        return 100.0 * (system.getProcessCpuTime() - cpu) / (System.nanoTime() - start);
    }

    static void awaitCapture(Connection sql) throws Exception {
        try (Statement statement = sql.createStatement()) {
            boolean active = false;
            while (!active) {
                TimeUnit.MILLISECONDS.sleep(100);
                try (ResultSet row = statement.executeQuery("SELECT count(*) FROM pg_replication_slots WHERE active")) {
                    row.next();
                    active = row.getInt(1) > 0;
                }
            }
        }
    }
}
