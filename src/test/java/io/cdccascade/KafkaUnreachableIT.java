package io.cdccascade;

import static io.cdccascade.support.Api.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.dev.EmbeddedServers;
import io.cdccascade.support.CascadeProcess;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Signal;
import io.cdccascade.support.Topics;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * No change is lost while Kafka cannot be reached. The application is a process of its own, and PostgreSQL and Redis live on
 * when it is killed: what it has not invalidated stays wrong in Redis.
 */
@DisabledOnOs(OS.WINDOWS)
class KafkaUnreachableIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String TOPIC = "cascade.public.sinners";

    private final Map<String, String> settings = new HashMap<>(CascadeSystem.freshSettings());
    private EmbeddedServers servers;
    private CascadeProcess application;

    @BeforeEach
    void start() {
        servers = CascadeProcess.servers(settings);
        settings.put("cascade.capture.restart-delay-max-ms", "1000");
        // It would drop what is to be dropped when Kafka is back.
        settings.put("cascade.capture.early-fence", "false");
        application = CascadeProcess.start(settings);
        await().atMost(PATIENCE).until(application::isReady);
        List.of(14, 17, 100).forEach(this::awaitHit);
    }

    @AfterEach
    void stop() {
        application.close();
        servers.stop();
    }

    @Test
    void rowsThatChangeMeanwhileAreFreshWhenItIsBackAndReadinessTells() throws Exception {
        servers.kafka().stop();

        change();
        await().atMost(PATIENCE).until(() -> !application.isReady());
        assertThat(status(14)).as("what is cached is answered still").isEqualTo(200);

        servers.kafka().start();
        awaitFresh();
        await().atMost(PATIENCE).until(application::isReady);
    }

    @ParameterizedTest
    @EnumSource(
            value = Signal.class,
            names = {"TERM", "KILL"})
    void rowsThatChangeMeanwhileAreFreshAlsoWhenTheApplicationIsEndedAndStartedBeforeItIsBack(Signal signal)
            throws Exception {
        servers.kafka().stop();
        change();
        application.end(signal);

        sql("UPDATE sinners SET libram = 'Lust' WHERE code = 14");
        application = CascadeProcess.start(settings);
        await().atMost(PATIENCE).ignoreExceptions().until(() -> status(14) == 200);
        assertThat(application.isReady()).isFalse();
        servers.kafka().start();

        awaitFresh();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(body(14)).contains("\"libram\":\"Lust\""));
        await().atMost(PATIENCE).until(application::isReady);
        assertThat(events())
                .as("nothing was lost that a snapshot would have to bring back")
                .filteredOn(event -> event.contains("\"op\":\"t\""))
                .hasSize(1);
    }

    /** An update, a delete, and an insert of a row that is cached as missing. */
    private void change() throws SQLException {
        sql(
                "UPDATE sinners SET name = 'Zoya' WHERE code = 14",
                "DELETE FROM sinners WHERE code = 17",
                "INSERT INTO sinners (code, name, class) VALUES (100, 'Hella', 'A')");
    }

    private void awaitFresh() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(body(14)).contains("\"name\":\"Zoya\"");
            assertThat(status(17)).isEqualTo(404);
            assertThat(status(100)).isEqualTo(200);
        });
    }

    private void awaitHit(int code) {
        await().atMost(PATIENCE).until(() -> cacheStatus(get(code)).equals("hit"));
    }

    private HttpResponse<String> get(int code) {
        return application.api().get("/sinners/read/" + code);
    }

    private String body(int code) {
        return get(code).body();
    }

    private int status(int code) {
        return get(code).statusCode();
    }

    private List<String> events() {
        try (Topics topics = new Topics(servers.kafka().bootstrapServers())) {
            return topics.records(TOPIC).stream()
                    .map(ConsumerRecord::value)
                    .filter(value -> value != null)
                    .toList();
        }
    }

    private void sql(String... statements) throws SQLException {
        try (Connection connection = servers.postgres().connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
