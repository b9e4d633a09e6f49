package io.cdccascade;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Topics;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Changes made by SQL behind the API's back, and records that nobody expects, as the cache sees them. */
class InvalidationIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String TOPIC = "cascade.public.sinners";
    private static final String GROUP = "cdc-cascade";
    private static final String HEARTBEATS = "__debezium-heartbeat.cascade";

    private static CascadeSystem system;
    private static Topics topics;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start(Map.of("cascade.capture.heartbeat-ms", "200"));
        topics = system.topics();
        await().atMost(PATIENCE).until(() -> topics.end(TOPIC) > 0);
        awaitApplied();
    }

    @AfterAll
    static void stop() {
        topics.close();
        system.close();
    }

    @Test
    void anUpdateReachesTheCacheAlthoughItsEventHasNoBefore() throws Exception {
        insert(100);
        awaitHit(100);

        system.sql("UPDATE sinners SET name = 'Zoya' WHERE code = 100");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(read(100)).contains("\"name\":\"Zoya\""));
        List<String> events =
                topics.records(TOPIC).stream().map(ConsumerRecord::value).toList();
        assertThat(events.get(events.size() - 1)).contains("\"op\":\"u\"", "\"before\":null");
    }

    @Test
    void aDeleteReachesTheCache() throws Exception {
        insert(200);
        awaitHit(200);

        system.sql("DELETE FROM sinners WHERE code = 200");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(status(200)).isEqualTo(404));
    }

    @Test
    void anInsertReachesAKeyThatWasCachedAsMissing() throws Exception {
        awaitHit(300);
        assertThat(status(300)).isEqualTo(404);

        insert(300);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(status(300)).isEqualTo(200));
    }

    @Test
    void aChangeOfThePrimaryKeyReachesTheOldKeyAndTheNewOne() throws Exception {
        insert(400);
        awaitHit(400);
        awaitHit(401);

        system.sql("UPDATE sinners SET code = 401 WHERE code = 400");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(status(400)).isEqualTo(404));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(status(401)).isEqualTo(200));
    }

    @Test
    void aTruncateReachesEveryCachedKey() throws Exception {
        insert(500);
        insert(501);
        awaitHit(500);
        awaitHit(501);

        system.sql("TRUNCATE sinners");

        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(status(500)).isEqualTo(404);
            assertThat(status(501)).isEqualTo(404);
        });
    }

    @Test
    void aTransactionThatTouchesManyRowsReachesAllOfThem() throws Exception {
        system.sql("INSERT INTO sinners (code, name, class) "
                + "SELECT code, 'old', 'A' FROM generate_series(2000, 3999) code");
        awaitApplied();
        awaitHit(2000);
        awaitHit(3999);

        system.sql("UPDATE sinners SET name = 'new' WHERE code BETWEEN 2000 AND 3999");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(read(3999)).contains("\"name\":\"new\""));
        assertThat(read(2000)).contains("\"name\":\"new\"");
    }

    @Test
    void tombstonesAndHeartbeatsLeaveTheCacheAlone() throws Exception {
        insert(600);
        awaitHit(600);
        long beats = topics.end(HEARTBEATS);

        topics.send(TOPIC, "{\"code\":600}", null);

        awaitApplied();
        await().atMost(PATIENCE).until(() -> topics.end(HEARTBEATS) > beats + 2);
        assertThat(cacheStatus(get(600))).isEqualTo("hit");
        assertThat(deadLetters("600")).isEmpty();
    }

    @Test
    void anEventThatComesTwiceCostsNoMiss() throws Exception {
        insert(700);
        system.sql("UPDATE sinners SET name = 'Hella' WHERE code = 700");
        awaitApplied();
        awaitHit(700);
        ConsumerRecord<String, String> update = topics.records(TOPIC).stream()
                .filter(entry -> "{\"code\":700}".equals(entry.key()))
                .reduce((first, second) -> second)
                .orElseThrow();

        topics.send(TOPIC, update.key(), update.value());

        awaitApplied();
        assertThat(cacheStatus(get(700))).isEqualTo("hit");
    }

    @Test
    void aRecordThatCannotBeReadIsBuriedAsItWasAndHoldsNothingUp() throws Exception {
        insert(800);
        awaitHit(800);

        topics.send(TOPIC, "{\"code\":800}", "{\"op\":");

        awaitApplied();
        assertThat(cacheStatus(get(800)))
                .as("what it touched is not known, so the table is forgotten")
                .startsWith("fwd=miss");
        List<ConsumerRecord<String, String>> buried = deadLetters("800");
        assertThat(buried).hasSize(1);
        assertThat(buried.get(0).value()).isEqualTo("{\"op\":");
        assertThat(headers(buried.get(0)))
                .containsEntry("cascade-cause", "The value is not JSON")
                .hasEntrySatisfying(
                        "cascade-source", source -> assertThat(source).startsWith(TOPIC + "/0/"));

        awaitHit(800);
        system.sql("UPDATE sinners SET name = 'Iron' WHERE code = 800");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(read(800)).contains("\"name\":\"Iron\""));
        awaitApplied();

        system.context().getRouteController().stopRoute("invalidate-entries");
        system.context().getRouteController().startRoute("invalidate-entries");
        awaitHit(800);
        system.sql("UPDATE sinners SET name = 'Steel' WHERE code = 800");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(read(800)).contains("\"name\":\"Steel\""));
        assertThat(deadLetters("800")).as("it is not buried again").hasSize(1);
    }

    @Test
    void aConsumerThatIsStoppedOrSuspendedIsNotReadyUntilItRunsAgain() throws Exception {
        var routes = system.context().getRouteController();
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);

        routes.stopRoute("invalidate-entries");
        assertThat(system.readiness()).isEqualTo(503);
        routes.startRoute("invalidate-entries");
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);

        routes.suspendRoute("invalidate-entries");
        assertThat(system.readiness()).isEqualTo(503);
        routes.resumeRoute("invalidate-entries");
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
    }

    private static void insert(long code) throws Exception {
        system.sql("INSERT INTO sinners (code, name, class) VALUES (" + code + ", 'a', 'A')");
        awaitApplied();
    }

    private static HttpResponse<String> get(long code) {
        return system.get("/sinners/read/" + code);
    }

    private static String read(long code) {
        return get(code).body();
    }

    private static int status(long code) {
        return get(code).statusCode();
    }

    private static void awaitHit(long code) {
        await().atMost(PATIENCE).until(() -> cacheStatus(get(code)).equals("hit"));
    }

    /** Waits until the consumer has committed all that stands on the topic, this very moment's changes not included. */
    private static void awaitApplied() {
        await().atMost(PATIENCE).until(() -> topics.committed(GROUP, TOPIC) >= topics.end(TOPIC));
    }

    private static List<ConsumerRecord<String, String>> deadLetters(String code) {
        return topics.records(TOPIC + ".dlq").stream()
                .filter(letter -> ("{\"code\":" + code + "}").equals(letter.key()))
                .toList();
    }

    private static Map<String, String> headers(ConsumerRecord<String, String> letter) {
        return StreamSupport.stream(letter.headers().spliterator(), false)
                .collect(Collectors.toMap(Header::key, header -> new String(header.value(), StandardCharsets.UTF_8)));
    }
}
