package io.cdccascade.bench;

import io.cdccascade.cache.Fence;
import io.cdccascade.invalidation.ChangeBatch;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Exchange;
import org.apache.camel.builder.AdviceWith;

/** What it costs that changes are spread over many tables: the way through Kafka, of spaced updates and of a transaction. */
final class TablesBench {

    private static final int POLL_MICROS = 50;

    private final Bench bench;
    private final int tables;
    private final int rows;
    private final int updates;
    private final int rounds;
    private final AtomicLong awaited = new AtomicLong();
    private final AtomicLong applied = new AtomicLong();

    TablesBench(Bench bench) {
        this.bench = bench;
        tables = bench.option("tables", 300);
        rows = bench.option("events", 30_000);
        updates = bench.option("updates", 300);
        rounds = bench.option("rounds", 3);
    }

    void run() throws Exception {
        bench.say("%-10s %8s %8s | %14s", "tables", "p50 ms", "p99 ms", "rows/s, 1 tx");
        Measured one = measure(1);
        Measured many = measure(tables);
        bench.say(
                "%-10s %8.2f %8.2f | %14.2f   targets: <= 1.3, >= 0.8",
                "ratio",
                many.latency().median() / one.latency().median(),
                many.latency().percentile(99) / one.latency().percentile(99),
                many.rate() / one.rate());
    }

    private record Measured(Figures latency, double rate) {}

    private Measured measure(int count) throws Exception {
        try (CascadeSystem system = bench.start(Map.of());
                Connection sql = system.servers().postgres().connect()) {
            PipelineBench.awaitCapture(sql);
            AdviceWith.adviceWith(
                    system.context(),
                    "invalidate-entries",
                    route -> route.weaveById("fence-entries").after().process(this::count));
            create(system, sql, count);
            spaced(sql, count);
            transaction(sql, count);
            Figures latency = spaced(sql, count);
            List<Double> rates = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                rates.add(transaction(sql, count));
            }
            double rate = Figures.median(rates, each -> each);
            bench.say("%-10d %8.1f %8.1f | %14.0f", count, latency.median(), latency.percentile(99), rate);
            return new Measured(latency, rate);
        }
    }

    private void count(Exchange exchange) {
        long xid = awaited.get();
        applied.addAndGet(exchange.getVariable("changes", ChangeBatch.class).fences().stream()
                .map(Fence::change)
                .filter(change -> change.xid() == xid)
                .count());
    }

    private void create(CascadeSystem system, Connection sql, int count) throws SQLException {
        TableFiles files = new TableFiles(system);
        try (Statement statement = sql.createStatement()) {
            for (int i = 0; i < count; i++) {
                statement.execute("CREATE TABLE many_" + i + " AS SELECT n AS id, 'a' AS v FROM generate_series(1, "
                        + rows / count + ") n");
                statement.execute("ALTER TABLE many_" + i + " ADD PRIMARY KEY (id)");
                files.put("many_" + i, "table", "many_" + i);
            }
        }
        for (int i = 0; i < count; i++) {
            while (system.get("/many_" + i + "/read/1").statusCode() != 200) {
                // It is not served yet.
            }
        }
    }

    private Figures spaced(Connection sql, int count) throws Exception {
        double[] millis = new double[updates];
        for (int i = 0; i < updates; i++) {
            TimeUnit.MICROSECONDS.sleep(ThreadLocalRandom.current().nextInt(10_000, 40_000));
            int table = ThreadLocalRandom.current().nextInt(count);
            sql.setAutoCommit(false);
            begin(sql);
            execute(sql, "UPDATE many_" + table + " SET v = 'v" + i + "' WHERE id = 1");
            millis[i] = commit(sql, 1) / 1e6;
        }
        return Figures.of(millis);
    }

    private double transaction(Connection sql, int count) throws Exception {
        sql.setAutoCommit(false);
        begin(sql);
        for (int i = 0; i < count; i++) {
            execute(sql, "UPDATE many_" + i + " SET v = v || 'x'");
        }
        int changed = rows / count * count;
        return changed * 1e9 / commit(sql, changed);
    }

    private void begin(Connection sql) throws SQLException {
        applied.set(0);
        try (PreparedStatement xid = sql.prepareStatement("SELECT pg_current_xact_id()::text")) {
            awaited.set(PipelineBench.xid(xid));
        }
    }

    private static void execute(Connection sql, String statement) throws SQLException {
        try (Statement update = sql.createStatement()) {
            update.execute(statement);
        }
    }

    /** Commits, and returns after how many nanoseconds so many changes were applied. */
    private long commit(Connection sql, int changes) throws Exception {
        sql.commit();
        long committed = System.nanoTime();
        while (applied.get() < changes) {
            TimeUnit.MICROSECONDS.sleep(POLL_MICROS);
        }
        return System.nanoTime() - committed;
    }
}
