package io.cdccascade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.dev.EmbeddedPostgres;
import io.cdccascade.dev.EmbeddedRedis;
import io.cdccascade.support.CascadeProcess;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Signal;
import io.cdccascade.support.Topics;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole application with its embedded servers, as the README starts it, ended in every way and started again. */
@DisabledOnOs(OS.WINDOWS)
class RestartIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String TOPIC = "cascade.public.sinners";
    private static final int ROWS = 10_000;

    private final Map<String, String> settings = CascadeSystem.freshSettings();
    private final EmbeddedPostgres postgres = new EmbeddedPostgres(
            Path.of(settings.get("cascade.data"), "postgres"),
            port("postgres"),
            "cdc-cascade-db",
            "admin",
            "adminpw",
            null);
    private final EmbeddedRedis redis =
            new EmbeddedRedis(Path.of(settings.get("cascade.data"), "redis"), port("redis"), "rootpw");
    private CascadeProcess application;

    @AfterEach
    void stop() {
        if (application != null) {
            application.close();
        }
        postgres.stop();
        redis.stop();
    }

    @Test
    void aKillInTheMiddleOfAManyRowInsertLosesNoEventAndBlocksNoStart() throws Exception {
        application = CascadeProcess.start(settings);
        awaitCapturing();
        sql("INSERT INTO sinners (code, name, class) SELECT code, 'a', 'A' FROM generate_series(1001, " + (1000 + ROWS)
                + ") code");
        try (Topics topics = topics()) {
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> topics.end(TOPIC) > 100);
            application.end(Signal.KILL);
        }

        application = CascadeProcess.start(settings);
        awaitReady();

        awaitEvents(1001, 1000 + ROWS);
        assertThat(keys("\"op\":\"t\""))
                .as("only the first start made a snapshot")
                .hasSize(1);
        assertFreshAfterAnUpdate();
    }

    @Test
    void afterAKillNoAnswerIsOlderThanAChangeThatWasMadeMeanwhile() throws Exception {
        application = CascadeProcess.start(settings);
        awaitCapturing();
        await().atMost(PATIENCE).until(() -> isHit(application.api().get("/sinners/read/1000")));
        application.end(Signal.KILL);
        sql("UPDATE sinners SET name = 'b' WHERE code = 1000");

        application = CascadeProcess.start(settings);
        List<String> rows = new ArrayList<>();
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> {
            HttpResponse<String> answer;
            try {
                answer = application.api().get("/sinners/read/1000");
            } catch (UncheckedIOException e) {
                // It does not listen yet.
                return false;
            }
            if (answer.statusCode() == 200) {
                rows.add(answer.body());
            }
            return isHit(answer);
        });

        assertThat(rows).allSatisfy(row -> assertThat(row).contains("\"name\":\"b\""));
    }

    private static boolean isHit(HttpResponse<String> answer) {
        return CascadeSystem.cacheStatus(answer).equals("hit");
    }

    @ParameterizedTest
    @CsvSource({"TERM, 143", "INT, 130"})
    void aStopInGoodOrderLeavesNoServerBehindAndTheNextStartResumes(Signal signal, int exitCode) throws Exception {
        assumeThat(signal.isIgnored())
                .as("whoever started the tests made their processes ignore it")
                .isFalse();
        application = CascadeProcess.start(settings);
        awaitReady();
        sql("INSERT INTO sinners (code, name, class) SELECT code, 'a', 'A' FROM generate_series(1001, 1100) code");

        int printed = application.output().length();

        assertThat(application.end(signal)).isEqualTo(exitCode);

        assertThat(application.output().substring(printed))
                .as("the stop shows no stack trace")
                .doesNotContain("\tat ");
        assertThat(postgres.pid()).isEmpty();
        assertThat(redis.pid()).isEmpty();
        application = CascadeProcess.start(settings);
        awaitReady();
        awaitEvents(1001, 1100);
        assertFreshAfterAnUpdate();
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgres", "redis", "kafka", "api"})
    void aTakenPortEndsTheStartWithOneLineThatNamesTheSetting(String server) throws Exception {
        try (ServerSocket taken = new ServerSocket(port(server), 1, InetAddress.getLoopbackAddress())) {
            application = CascadeProcess.start(settings);

            assertThat(application.awaitExit()).isEqualTo(1);

            assertThat(application.output().lines().filter(line -> line.contains("cascade." + server + ".port")))
                    .singleElement()
                    .asString()
                    .contains("Port " + taken.getLocalPort() + " is taken");
            assertThat(application.output()).doesNotContain("\tat ");
        }
        assertThat(postgres.pid()).isEmpty();
        assertThat(redis.pid()).isEmpty();
    }

    private void assertFreshAfterAnUpdate() throws SQLException {
        await().atMost(PATIENCE)
                .until(() -> CascadeSystem.cacheStatus(application.api().get("/sinners/read/1001"))
                        .equals("hit"));
        sql("UPDATE sinners SET name = 'b' WHERE code = 1001");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                application.api().get("/sinners/read/1001").body())
                        .contains("\"name\":\"b\""));
    }

    /** Waits until the application is up and past its first snapshot, which it would have to make again. */
    private void awaitCapturing() throws SQLException {
        awaitReady();
        sql("INSERT INTO sinners (code, name, class) VALUES (1000, 'a', 'A')");
        await().atMost(PATIENCE).until(() -> keys("\"op\":\"c\"").contains(key(1000)));
    }

    private void awaitReady() {
        await().atMost(PATIENCE).until(application::isReady);
    }

    /** Waits until every row in this range has its event on the topic. */
    private void awaitEvents(long from, long to) {
        List<String> wanted =
                LongStream.rangeClosed(from, to).mapToObj(RestartIT::key).toList();
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
            Set<String> missing = new LinkedHashSet<>(wanted);
            keys("\"op\"").forEach(missing::remove);
            assertThat(missing).isEmpty();
        });
    }

    /** The keys, as text, of the topic's records whose value has this in it. */
    private List<String> keys(String content) {
        try (Topics topics = topics()) {
            return topics.records(TOPIC).stream()
                    .filter(entry -> entry.value() != null && entry.value().contains(content))
                    .map(ConsumerRecord::key)
                    .map(String::valueOf)
                    .toList();
        }
    }

    private static String key(long code) {
        return "{\"code\":" + code + "}";
    }

    private Topics topics() {
        return new Topics("127.0.0.1:" + port("kafka"));
    }

    private int port(String server) {
        return Integer.parseInt(settings.get("cascade." + server + ".port"));
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
