package io.cdccascade.capture;

import static io.cdccascade.capture.CaptureRig.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.support.ZooNames;
import io.cdccascade.table.TableName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever PostgreSQL takes as a name is captured: by a first snapshot, while it streams, and by the snapshot after a lost slot.
 * Other generated names: {@code ./mvnw test -Dtest=ZooIT -Dcascade.zoo.seed=2}
 */
class ZooIT {

    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private Path dir;

    private final List<TableName> tables = ZooNames.tables();
    private final Map<TableName, Map<String, Integer>> seen = new HashMap<>();
    private CaptureRig rig;
    private KafkaConsumer<String, String> consumer;

    @BeforeEach
    void start() throws Exception {
        rig = new CaptureRig(dir);
        consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        rig.kafka.bootstrapServers(),
                        "group.id",
                        "zoo",
                        "auto.offset.reset",
                        "earliest",
                        "metadata.max.age.ms",
                        "500"),
                new StringDeserializer(),
                new StringDeserializer());
        consumer.subscribe(Pattern.compile("test\\..*"));
    }

    @AfterEach
    void stop() {
        consumer.close();
        rig.close();
    }

    @Test
    void everyNameIsCapturedByASnapshotByTheStreamAndAfterALostSlot() throws Exception {
        create();
        createUnreadable();

        rig.startCapture();
        awaitAll("t", "r");

        each(table -> "INSERT INTO " + table.quoted() + " VALUES (2, 'streamed', 'x')");
        awaitAll("c");

        rig.stopCapture();
        rig.sql("SELECT pg_drop_replication_slot('cascade')");
        each(table -> "UPDATE " + table.quoted() + " SET \"v w\" = 'lost' WHERE \"Key, ü\" = 1");
        seen.clear();
        rig.startCapture();
        awaitAll("t", "r");
        rig.sql("UPDATE \"new\nline\" SET id = 2");
        each(table -> "DELETE FROM " + table.quoted());
        awaitAll("d");
        rig.awaitUp();
    }

    /** What another program has published, and the connector cannot read, stops nobody. */
    private void createUnreadable() throws SQLException {
        for (String name : List.of("say \"\"hi\"\"", " ", "new\nline", "it''s", "``x")) {
            String table = "\"" + name + "\"";
            rig.sql("CREATE TABLE " + table + " (id int PRIMARY KEY); INSERT INTO " + table + " VALUES (1);"
                    + " ALTER PUBLICATION cascade ADD TABLE " + table);
        }
    }

    private void create() throws Exception {
        for (String schema : ZooNames.SCHEMAS) {
            rig.sql("CREATE SCHEMA IF NOT EXISTS "
                    + new TableName(schema, "x").quoted().replaceAll("\\.\"x\"$", ""));
        }
        each(table -> "CREATE TABLE " + table.quoted()
                + " (\"Key, ü\" int PRIMARY KEY, \"v w\" text, \"a.b,c\\\\d'\" text, \"say \"\"hi\"\"\" text)");
        each(table -> "INSERT INTO " + table.quoted() + " VALUES (1, 'there', 'x')");
        // As the application does for every table that it serves.
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", rig.kafka.bootstrapServers()))) {
            admin.createTopics(tables.stream()
                            .map(table -> table.topic("test"))
                            .distinct()
                            .map(topic -> new NewTopic(topic, 1, (short) 1))
                            .toList())
                    .all()
                    .get();
        }
        rig.sql("ALTER PUBLICATION cascade ADD TABLE "
                + tables.stream().map(TableName::quoted).collect(Collectors.joining(", ")));
    }

    private void each(Function<TableName, String> sql) throws SQLException {
        try (Connection connection = rig.postgres.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (TableName table : tables) {
                statement.execute(sql.apply(table));
            }
            connection.commit();
        }
    }

    /** Waits until each table has had an event of each of these operations. */
    private void awaitAll(String... operations) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            consumer.poll(Duration.ofMillis(200)).forEach(record -> {
                JsonNode event = record.value() == null ? null : parse(record.value());
                if (event != null && event.has("op")) {
                    JsonNode source = event.path("source");
                    TableName table = new TableName(
                            source.path("schema").asText(), source.path("table").asText());
                    assertThat(record.topic()).isEqualTo(table.topic("test"));
                    seen.computeIfAbsent(known(table), any -> new HashMap<>())
                            .merge(event.path("op").asText(), 1, Integer::sum);
                }
            });
            assertThat(tables)
                    .filteredOn(table ->
                            !seen.getOrDefault(known(table), Map.of()).keySet().containsAll(List.of(operations)))
                    .as("tables without events " + List.of(operations))
                    .isEmpty();
        });
    }

    /** The TRUNCATE that begins a snapshot does not say where the schema ends. */
    private static TableName known(TableName table) {
        return new TableName("", table.unquoted());
    }

    private static JsonNode parse(String value) {
        try {
            return JSON.readTree(value);
        } catch (Exception e) {
            throw new AssertionError(value, e);
        }
    }
}
