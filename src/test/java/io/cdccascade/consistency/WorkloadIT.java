package io.cdccascade.consistency;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.consistency.History.Observation;
import io.cdccascade.consistency.History.Write;
import io.cdccascade.dev.EmbeddedPostgres;
import io.cdccascade.http.RequestLine;
import io.cdccascade.support.CacheContents;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.ChangeTopic;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.AdviceWith;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Clients of the API and writers behind its back use a few rows at once, while Redis forgets and dies, fences are lost,
 * the consumer stops, the topic is replayed and the table truncated. No token may ever be broken, and at rest the cache
 * has to be SQL's equal.
 *
 * <p>How long it runs is a property, and so is the seed, which decides what every thread does, not how the threads
 * meet:
 * {@code ./mvnw test -Dtest=WorkloadIT -Dcascade.workload.operations=1000000 -Dcascade.workload.seed=1}
 */
class WorkloadIT {

    private static final long OPERATIONS = Long.getLong("cascade.workload.operations", 3_000);
    private static final long SEED = Long.getLong("cascade.workload.seed", new Random().nextInt(1_000_000));
    private static final int KEYS = 40;
    private static final int CLIENTS = 4;
    private static final int WRITERS = 2;
    private static final int OPERATIONS_PER_DISTURBANCE = 200;
    private static final String CONSUMER = "invalidate-entries";
    private static final String UNIQUE_VIOLATION = "23505";
    private static final JsonMapper JSON = new JsonMapper();

    private final AtomicLong operations = new AtomicLong();
    private final AtomicLong values = new AtomicLong();
    private final Queue<Observation> observations = new ConcurrentLinkedQueue<>();
    private final Map<String, Integer> tally = new ConcurrentSkipListMap<>();
    private CascadeSystem system;
    private ChangeTopic topic;
    private CacheContents contents;

    /** What else happens, each in turn. */
    private enum Disturbance {
        REDIS_FORGETS,
        CONSUMER_STOPS_OR_STARTS,
        TABLE_IS_TRUNCATED,
        RECORDS_COME_AGAIN,
        REDIS_DIES,
        TOPIC_IS_REPLAYED
    }

    @BeforeEach
    void start() throws Exception {
        System.out.printf("Workload: -Dcascade.workload.operations=%d -Dcascade.workload.seed=%d%n", OPERATIONS, SEED);
        Map<String, String> settings = CascadeSystem.freshSettings();
        allowPreparedTransactions(settings);
        system = CascadeSystem.start(settings);
        topic = new ChangeTopic(system);
        contents = new CacheContents(system);
        // The history begins with an empty table: it does not know the rows that the table is made with.
        system.sql("DELETE FROM sinners");
        system.sql(History.TRIGGERS);
        loseFences();
    }

    /** PostgreSQL has to be started with this setting; it is the same server that the system starts then. */
    private static void allowPreparedTransactions(Map<String, String> settings) throws SQLException {
        try (EmbeddedPostgres postgres = new EmbeddedPostgres(
                Path.of(settings.get("cascade.data"), "postgres"),
                Integer.parseInt(settings.get("cascade.postgres.port")),
                "cdc-cascade-db",
                "admin",
                "adminpw",
                Path.of("scripts/init.sql"))) {
            postgres.start();
            try (Connection connection = postgres.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("ALTER SYSTEM SET max_prepared_transactions = 10");
            }
        }
    }

    /**
     * Keeps every third write of the API from fencing its row: then the change event alone does, and until it comes
     * the token alone protects the writer.
     */
    private void loseFences() throws Exception {
        AtomicLong fences = new AtomicLong();
        for (String verb : List.of("create", "update", "delete")) {
            AdviceWith.adviceWith(
                    system.context(),
                    verb + "-row",
                    route -> route.weaveById("fence-" + verb)
                            .replace()
                            .choice()
                            .when(exchange -> fences.incrementAndGet() % 3 == 0)
                            .process(exchange -> exchange.getVariable("write", io.cdccascade.http.Write.class)
                                    .written(exchange.getMessage().getBody(Map.class)))
                            .otherwise()
                            .to("cascade:fence-write"));
        }
    }

    @AfterEach
    void stop() {
        contents.close();
        topic.close();
        system.close();
    }

    @Test
    void theCacheEndsEqualToSqlAndEveryWriterReadsItsWrites() throws Exception {
        work();
        restBy(KEYS + 1);

        assertThat(violations())
                .as("tokens broken, or rows never committed, with seed %d", SEED)
                .isEmpty();
        assertThat(tally)
                .as("what was seen")
                .containsKeys("read: hit", "read with token: hit", "read with token: fwd=bypass; detail=unseen");

        Map<Long, String> rows = rows();
        Map<Long, String> cached = contents.rows();
        System.out.printf("Workload: %s; %d of %d keys cached at rest%n", tally, cached.size(), KEYS);
        assertThat(rows)
                .as("what the workload left in Redis, against SQL, with seed %d", SEED)
                .containsAllEntriesOf(cached);

        for (long code = 1; code <= KEYS; code++) {
            String path = "/sinners/read/" + code;
            assertThat(row(system.get(path))).isEqualTo(rows.get(code));
            // Redis may have died a moment ago, and its circuit breaker be open.
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(
                            () -> assertThat(cacheStatus(system.get(path))).isEqualTo("hit"));
            assertThat(row(system.get(path))).isEqualTo(rows.get(code));
        }
        assertThat(contents.rows()).as("what all keys are cached as").containsAllEntriesOf(rows);
    }

