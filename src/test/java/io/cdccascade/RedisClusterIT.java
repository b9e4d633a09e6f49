package io.cdccascade;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.doctor.DoctorCheck;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.RedisCluster;
import io.cdccascade.support.Signal;
import io.cdccascade.support.Topics;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The whole system on a Redis Cluster of three masters with a replica each, whose slots move and whose nodes die. */
@DisabledOnOs(OS.WINDOWS)
class RedisClusterIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String TOPIC = "cascade.public.sinners";
    private static final int FIRST = 1000;
    private static final int ROWS = 60;
    private static final int SWAPS = 3;

    private static RedisCluster cluster;
    private static CascadeSystem system;
    private static Topics topics;

    @BeforeAll
    static void start() throws Exception {
        cluster = new RedisCluster(3);
        // The application may start before Redis does.
        cluster.nodes().forEach(RedisCluster.Node::kill);
        system = CascadeSystem.startAsFarAsPossible(Map.of(
                "cascade.redis.host",
                cluster.hosts(),
                "cascade.redis.password",
                cluster.password(),
                "cascade.redis.cluster",
                "true",
                "cascade.doctor.every-ms",
                "2000"));
        topics = system.topics();
        cluster.nodes().forEach(RedisCluster.Node::start);
        cluster.awaitWhole();
        system.sql("INSERT INTO sinners (code, name, class, libram, tendency) SELECT n, 'new', 'S', 'Sloth', 'Evil'"
                + " FROM generate_series(" + FIRST + ", " + (FIRST + ROWS - 1) + ") n");
    }

    @AfterAll
    static void stop() {
        topics.close();
        system.close();
        cluster.close();
    }

    /** One change after the other of every row, and readers of all of them, until it is closed. */
    private static final class Load implements AutoCloseable {

        private final List<Thread> threads = new ArrayList<>();
        private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        private volatile boolean running = true;

        private Load() {
            start(turn -> system.sql("UPDATE sinners SET name = 'turn " + turn + "' WHERE code = " + code(turn)));
            start(turn -> expectOk(read(code(turn))));
            start(turn -> expectOk(read(code(7 * turn))));
            start(turn -> expectOk(system.get("/sinners/read?code=" + code(turn) + "," + code(turn + 31))));
        }

        private interface Action {
            void run(int turn) throws Exception;
        }

        private void expectOk(HttpResponse<String> answer) {
            if (answer.statusCode() != 200) {
                failures.add(answer.statusCode() + " " + answer.body());
            }
        }

        private void start(Action action) {
            Thread thread = new Thread(() -> {
                for (int turn = 0; running; turn++) {
                    try {
                        action.run(turn);
                    } catch (Exception e) {
                        failures.add(e.toString());
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }

        @Override
        public void close() throws InterruptedException {
            running = false;
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    @Test
    void theDoctorExaminesEveryMaster() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                system.bean("doctor", DoctorCheck.class).findings())
                        .filteredOn(finding -> finding.server().equals("Redis"))
                        .filteredOn(finding -> finding.check().equals("replicas"))
                        .hasSizeGreaterThanOrEqualTo(3)
                        // Who has a replica goes on alone if it is cut off.
                        .anyMatch(finding -> finding.fix().contains("CONFIG SET min-replicas-to-write 1")));
    }

    @Test
    void everyShardAnswersFromItsCacheWhileSlotsMoveAndMastersChange() throws Exception {
        assertAtRest();
        try (Load load = new Load()) {
            // To a master that has just joined and knows neither functions nor scripts, and back.
            RedisCluster.Node joined = cluster.join();
            cluster.awaitWhole();
            RedisCluster.Node left = cluster.master(bucket(code(0)));
            List<String> moved = buckets().stream()
                    .filter(bucket -> cluster.master(bucket) == left)
                    .toList();
            for (String bucket : moved) {
                cluster.beginMove(bucket, joined);
                cluster.moveKey(bucket, joined);
                cluster.endMove(bucket, joined);
            }
            for (String bucket : moved.subList(0, moved.size() / 2)) {
                cluster.beginMove(bucket, left);
                cluster.endMove(bucket, left);
            }
            cluster.failOver(cluster.node(4));
            assertThat(load.failures).isEmpty();
        }
        assertAtRest();
    }

    /** Redisson shuts down the client of a node that, halfway through what it sees at once, serves no slot. */
    @Test
    void slotsThatTwoMastersSwapAreInvalidated() throws Exception {
        assertAtRest();
        RedisCluster.Node one = cluster.join();
        RedisCluster.Node other = cluster.join();
        cluster.awaitWhole();
        String bucket = bucket(code(0));
        String swapped = buckets().stream()
                .filter(name -> cluster.master(name) != cluster.master(bucket))
                .findFirst()
                .orElseThrow();
        move(bucket, one);
        move(swapped, other);
        for (int turn = 0; turn < SWAPS; turn++) {
            change(code(0), "before swap " + turn);
            assertAtRest();
            RedisCluster.Node from = cluster.master(bucket);
            RedisCluster.Node to = cluster.master(swapped);
            cluster.beginMove(bucket, to);
            cluster.beginMove(swapped, from);
            cluster.moveKeys(bucket, to);
            cluster.moveKeys(swapped, from);
            cluster.endMove(bucket, to);
            cluster.endMove(swapped, from);
            assertThat(cluster.master(bucket)).isEqualTo(to);
            change(code(0), "after swap " + turn);
            assertAtRest();
        }
    }

    private static void move(String bucket, RedisCluster.Node target) {
        cluster.beginMove(bucket, target);
        cluster.endMove(bucket, target);
    }

    private static void change(int code, String name) throws Exception {
        long before = topics.end(TOPIC);
        system.sql("UPDATE sinners SET name = '" + name + "' WHERE code = " + code);
        await().atMost(PATIENCE).until(() -> topics.end(TOPIC) > before);
    }

    @Test
    void aSlotThatStaysHalfMovedIsReadWithoutCacheAndHoldsUpNoChange() throws Exception {
        assertAtRest();
        int code = code(1);
        RedisCluster.Node source = cluster.master(bucket(code));
        RedisCluster.Node target = buckets().stream()
                .map(cluster::master)
                .filter(master -> master != source)
                .findFirst()
                .orElseThrow();
        cluster.beginMove(bucket(code), target);
        cluster.moveKey(bucket(code), target);

        long before = topics.end(TOPIC);
        system.sql("UPDATE sinners SET name = 'moved' WHERE code = " + code);
        assertThat(read(code).body()).contains("\"name\":\"moved\"");
        assertThat(cacheStatus(read(code))).startsWith("fwd=");
        await().atMost(PATIENCE).until(() -> topics.end(TOPIC) > before);
        awaitEverythingApplied();

        cluster.endMove(bucket(code), target);
        assertAtRest();
    }

    @Test
    void aMasterThatIsKilledIsReplacedByItsReplica() throws Exception {
        assertAtRest();
        RedisCluster.Node killed = cluster.master(bucket(code(2)));
        try (Load load = new Load()) {
            killed.kill();
            await().atMost(PATIENCE).ignoreExceptions().until(() -> cluster.master(bucket(code(2))) != killed);
            cluster.awaitWhole();
            assertThat(load.failures).isEmpty();
        }
        assertAtRest();
        killed.start();
        cluster.awaitWhole();
        assertAtRest();
    }

    @Test
    void aMasterThatHangsIsReplacedAndIsNotAskedWhenItGoesOn() throws Exception {
        assertAtRest();
        RedisCluster.Node hung = cluster.master(bucket(code(2)));
        try (Load load = new Load()) {
            Signal.STOP.to(hung.pid());
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> cluster.masterSeenBy(other(hung), bucket(code(2))) != hung);
            Signal.CONT.to(hung.pid());
            cluster.awaitWhole();
            assertThat(load.failures).isEmpty();
        }
        assertAtRest();
    }

    private static RedisCluster.Node other(RedisCluster.Node node) {
        return cluster.nodes().stream()
                .filter(other -> other != node)
                .findFirst()
                .orElseThrow();
    }

    /** Every row, one by one and several at once, is what SQL says; everything is a hit; nothing waits. */
    private static void assertAtRest() throws Exception {
        awaitEverythingApplied();
        await().atMost(PATIENCE).untilAsserted(() -> {
            Map<Integer, String> rows = uncached();
            // All are read before any is judged: a row that was not there is by the next time.
            Map<Integer, HttpResponse<String>> answers = new HashMap<>();
            rows.keySet().forEach(code -> answers.put(code, read(code)));
            assertThat(answers).allSatisfy((code, answer) -> {
                assertThat(cacheStatus(answer)).isEqualTo("hit");
                assertThat(answer.body()).isEqualTo(rows.get(code));
            });
        });
        String keys = String.join(
                ",", IntStream.range(0, ROWS).mapToObj(row -> "" + code(row)).toList());
        // Rows that were read while others were written are read again once, all in one statement.
        await().atMost(PATIENCE)
                .until(() ->
                        cacheStatus(system.get("/sinners/read?code=" + keys)).equals("hit"));
        assertThat(system.readiness()).isEqualTo(200);
    }

    private static void awaitEverythingApplied() {
        await().atMost(PATIENCE)
                .until(() -> topics.end(TOPIC) > 0 && topics.committed("cdc-cascade", TOPIC) == topics.end(TOPIC));
    }

    private static Map<Integer, String> uncached() throws Exception {
        Map<Integer, String> rows = new HashMap<>();
        try (var connection = system.servers().postgres().connect();
                var statement = connection.createStatement();
                var row =
                        statement.executeQuery("SELECT code, to_json(s)::text FROM sinners s WHERE code >= " + FIRST)) {
            while (row.next()) {
                rows.put(row.getInt(1), row.getString(2));
            }
        }
        return rows;
    }

    private static int code(int turn) {
        return FIRST + turn % ROWS;
    }

    private static HttpResponse<String> read(int code) {
        return system.get("/sinners/read/" + code);
    }

    private static List<String> buckets() {
        return IntStream.range(0, 64)
                .mapToObj(number -> "cascade:{" + number + "}")
                .toList();
    }

    private static String bucket(int code) {
        CRC32 hash = new CRC32();
        hash.update(("public.sinners:" + code).getBytes(StandardCharsets.UTF_8));
        return buckets().get((int) (hash.getValue() % 64));
    }
}
