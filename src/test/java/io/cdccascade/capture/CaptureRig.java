package io.cdccascade.capture;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cdccascade.component.CascadeComponent;
import io.cdccascade.dev.EmbeddedKafka;
import io.cdccascade.dev.EmbeddedPostgres;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.camel.main.Main;
import org.apache.camel.support.AsyncProcessorConverterHelper;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** PostgreSQL and Kafka on free ports, and the shipped capture route on them. */
final class CaptureRig implements AutoCloseable {

    static final String TOPIC = "test.public.sinners";
    static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A record of a topic with key and value parsed; a tombstone's value and a TRUNCATE's key are null. */
    record Event(JsonNode key, JsonNode value) {
        String op() {
            return value == null ? null : value.path("op").asText();
        }

        long code() {
            return key.path("code").asLong();
        }
    }

    final EmbeddedPostgres postgres;
    final EmbeddedKafka kafka;
    final MeterRegistry meters = new SimpleMeterRegistry();
    private Main main;

    CaptureRig(Path dir) throws IOException {
        try (var a = freePort();
                var b = freePort()) {
            postgres = new EmbeddedPostgres(
                    dir.resolve("postgres"),
                    a.getLocalPort(),
                    "cdc-cascade-db",
                    "admin",
                    "adminpw",
                    Path.of("scripts/init.sql"));
            kafka = new EmbeddedKafka(dir.resolve("kafka"), b.getLocalPort());
        }
        postgres.start();
        kafka.start();
    }

    private static ServerSocket freePort() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    Properties settings() {
        var settings = new Properties();
        settings.putAll(Map.ofEntries(
                Map.entry("camel.main.routes-include-pattern", "file:routes/capture.camel.yaml"),
                Map.entry("camel.main.shutdown-timeout", "20"),
                Map.entry("cascade.postgres.host", "localhost"),
                Map.entry("cascade.postgres.port", Integer.toString(postgres.port())),
                Map.entry("cascade.postgres.database", "cdc-cascade-db"),
                Map.entry("cascade.postgres.user", "admin"),
                Map.entry("cascade.postgres.password", "adminpw"),
                Map.entry("cascade.kafka.brokers", kafka.bootstrapServers()),
                Map.entry("cascade.kafka.port", Integer.toString(kafka.port())),
                Map.entry("camel.component.kafka.brokers", kafka.bootstrapServers()),
                Map.entry("cascade.kafka.replication-factor", "1"),
                Map.entry("cascade.kafka.max-record-bytes", "33554432"),
                Map.entry("cascade.topic.prefix", "test"),
                Map.entry("cascade.capture.slot", "cascade"),
                Map.entry("cascade.capture.publication", "cascade"),
                Map.entry("cascade.capture.offsets-topic", "test.offsets"),
                Map.entry("cascade.capture.schemas", "false"),
                Map.entry("cascade.capture.early-fence", "false"),
                Map.entry("cascade.capture.heartbeat-ms", "500"),
                Map.entry("cascade.capture.poll-ms", "10"),
                Map.entry("cascade.capture.offset-flush-ms", "200"),
                Map.entry("cascade.capture.restart-delay-ms", "100"),
                Map.entry("cascade.capture.restart-delay-max-ms", "1000"),
                Map.entry("cascade.capture.stall-timeout-ms", "10000"),
                Map.entry("cascade.capture.stop-timeout-ms", "10000")));
        return settings;
    }

    /** Starts the route in this JVM and returns at once. */
    void startCapture() throws Exception {
        startCapture(settings());
    }

    void startCapture(Properties settings) throws Exception {
        main = main(settings);
        main.bind("meters", meters);
        main.start();
    }

    /** The shipped route alone, with the component that routes/beans.camel.yaml gives it. */
    static Main main(Properties settings) {
        var component = new CaptureComponent();
        component.setRestartDelay(Long.parseLong(settings.getProperty("cascade.capture.restart-delay-ms")));
        component.setRestartDelayMax(Long.parseLong(settings.getProperty("cascade.capture.restart-delay-max-ms")));
        component.setStallTimeout(Long.parseLong(settings.getProperty("cascade.capture.stall-timeout-ms")));
        component.setStopTimeout(Long.parseLong(settings.getProperty("cascade.capture.stop-timeout-ms")));
        var main = new Main();
        main.bind("cascade-postgres", component);
        // There is no Redis here.
        main.bind(
                "cascade",
                new CascadeComponent(Map.of("fence-early", AsyncProcessorConverterHelper.convert(any -> {}))));
        // A process started with the tests' class path would find the project's own settings.
        main.setPropertyPlaceholderLocations("false");
        main.setOverrideProperties(settings);
        return main;
    }

    void stopCapture() {
        if (main != null) {
            main.stop();
            main = null;
        }
    }

    Main main() {
        return main;
    }

    /** What readiness says of capture, asked in the way in which the health endpoint asks. */
    HealthCheck.Result health() {
        return HealthCheckHelper.invokeReadiness(main.getCamelContext(), "full").stream()
                .filter(result -> result.getCheck().getId().equals("consumer:capture"))
                .findAny()
                .orElseThrow();
    }

    void awaitUp() {
        await().atMost(PATIENCE).until(() -> health().getState() == HealthCheck.State.UP);
    }

    void awaitDown() {
        await().atMost(PATIENCE).until(() -> health().getState() == HealthCheck.State.DOWN);
    }

    void sql(String sql) throws SQLException {
        try (var connection = postgres.connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    String query(String sql) throws SQLException {
        try (var connection = postgres.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    /** Inserts rows with the codes from..to in one transaction. */
    void insert(int from, int to) throws SQLException {
        sql("INSERT INTO sinners (code, name, class) SELECT i, 'name ' || i, 'A' FROM generate_series(" + from + ", "
                + to + ") i");
    }

    /** Everything that is on the topic; empty if there is no such topic. */
    List<Event> events(String topic) throws JsonProcessingException {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                kafka.bootstrapServers(),
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false);
        var events = new ArrayList<Event>();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            if (!consumer.listTopics().containsKey(topic)) {
                return events;
            }
            var partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (var entry : consumer.poll(Duration.ofMillis(100))) {
                    events.add(new Event(parse(entry.key()), parse(entry.value())));
                }
            }
        }
        return events;
    }

    List<Event> events() throws JsonProcessingException {
        return events(TOPIC);
    }

    /** How many snapshots of the table have begun: each begins with a TRUNCATE event. */
    long snapshots() throws JsonProcessingException {
        return events().stream().filter(event -> "t".equals(event.op())).count();
    }

    /** Awaits the end of the first snapshot; one whose end has not been stored would rightly be taken again. */
    void awaitStoredSnapshot() {
        await().atMost(PATIENCE).until(() -> {
            List<Event> offsets = events("test.offsets");
            JsonNode last =
                    offsets.isEmpty() ? null : offsets.get(offsets.size() - 1).value();
            return last != null
                    && (!last.has("snapshot")
                            || last.get("last_snapshot_record").asBoolean());
        });
    }

    private static JsonNode parse(String text) throws JsonProcessingException {
        return text == null ? null : JSON.readTree(text);
    }

    @Override
    public void close() {
        stopCapture();
        kafka.close();
        postgres.close();
    }
}