    private void work() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS + WRITERS);
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            IntStream.range(0, CLIENTS).forEach(i -> tasks.add(() -> client(new Random(SEED + i))));
            IntStream.range(0, WRITERS).forEach(i -> tasks.add(() -> writer(new Random(SEED - 1 - i), i)));
            for (Future<Void> task : threads.invokeAll(tasks)) {
                task.get();
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    /** Waits until all changes up to now have been applied, by a last change of a row of its own. */
    private void restBy(long code) throws Exception {
        startConsumer();
        long from = topic.end();
        system.sql("INSERT INTO sinners (code, name, class) VALUES (" + code + ", 'last', 'S')");
        topic.awaitChange(from, code);
        topic.awaitApplied();
    }

    private List<String> violations() throws SQLException {
        try (Connection connection = system.servers().postgres().connect()) {
            History history = History.of(connection);
            System.out.printf("Workload: %d rows read, %d states of rows%n", observations.size(), history.size());
            return observations.stream()
                    .flatMap(seen -> history.violation(seen).stream())
                    .toList();
        }
    }

    /** What SQL returns for every key; an empty text where there is no row. */
    private Map<Long, String> rows() throws SQLException {
        Map<Long, String> rows = new TreeMap<>();
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT k, coalesce(to_json(s)::text, '') FROM"
                        + " generate_series(1, " + KEYS + ") k LEFT JOIN sinners s ON s.code = k")) {
            while (row.next()) {
                rows.put(row.getLong(1), row.getString(2));
            }
        }
        return rows;
    }

    // Clients of the API: their requests are the operations that are counted.

    private Void client(Random random) throws Exception {
        Map<Long, Write> own = new HashMap<>();
        for (long n = operations.incrementAndGet(); n <= OPERATIONS; n = operations.incrementAndGet()) {
            if (n % OPERATIONS_PER_DISTURBANCE == 0) {
                if (n + OPERATIONS_PER_DISTURBANCE < OPERATIONS) {
                    disturb(n / OPERATIONS_PER_DISTURBANCE, random);
                } else {
                    // The last operations go undisturbed, so that they leave something in Redis to look at.
                    startConsumer();
                }
            }
            long code = key(random);
            switch (random.nextInt(10)) {
                case 0 -> write(own, code, "PUT", "/sinners/update/" + code, "{\"libram\":\"%s\"}", 200, 404);
                case 1 ->
                    write(
                            own,
                            code,
                            "POST",
                            "/sinners/create",
                            "{\"code\":" + code + ",\"name\":\"client\",\"class\":\"S\",\"libram\":\"%s\"}",
                            201,
                            409);
                case 2 -> write(own, code, "DELETE", "/sinners/delete/" + code, null, 200, 404);
                case 3, 4, 5 -> read(code, null);
                default -> read(code, own.get(code));
            }
        }
        return null;
    }

    private void write(Map<Long, Write> own, long code, String method, String path, String body, int done, int refused)
            throws Exception {
        HttpResponse<String> answer = system.send(method, path, body == null ? null : body.formatted(value()));
        assertThat(answer.statusCode()).as(answer.body()).isIn(done, refused);
        tally.merge(method + ": " + answer.statusCode(), 1, Integer::sum);
        if (answer.statusCode() == done) {
            String value = JSON.readTree(answer.body()).get("libram").textValue();
            own.put(
                    code,
                    new Write(answer.headers().firstValue(RequestLine.TOKEN).orElseThrow(), value, body == null));
            read(code, own.get(code));
        }
    }

    private void read(long code, Write own) throws Exception {
        String path = "/sinners/read/" + code;
        HttpResponse<String> answer = own == null ? system.get(path) : system.get(path, RequestLine.TOKEN, own.token());
        String row = row(answer);
        String value = row.isEmpty() ? null : JSON.readTree(row).get("libram").textValue();
        observations.add(new Observation(code, own, value, ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now())));
        tally.merge((own == null ? "read: " : "read with token: ") + cacheStatus(answer), 1, Integer::sum);
    }

    private static String row(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 404);
        return answer.statusCode() == 200 ? answer.body() : "";
    }

    // Writers behind the API's back. They lock rows in the order of their keys, so that none of them waits in a circle.

    private Void writer(Random random, int number) throws SQLException {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement()) {
            while (operations.get() < OPERATIONS) {
                switch (random.nextInt(6)) {
                    case 0 -> statement.execute(change(random, key(random)));
                    case 1 -> changeKey(statement, key(random), key(random));
                    case 2 -> transaction(statement, random, random.nextBoolean() ? "COMMIT" : "ROLLBACK");
                    case 3 -> transaction(statement, random, "COMMIT");
                    case 4 -> savepoint(statement, random);
                    default -> prepared(statement, random, "writer" + number);
                }
                // Rows that never rest are never cached.
                statement.execute("SELECT pg_sleep(0.01)");
            }
        }
        return null;
    }

    private void changeKey(Statement statement, long one, long other) throws SQLException {
        long from = Math.min(one, other);
        long to = Math.max(one, other);
        try {
            statement.execute("UPDATE sinners SET code = " + to + ", libram = '" + value() + "' WHERE code = " + from);
        } catch (SQLException e) {
            // There is a row of that key already.
            assertThat(e.getSQLState()).isEqualTo(UNIQUE_VIOLATION);
        }
    }

    private void transaction(Statement statement, Random random, String end) throws SQLException {
        statement.execute("BEGIN");
        for (long code : keys(random, 5)) {
            statement.execute(change(random, code));
        }
        statement.execute(end);
    }

    private void savepoint(Statement statement, Random random) throws SQLException {
        List<Long> codes = keys(random, 6);
        statement.execute("BEGIN");
        for (int i = 0; i < codes.size(); i++) {
            if (i % 2 == 0) {
                statement.execute("SAVEPOINT inner_" + i);
            }
            statement.execute(change(random, codes.get(i)));
            if (i % 2 == 1) {
                statement.execute((random.nextBoolean() ? "ROLLBACK TO inner_" : "RELEASE inner_") + (i - 1));
            }
        }
        statement.execute("COMMIT");
    }

    private void prepared(Statement statement, Random random, String name) throws SQLException {
        transaction(statement, random, "PREPARE TRANSACTION '" + name + "'");
        statement.execute("SELECT pg_sleep(0.01)");
        statement.execute((random.nextBoolean() ? "COMMIT" : "ROLLBACK") + " PREPARED '" + name + "'");
    }

    private String change(Random random, long code) {
        return switch (random.nextInt(4)) {
            case 0 -> "DELETE FROM sinners WHERE code = " + code;
            case 1 -> "UPDATE sinners SET libram = '" + value() + "' WHERE code = " + code;
            default ->
                "INSERT INTO sinners (code, name, class, libram) VALUES (" + code + ", 'writer', 'S', '" + value()
                        + "') ON CONFLICT (code) DO UPDATE SET libram = excluded.libram";
        };
    }

    private String value() {
        return "v" + values.incrementAndGet();
    }

    private static long key(Random random) {
        return 1 + random.nextInt(KEYS);
    }

    private static List<Long> keys(Random random, int most) {
        return random.longs(1 + random.nextInt(most), 1, KEYS + 1)
                .distinct()
                .sorted()
                .boxed()
                .toList();
    }

    // What else happens

    private synchronized void disturb(long number, Random random) throws Exception {
        List<Disturbance> round = new ArrayList<>(List.of(Disturbance.values()));
        int turn = (int) (number - 1);
        Collections.shuffle(round, new Random(SEED + turn / round.size()));
        Disturbance disturbance = round.get(turn % round.size());
        tally.merge(disturbance.name(), 1, Integer::sum);
        switch (disturbance) {
            case REDIS_FORGETS -> contents.flush();
            case REDIS_DIES -> {
                system.servers().redis().kill();
                system.servers().redis().start();
            }
            case TABLE_IS_TRUNCATED -> system.sql("TRUNCATE sinners");
            case CONSUMER_STOPS_OR_STARTS -> {
                if (!stopConsumer()) {
                    startConsumer();
                }
            }
            case RECORDS_COME_AGAIN -> {
                List<ChangeTopic.Change> changes = topic.read(Math.max(0, topic.end() - 5_000));
                int from = random.nextInt(changes.size());
                topic.publishAgain(changes.subList(from, Math.min(changes.size(), from + 1 + random.nextInt(200))));
            }
            case TOPIC_IS_REPLAYED -> {
                stopConsumer();
                topic.rewind();
                startConsumer();
            }
        }
    }

    private synchronized void startConsumer() throws Exception {
        if (!consumes()) {
            system.context().getRouteController().startRoute(CONSUMER);
        }
    }

    /** Returns whether it was running. */
    private boolean stopConsumer() throws Exception {
        boolean running = consumes();
        if (running) {
            system.context().getRouteController().stopRoute(CONSUMER);
        }
        return running;
    }

    private boolean consumes() {
        return system.context().getRouteController().getRouteStatus(CONSUMER) == ServiceStatus.Started;
    }
}
