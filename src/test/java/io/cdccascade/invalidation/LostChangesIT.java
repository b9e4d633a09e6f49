package io.cdccascade.invalidation;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Topics;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes that are lost before they are applied, or cannot be applied, leave no stale row, and readiness says so. */
class LostChangesIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String ROUTE = "invalidate-entries";
    private static final String GROUP = "cdc-cascade";
    private static final String TOPIC = "cascade.public.sinners";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

    private static CascadeSystem system;
    private static Topics topics;
    private static Admin kafka;
    private static int changes;

    @BeforeAll
    static void start() {
        // An early fence would drop what the lost change was to drop.
        system = CascadeSystem.start(
                Map.of("cascade.health.max-lag-ms", "4000", "cascade.capture.early-fence", "false"));
        topics = system.topics();
        kafka = Admin.create(
                Map.of("bootstrap.servers", system.servers().kafka().bootstrapServers()));
    }

    @AfterAll
    static void stop() {
        kafka.close();
        topics.close();
        system.close();
    }

    /** A hit on the row, everything applied, and then nobody who applies what follows. */
    @BeforeEach
    void stopApplying() throws Exception {
        change();
        awaitSeen();
        await().atMost(PATIENCE).until(() -> cacheStatus(read()).equals("hit"));
        await().atMost(PATIENCE).until(() -> topics.committed(GROUP, TOPIC) == topics.end(TOPIC));
        system.context().getRouteController().stopRoute(ROUTE);
    }

    @AfterEach
    void applyAgain() throws Exception {
        system.context().getRouteController().startRoute(ROUTE);
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
    }

    @Test
    void changesThatExpiredBeforeTheyWereApplied() throws Exception {
        changeAndPublish();
        kafka.deleteRecords(Map.of(PARTITION, RecordsToDelete.beforeOffset(topics.end(TOPIC))))
                .all()
                .get();

        startApplying();

        awaitSeen();
    }

    @Test
    void offsetsThatSomebodyMovedPastAChange() throws Exception {
        changeAndPublish();
        moveTo(topics.end(TOPIC));

        startApplying();

        awaitSeen();
    }

    @Test
    void offsetsBeyondTheEndOfTheTopic() throws Exception {
        changeAndPublish();
        moveTo(topics.end(TOPIC) + 100);

        startApplying();

        awaitSeen();
    }

    @Test
    void offsetsOfTheGroupThatExpiredTogetherWithTheChange() throws Exception {
        changeAndPublish();
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(
                        () -> kafka.deleteConsumerGroups(List.of(GROUP)).all().get());
        kafka.deleteRecords(Map.of(PARTITION, RecordsToDelete.beforeOffset(topics.end(TOPIC))))
                .all()
                .get();

        startApplying();

        awaitSeen();
    }

    @Test
    void aTopicThatWasDeletedAndCreatedAgain() throws Exception {
        changeAndPublish();
        recreate();

        startApplying();

        awaitSeen();
        change();
        awaitSeen();
    }

    @Test
    void aTopicThatIsCreatedAgainWhileItIsRead() throws Exception {
        startApplying();
        change();
        recreate();

        awaitSeen();
        change();
        awaitSeen();
    }

    @Test
    void nobodyWhoAppliesChangesIsAReasonNotToBeReady() throws Exception {
        change();

        awaitNotReady("invalidation to apply what was published");
    }

    @Test
    void captureThatDoesNotRunIsAReasonNotToBeReady() throws Exception {
        startApplying();
        system.context().getRouteController().stopRoute("capture");
        try {
            awaitNotReady("capture to publish what was committed");
            double lag = metric("cascade_capture_lag_seconds");
            double kept = metric("cascade_capture_retained_bytes");
            // Of a table that nobody captures.
            system.sql(
                    "CREATE TABLE bulk AS SELECT repeat(md5(n::text), 30) FROM generate_series(1, 5000) n",
                    "DROP TABLE bulk");
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(metric("cascade_capture_lag_seconds")).isGreaterThan(lag);
                assertThat(metric("cascade_capture_retained_bytes")).isGreaterThan(kept + 5_000_000);
            });
        } finally {
            system.context().getRouteController().startRoute("capture");
        }
    }

    @Test
    void aRedisThatTakesNoWritesIsAReasonNotToBeReady() throws Exception {
        startApplying();
        RedisClient client = RedisClient.create(RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(Integer.parseInt(system.setting("cascade.redis.port")))
                .withPassword("rootpw".toCharArray())
                .build());
        try (var redis = client.connect()) {
            redis.sync().replicaof("127.0.0.1", 1);
            try {
                change();
                awaitNotReady("READONLY");
            } finally {
                redis.sync().replicaofNoOne();
            }
        } finally {
            client.shutdown();
        }
        awaitSeen();
    }

    private static void change() throws Exception {
        system.sql("UPDATE sinners SET name = 'n" + ++changes + "' WHERE code = 14");
    }

    private static void changeAndPublish() throws Exception {
        long end = topics.end(TOPIC);
        change();
        await().atMost(PATIENCE).until(() -> topics.end(TOPIC) > end);
    }

    private static void startApplying() throws Exception {
        system.context().getRouteController().startRoute(ROUTE);
    }

    private static void moveTo(long offset) {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(
                        () -> kafka.alterConsumerGroupOffsets(GROUP, Map.of(PARTITION, new OffsetAndMetadata(offset)))
                                .all()
                                .get());
    }

    private static void recreate() throws Exception {
        kafka.deleteTopics(Set.of(TOPIC)).all().get();
        // Capture may be quicker.
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            if (!kafka.listTopics().names().get().contains(TOPIC)) {
                kafka.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1)))
                        .all()
                        .get();
            }
            assertThat(kafka.listTopics().names().get()).contains(TOPIC);
        });
    }

    private static HttpResponse<String> read() {
        return system.get("/sinners/read/14");
    }

    private static void awaitSeen() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(read().body()).contains("\"name\":\"n" + changes + "\""));
    }

    private static void awaitNotReady(String why) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> health = system.request("GET", "/observe/health/ready", null);
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(health.body()).contains(why);
        });
    }

    private static double metric(String name) {
        return system.request("GET", "/observe/metrics", null)
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow();
    }
}
