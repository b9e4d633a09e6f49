package io.cdccascade.consistency;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Several rows that are read at once never show half a transaction: writers change two rows together, always, and readers
 * compare them. How many batches is a property: {@code ./mvnw test -Dtest=BatchIT -Dcascade.batches=100000}
 */
class BatchIT {

    private static final int BATCHES = Integer.getInteger("cascade.batches", 4_000);
    private static final int READERS = 4;
    private static final int WRITERS = 2;
    /** The row {@code n} belongs to the row {@code n + 1}; half of the pairs are written all the time. */
    private static final int ROWS = 40;

    private static final JsonMapper JSON = new JsonMapper();

    private final AtomicInteger batches = new AtomicInteger();
    private final ConcurrentLinkedQueue<String> torn = new ConcurrentLinkedQueue<>();
    private final ConcurrentSkipListMap<String, Integer> statuses = new ConcurrentSkipListMap<>();
    private CascadeSystem system;

    @BeforeEach
    void start() throws Exception {
        system = CascadeSystem.start();
        system.sql(
                "CREATE TABLE pairs (id int PRIMARY KEY, v int NOT NULL)",
                "INSERT INTO pairs SELECT i, 0 FROM generate_series(0, " + (ROWS - 1) + ") i",
                "CREATE VIEW doubled AS SELECT id, v, 2 * v AS twice FROM pairs");
        TableFiles files = new TableFiles(system);
        files.put("pairs", "table", "pairs");
        files.put("doubled", "table", "pairs", "view", "doubled", "path", "doubled");
        files.awaitServed("pairs", "doubled");
    }

    @AfterEach
    void stop() {
        system.close();
    }

    @Test
    void noBatchShowsHalfATransaction() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(READERS + WRITERS);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                Random random = new Random(i);
                all.add(threads.submit(() -> write(random)));
            }
            for (int i = 0; i < READERS; i++) {
                Random random = new Random(100 + i);
                all.add(threads.submit(() -> read(random)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }

        System.out.printf("%,d batches: %s%n", batches.get(), statuses);
        assertThat(torn).isEmpty();
        assertThat(statuses.keySet())
                .as("all kinds of batches")
                .contains("hit", "fwd=bypass; detail=fractured", "fwd=partial; detail=1-of-2");
    }

    private boolean isOver() {
        return batches.get() >= BATCHES;
    }

    private Void write(Random random) throws SQLException {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!isOver()) {
                // Pairs are written in one order, so that no two writers wait for each other.
                int first = 2 * random.nextInt(ROWS / 4);
                List<Integer> pair = new ArrayList<>(List.of(first, first + 1));
                Collections.shuffle(pair, random);
                int value = random.nextInt(1_000_000);
                statement.execute("SELECT pg_advisory_xact_lock(" + first + ")");
                switch (random.nextInt(4)) {
                    case 0 ->
                        statement.executeUpdate("DELETE FROM pairs WHERE id IN (" + first + ", " + (first + 1) + ")");
                    case 1 -> {
                        put(statement, pair.get(0), value);
                        statement.execute("SAVEPOINT halfway");
                        put(statement, pair.get(1), value);
                    }
                    default -> {
                        put(statement, pair.get(0), value);
                        put(statement, pair.get(1), value);
                    }
                }
                connection.commit();
            }
        }
        return null;
    }

    private static void put(Statement statement, int id, int value) throws SQLException {
        statement.executeUpdate(
                "INSERT INTO pairs VALUES (" + id + ", " + value + ") ON CONFLICT (id) DO UPDATE SET v = excluded.v");
    }

    private Void read(Random random) throws Exception {
        while (!isOver()) {
            int first = 2 * random.nextInt(ROWS / 2);
            String path = random.nextInt(5) == 0 ? "/doubled" : "/pairs";
            if (random.nextInt(3) == 0) {
                // So that the entries of a pair are read at different moments.
                system.get(path + "/read/" + (first + random.nextInt(2)));
            }
            HttpResponse<String> answer = system.get(path + "/read?id=" + first + "," + (first + 1));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            batches.incrementAndGet();
            statuses.merge(cacheStatus(answer), 1, Integer::sum);
            JsonNode rows = JSON.readTree(answer.body());
            boolean whole = rows.isEmpty()
                    || rows.size() == 2
                            && rows.get(0).get("v").equals(rows.get(1).get("v"));
            if (!whole) {
                torn.add(cacheStatus(answer) + ": " + answer.body());
            }
        }
        return null;
    }
}
