package io.cdccascade.consistency;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No answer is older than the bound, whatever stands still; readers and writers say how fresh they want it. Two instances that
 * share the servers: the first captures, both serve and invalidate.
 */
class FreshnessIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int READERS = 20;
    private static final String CONSUMER = "invalidate-entries";
    private static final String STALE = "fwd=bypass; detail=stale";
    private static final String HIT = "hit";
    private static final String ROW = "/sinners/read/14";
    private static final String CACHE_CONTROL = "Cache-Control";

    private static CascadeSystem first;
    private static CascadeSystem second;

    @BeforeAll
    static void start() throws Exception {
        first = CascadeSystem.start(Map.of(
                "cascade.cache.max-staleness",
                "5s",
                "cascade.postgres.patience-ms",
                "500",
                "cascade.postgres.lock-timeout-ms",
                "30000",
                "cascade.postgres.statement-timeout-ms",
                "30000",
                "cascade.capture.restart-delay-max-ms",
                "1000",
                // So that what a test stops is the only way of a change.
                "cascade.capture.early-fence",
                "false"));
        second = first.startSecond(Map.of("cascade.cache.max-staleness", "5s"));
        for (CascadeSystem instance : List.of(first, second)) {
            TableFiles files = new TableFiles(instance);
            files.put("by_class", "table", "sinners", "path", "by_class", "lists", "class");
            files.put("any_age", "table", "sinners", "path", "any_age", "maxStaleness", "0");
            files.put("in_need", "table", "sinners", "path", "in_need", "lists", "class", "staleIfError", "1h");
            files.awaitServed("by_class", "any_age", "in_need");
        }
    }

    @AfterAll
    static void stop() {
        second.close();
        first.close();
    }

    /** What a change passes on its way. */
    private enum Part {
        CAPTURE {
            @Override
            void stop() throws Exception {
                first.context().getRouteController().stopRoute("capture");
            }

            @Override
            void start() throws Exception {
                first.context().getRouteController().startRoute("capture");
            }
        },
        KAFKA {
            @Override
            void stop() {
                first.servers().kafka().stop();
            }

            @Override
            void start() {
                first.servers().kafka().start();
            }
        },
        INVALIDATION {
            @Override
            void stop() throws Exception {
                first.context().getRouteController().stopRoute(CONSUMER);
                second.context().getRouteController().stopRoute(CONSUMER);
            }

            @Override
            void start() throws Exception {
                first.context().getRouteController().startRoute(CONSUMER);
                second.context().getRouteController().startRoute(CONSUMER);
            }
        };

        abstract void stop() throws Exception;

        abstract void start() throws Exception;
    }

    private interface Body {
        void run() throws Exception;
    }

    private static void whileStopped(Part part, Body body) throws Exception {
        part.stop();
        try {
            // While there is nothing to apply, everything is applied, whoever has stopped.
            sql("INSERT INTO sinners (code, name, class) VALUES (777, 'a', 'Z') "
                    + "ON CONFLICT (code) DO UPDATE SET name = 'b'");
            body.run();
        } finally {
            part.start();
        }
    }

    @ParameterizedTest
    @EnumSource(Part.class)
    void readsGoToSqlWhenAPartStandsStillAndComeBackByThemselves(Part part) throws Exception {
        awaitStatus(HIT, ROW);
        String changed = "{\"name\":\"" + part + "\"";

        whileStopped(part, () -> {
            sql("UPDATE sinners SET name = '" + part + "' WHERE code = 14");
            awaitStatus(STALE, ROW);
            assertThat(first.get(ROW).body()).contains(changed.substring(1));
            assertThat(second.get(ROW).body()).contains(changed.substring(1));
        });

        awaitStatus(HIT, ROW);
        assertThat(second.get(ROW).body()).contains(changed.substring(1));
    }

    @Test
    void everyKindOfReadObeys() throws Exception {
        String list = "/by_class/read?class=S";
        String missing = "/sinners/read/999999";
        String keys = "/sinners/read?code=14,17";
        for (String path : List.of(ROW, list, missing, keys)) {
            awaitStatus(HIT, path);
        }
        String tag = first.get(ROW).headers().firstValue("ETag").orElseThrow();

        whileStopped(Part.INVALIDATION, () -> {
            for (String path : List.of(ROW, list, missing, keys)) {
                awaitStatus(STALE, path);
            }
            HttpResponse<String> unchanged = first.get(ROW, "If-None-Match", tag);
            assertThat(unchanged.statusCode()).isEqualTo(304);
            assertThat(cacheStatus(unchanged)).isEqualTo(STALE);
            assertThat(cacheStatus(first.get("/any_age/read/14")))
                    .as("a table without a bound")
                    .isIn(HIT, "fwd=miss; stored");
            assertThat(cacheStatus(first.get("/any_age/read/14"))).isEqualTo(HIT);
        });
    }

    @Test
    void whatIsLoadedMeanwhileIsAHitAfterwards() throws Exception {
        whileStopped(Part.INVALIDATION, () -> {
            awaitStatus(STALE, ROW);
            assertThat(cacheStatus(first.get("/by_class/read/20"))).isEqualTo("fwd=miss; stored");
            assertThat(cacheStatus(second.get("/by_class/read/20"))).isEqualTo(STALE);
        });

        await().atMost(PATIENCE)
                .until(() -> cacheStatus(second.get("/by_class/read/20")), status -> !status.equals(STALE));
        assertThat(cacheStatus(second.get("/by_class/read/20"))).isIn(HIT, STALE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-cache", "max-age=0", "Max-Age=\"0\", max-stale", "foo=\"a,b\" , no-cache"})
    void aRequestMayWantItFresher(String directives) {
        awaitStatus(HIT, ROW);

        assertThat(cacheStatus(first.get(ROW, CACHE_CONTROL, directives))).isEqualTo(STALE);
        assertThat(cacheStatus(first.get("/any_age/read/14", CACHE_CONTROL, directives)))
                .as("also of a table without a bound")
                .isIn(STALE, "fwd=miss; stored");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "max-age=99999999999999999999",
                "max-age=soon",
                "max-age=-1",
                "max-age",
                "max-stale=x",
                ",;=,",
                "\""
            })
    void aDirectiveThatIsNotValidOrAsksForLessChangesNothing(String directives) {
        await().atMost(PATIENCE)
                .until(() ->
                        cacheStatus(first.get(ROW, CACHE_CONTROL, directives)).equals(HIT));
    }

    @Test
    void aRequestMayTakeItOlder() throws Exception {
        awaitStatus(HIT, ROW);

        whileStopped(Part.INVALIDATION, () -> {
            awaitStatus(STALE, ROW);
            assertThat(cacheStatus(first.get(ROW, CACHE_CONTROL, "max-stale"))).isEqualTo(HIT);
            assertThat(cacheStatus(first.get(ROW, CACHE_CONTROL, "max-stale=3600")))
                    .isEqualTo(HIT);
            assertThat(cacheStatus(first.get(ROW, CACHE_CONTROL, "max-stale=3600, max-age=1")))
                    .isEqualTo(STALE);
            assertThat(cacheStatus(first.get(ROW, CACHE_CONTROL, "max-stale=soon")))
                    .isEqualTo(STALE);
        });
    }

    @Test
    void anEntryStandsInForPostgresqlWhereItsTableAllowsThat() throws Exception {
        String list = "/in_need/read?class=S";
        String keys = "/in_need/read?code=14,17";
        for (String path : List.of(ROW, "/in_need/read/14", list, keys)) {
            awaitStatus(HIT, path);
        }
        String row = first.get("/in_need/read/14").body();

        first.servers().postgres().kill();
        try {
            await().atMost(PATIENCE).until(() -> first.get(ROW).statusCode() == 503);
            HttpResponse<String> refused = first.get(ROW);
            assertThat(cacheStatus(refused)).isEqualTo(STALE);
            for (String path : List.of("/in_need/read/14", list, keys)) {
                HttpResponse<String> answer = first.get(path);
                assertThat(answer.statusCode()).as(path).isEqualTo(200);
                assertThat(cacheStatus(answer)).as(path).isEqualTo("hit; detail=stale-if-error");
            }
            HttpResponse<String> answer = first.get("/in_need/read/14");
            assertThat(answer.body()).isEqualTo(row);
            assertThat(answer.headers().firstValue("Age")).isPresent();
            assertThat(first.get("/in_need/read/14", CACHE_CONTROL, "no-cache").statusCode())
                    .isEqualTo(503);
        } finally {
            first.servers().postgres().start();
        }
        awaitStatus(HIT, ROW);
    }

    @Test
    void anAnswerSaysWhatItIncludesAndNoMore() throws Exception {
        String[] please = {"Prefer", "fresh-as-of"};
        awaitStatus(HIT, ROW);
        assertThat(first.get(ROW).headers().firstValue("Cascade-Fresh-As-Of")).isEmpty();

        whileStopped(Part.INVALIDATION, () -> {
            Instant before = clock();
            sql("UPDATE sinners SET tendency = 'Dated' WHERE code = 14");
            Instant after = clock();

            HttpResponse<String> old = first.get(ROW, "Prefer", "fresh-as-of", CACHE_CONTROL, "max-stale");
            assertThat(old.body()).doesNotContain("Dated");
            assertThat(asOf(old)).isBefore(after);
            HttpResponse<String> loaded = first.get(ROW, "Prefer", "fresh-as-of", CACHE_CONTROL, "no-cache");
            assertThat(loaded.body()).contains("Dated");
            assertThat(asOf(loaded)).isAfterOrEqualTo(after).isAfter(before);
            assertThat(loaded.headers().firstValue("Preference-Applied")).contains("fresh-as-of");
        });

        Instant now = clock();
        await().atMost(PATIENCE).until(() -> {
            HttpResponse<String> answer = second.get(ROW, please);
            return cacheStatus(answer).equals(HIT) && asOf(answer).isAfter(now);
        });
        assertThat(second.get(ROW).body()).contains("Dated");
    }

    @Test
    void readersWhoBypassTheCacheShareOneLoad() throws Exception {
        awaitStatus(HIT, ROW);

        whileStopped(Part.INVALIDATION, () -> {
            awaitStatus(STALE, ROW);
            double before = staleLookups();
            ExecutorService readers = Executors.newFixedThreadPool(READERS);
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            try (Connection connection = first.servers().postgres().connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("BEGIN");
                statement.execute("LOCK TABLE sinners IN ACCESS EXCLUSIVE MODE");
                for (int i = 0; i < READERS; i++) {
                    answers.add(readers.submit(() -> first.get(ROW)));
                }
                await().atMost(PATIENCE).until(() -> staleLookups() - before == READERS);
                assertThat(loadsThatWait(statement)).isEqualTo(1);
                statement.execute("COMMIT");
                for (Future<HttpResponse<String>> answer : answers) {
                    assertThat(cacheStatus(answer.get())).isEqualTo(STALE);
                    assertThat(answer.get().statusCode()).isEqualTo(200);
                }
            } finally {
                readers.shutdownNow();
            }
        });
    }

    private static double staleLookups() {
        return first.bean("metricsRegistry", MeterRegistry.class)
                .get("cascade.cache.lookups")
                .tags("table", "public.sinners", "result", "stale")
                .counter()
                .count();
    }

    private static int loadsThatWait(Statement statement) throws SQLException {
        try (ResultSet waiting = statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity"
                        + " WHERE wait_event_type = 'Lock' AND query LIKE '%pg_current_snapshot()%' AND query LIKE '%sinners%'")) {
            waiting.next();
            return waiting.getInt(1);
        }
    }

    @Test
    void aClockOfPostgresqlThatIsSetBackMakesNoEntryOlderOrYounger() throws Exception {
        Instant before = clock();
        // Only the application's statements see it: the function stands before PostgreSQL's own for its connections.
        sql(
                "CREATE SCHEMA set_back",
                "CREATE FUNCTION set_back.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE"
                        + " AS 'SELECT pg_catalog.clock_timestamp() - interval ''1 hour'''",
                "ALTER DATABASE \"cdc-cascade-db\" SET search_path = set_back, pg_catalog, public");
        try {
            evictConnections();
            await().atMost(PATIENCE).until(() -> {
                HttpResponse<String> answer = first.get(ROW, "Prefer", "fresh-as-of");
                return cacheStatus(answer).equals(HIT) && asOf(answer).isBefore(before);
            });

            whileStopped(Part.INVALIDATION, () -> awaitStatus(STALE, ROW));

            awaitStatus(HIT, ROW);
        } finally {
            sql("ALTER DATABASE \"cdc-cascade-db\" RESET search_path", "DROP SCHEMA set_back CASCADE");
            evictConnections();
        }
    }

    private static void evictConnections() {
        for (CascadeSystem instance : List.of(first, second)) {
            instance.bean("dataSource", HikariDataSource.class)
                    .getHikariPoolMXBean()
                    .softEvictConnections();
        }
    }

    @Test
    void aWriterWaitsUntilItsChangeIsAppliedEverywhere() {
        String list = "/by_class/read?class=S";
        awaitStatus(HIT, list);

        HttpResponse<String> written =
                first.send("PUT", "/sinners/update/14", "{\"tendency\":\"Awaited\"}", "Prefer", "wait=30");

        assertThat(written.statusCode()).isEqualTo(200);
        assertThat(written.headers().firstValue("Preference-Applied")).contains("wait=30");
        assertThat(second.get(list, CACHE_CONTROL, "max-stale").body())
                .as("the list, which only the event drops")
                .contains("Awaited");
    }

    @Test
    void aWriterWaitsNoLongerThanItSaysAndIsToldThatItWasNotApplied() throws Exception {
        whileStopped(Part.INVALIDATION, () -> {
            HttpResponse<String> written =
                    first.send("PUT", "/sinners/update/14", "{\"tendency\":\"Alone\"}", "Prefer", "wait=1");

            assertThat(written.statusCode()).isEqualTo(200);
            assertThat(written.body()).contains("Alone");
            assertThat(written.headers().firstValue("Preference-Applied")).isEmpty();
        });
    }

    private static void awaitStatus(String status, String path) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(cacheStatus(first.get(path))).as(path).isEqualTo(status);
            assertThat(cacheStatus(second.get(path))).as(path).isEqualTo(status);
        });
    }

    private static Instant asOf(HttpResponse<String> answer) {
        return Instant.parse(answer.headers().firstValue("Cascade-Fresh-As-Of").orElseThrow());
    }

    private static Instant clock() throws SQLException {
        try (Connection connection = first.servers().postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet clock = statement.executeQuery("SELECT clock_timestamp()")) {
            clock.next();
            return clock.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    private static void sql(String... statements) throws SQLException {
        first.sql(statements);
    }
}
