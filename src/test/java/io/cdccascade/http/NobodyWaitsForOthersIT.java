package io.cdccascade.http;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CacheContents;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.ChangeTopic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Slow rows, full pools and clients that hang up hold up nobody but those who asked for them. */
class NobodyWaitsForOthersIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SLOW = 200;
    /** A row whose loads last as long as somebody holds the advisory lock of its number. */
    private static final int LOCKED = 400;

    private static final HttpClient HTTP_1 =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static CascadeSystem system;
    private static CacheContents contents;
    private static ExecutorService clients;

    @BeforeAll
    static void start() throws Exception {
        clients = Executors.newFixedThreadPool(SLOW);
        system = CascadeSystem.start(Map.of(
                "cascade.limits.queue",
                "60",
                "cascade.postgres.patience-ms",
                "1500",
                // On a busy machine neither Redis nor the catalog answers in the usual time, and then nothing is a hit.
                "cascade.redis.read-timeout-ms",
                "20000",
                "cascade.tables.unchecked-ms",
                "60000",
                "cascade.cache.lease-ms",
                "2000",
                "cascade.postgres.statement-timeout-ms",
                "20000",
                "cascade.postgres.lock-timeout-ms",
                "20000"));
        contents = new CacheContents(system);
        system.sql(
                "CREATE TABLE slow (id BIGINT PRIMARY KEY, v TEXT)",
                "INSERT INTO slow SELECT i, 'v' FROM generate_series(1, 2000) i",
                "CREATE SEQUENCE slow_loads",
                """
                CREATE FUNCTION slow_load(id bigint) RETURNS text LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM nextval('slow_loads');
                    IF id = %d THEN
                        PERFORM pg_advisory_xact_lock_shared(id);
                    ELSE
                        -- Those of 500 to 599 take longer than a lease lives that is not renewed.
                        PERFORM pg_sleep(CASE WHEN id BETWEEN 500 AND 599 THEN 3.2 ELSE 1 END);
                    END IF;
                    RETURN 'loaded';
                END $$""".formatted(LOCKED),
                "CREATE VIEW slow_view AS SELECT id, v, slow_load(id) AS load FROM slow",
                "UPDATE slow SET v = 'listed' WHERE id = 510");
        PluginHelper.getRoutesLoader(system.context()).loadRoutes(ResourceHelper.fromString("slow.camel.yaml", """
                        - beans:
                            - name: slow
                              type: io.cdccascade.table.CachedTable
                              properties:
                                table: slow
                                view: slow_view
                                lists: v
                        """));
        await().atMost(PATIENCE).until(() -> system.get("/slow/read/1").statusCode() == 200);
        // The events of the first snapshot forget what was loaded before them.
        try (ChangeTopic topic = new ChangeTopic(system)) {
            topic.awaitApplied();
        }
        await().during(Duration.ofSeconds(2))
                .atMost(PATIENCE)
                .until(() -> cacheStatus(system.get("/sinners/read/14")).equals("hit"));
    }

    @AfterAll
    static void stop() {
        clients.shutdownNow();
        contents.close();
        system.close();
    }

    @Test
    void hitsWritesListsAndHealthAreAnsweredWhileTwoHundredSlowLoadsWait() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> slow = IntStream.range(1_000, 1_000 + SLOW)
                .mapToObj(id -> CompletableFuture.supplyAsync(() -> slow(id), clients))
                .toList();
        await().atMost(PATIENCE).until(() -> running() > 0);

        int hits = 0;
        List<String> others = new ArrayList<>();
        while (slow.stream().anyMatch(one -> !one.isDone())) {
            HttpResponse<String> hit = system.get("/sinners/read/14");
            if (cacheStatus(hit).equals("hit")) {
                hits++;
            } else {
                others.add(cacheStatus(hit));
            }
            assertThat(system.request("GET", "/observe/health/live", null).statusCode())
                    .isEqualTo(200);
            assertThat(system.send("PUT", "/sinners/update/17", "{\"tendency\":\"Calm\"}")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(system.get("/sinners/read?limit=2").statusCode()).isEqualTo(200);
        }
        // One thread at a time would have been through with none of them. A machine that stands still for seconds
        // may cost a hit.
        assertThat(hits).as("hits, beside %s", others).isGreaterThan(others.size() + 1);

        List<HttpResponse<String>> answers =
                slow.stream().map(CompletableFuture::join).toList();
        assertThat(answers)
                .extracting(HttpResponse::statusCode)
                .containsOnly(200, 503)
                .contains(200, 503);
        assertThat(answers)
                .extracting(CascadeSystem::cacheStatus)
                .as("also of what is refused")
                .allMatch(status -> status.startsWith("fwd=miss"));
        assertThat(answers.stream().filter(answer -> answer.statusCode() == 503))
                .allSatisfy(answer -> {
                    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
                });
    }

    @Test
    void aHerdOnOneSlowKeyCostsOneLoad() throws Exception {
        await().atMost(PATIENCE).until(() -> running() == 0);
        long before = loads();

        List<CompletableFuture<HttpResponse<String>>> herd = IntStream.range(0, 100)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> slow(500), clients))
                .toList();

        assertThat(herd.stream().map(CompletableFuture::join).toList())
                .extracting(HttpResponse::statusCode)
                .containsOnly(200);
        assertThat(loads()).isEqualTo(before + 1);
        assertThat(cacheStatus(slow(500))).isEqualTo("hit");
    }

    @Test
    void listsAndSeveralKeysThatTakeLongerThanALeaseLivesAreStored() {
        CompletableFuture<HttpResponse<String>> list =
                CompletableFuture.supplyAsync(() -> system.get("/slow/read?v=listed"), clients);
        CompletableFuture<HttpResponse<String>> keys =
                CompletableFuture.supplyAsync(() -> system.get("/slow/read?id=520,521"), clients);

        assertThat(cacheStatus(list.join())).isEqualTo("fwd=miss; stored");
        assertThat(keys.join().statusCode()).isEqualTo(200);
        assertThat(cacheStatus(system.get("/slow/read?v=listed"))).isEqualTo("hit");
        assertThat(cacheStatus(system.get("/slow/read?id=520,521"))).isEqualTo("hit");
    }

    @Test
    void aChangeDuringALoadThatTakesLongerThanALeaseLivesIsSeenByTheNextReader() throws Exception {
        CompletableFuture<HttpResponse<String>> slow;
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + LOCKED + ")");
            long before = loads();
            slow = CompletableFuture.supplyAsync(() -> slow(LOCKED), clients);
            await().atMost(PATIENCE).until(() -> loads() > before);
            await().atMost(PATIENCE).until(() -> lease().containsKey("lease"));
            long expiry = Long.parseLong(lease().get("lease_at")) + 2_000;
            await().atMost(PATIENCE).until(() -> Long.parseLong(lease().get("lease_until")) / 1_000 > expiry + 2_000);
            system.sql("UPDATE slow SET v = 'changed' WHERE id = " + LOCKED);
            await().atMost(PATIENCE).until(() -> lease().containsKey("fences"));
        }
        assertThat(cacheStatus(slow.join())).isEqualTo("fwd=miss; detail=fenced");
        assertThat(slow(LOCKED).body()).contains("changed");
        assertThat(cacheStatus(slow(LOCKED))).isEqualTo("hit");
    }

    private static Map<String, String> lease() {
        return contents.hash("public.slow:" + LOCKED + ":fence");
    }

    @Test
    void aClientThatHangsUpCancelsItsStatementIfNobodyElseWaits() throws Exception {
        await().atMost(PATIENCE).until(() -> running() == 0);
        long before = loads();
        try (Socket first = ask(600)) {
            await().atMost(PATIENCE).until(() -> loads() > before);
            first.close();
            await().atMost(PATIENCE).until(() -> running() == 0);
        }

        assertThat(cacheStatus(system.get("/slow/read/600")))
                .as("nothing was stored")
                .isEqualTo("fwd=miss; stored");
    }

    @Test
    void aStatementThatAnotherClientWaitsForGoesOn() throws Exception {
        await().atMost(PATIENCE).until(() -> running() == 0);
        long before = loads();
        try (Socket first = ask(700)) {
            await().atMost(PATIENCE).until(() -> loads() > before);
            CompletableFuture<HttpResponse<String>> second = CompletableFuture.supplyAsync(() -> slow(700), clients);
            // Whether it has joined by then or comes to a key that is free again, it is answered.
            first.close();

            assertThat(second.join().statusCode()).isEqualTo(200);
        }
    }

    /** On a connection of its own: HTTP/2 would let no more than a hundred requests share one. */
    private static HttpResponse<String> slow(long id) {
        try {
            return HTTP_1.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + system.setting("cascade.api.port")
                                    + "/api/v1/slow/read/" + id))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Socket ask(long id) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(system.setting("cascade.api.port")));
        socket.getOutputStream()
                .write(("GET /api/v1/slow/read/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** How many loads of slow rows PostgreSQL runs now. */
    private static long running() throws Exception {
        return number("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%slow_view%'"
                + " AND pid <> pg_backend_pid()");
    }

    /** How many loads of slow rows there have been. */
    private static long loads() throws Exception {
        return number("SELECT last_value FROM slow_loads");
    }

    private static long number(String sql) throws Exception {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
