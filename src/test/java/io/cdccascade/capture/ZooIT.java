package io.cdccascade.capture;

import static io.cdccascade.capture.CaptureRig.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.table.TableName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
    private static final List<String> SCHEMAS = List.of("public", "we ird", "a,b", "x.y", "日本");
    private static final List<String> NAMES = List.of(
            "Order Items",
            "order",
            "SELECT",
            "a.b",
            "a.b.c",
            "a,b",
            "it's",
            "back\\slash",
            "(x)",
            "[x]",
            "{x}",
            "x*",
            "x+",
            "x?",
            "x|y",
            "^x$",
            "a/b",
            "a:b",
            "a;b",
            "50%",
            "a-b",
            "_",
            "ümlaut",
            "日本語",
            "😈",
            " lead",
            "trail ",
            "tab\tbed",
            "$1",
            "?",
            ".",
            "..",
            "a..b",
            "public.sinners",
            "x.dlq",
            "a234567890123456789012345678901234567890123456789012345678901" + "23",
            "%s",
            "${x}",
            "#x",
            "@x",
            "~",
            "`x`",
            "&amp;",
            "<x>",
            "null",
            "true",
            "1",
            "-",
            "--",
            "/*x*/",
            "(?i)x",
            "\\d",
            "\\E",
            "\\Q",
            "*");
    private static final String LETTERS = " .,'\\()[]{}*+?|^$/:;%-_aAzZ09éß日😈\t#@!~`<>=&";
    private static final int RANDOM_NAMES = 140;
    private static final long SEED = Long.getLong("cascade.zoo.seed", 1);

    @TempDir
    private Path dir;

    private final Set<TableName> tables = new LinkedHashSet<>();
    private final Map<TableName, Map<String, Integer>> seen = new HashMap<>();
    private final Map<String, String> topics = new HashMap<>();
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
        NAMES.forEach(name -> add("public", name));
        SCHEMAS.forEach(schema -> add(schema, "q.b c"));
        randomNames(new Random(SEED)).forEach(name -> add("public", name));
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

    /** Two topics that differ only in dots and underscores cannot exist beside each other. */
    private void add(String schema, String name) {
        TableName table = new TableName(schema, name);
        if (!table.isCapturable()) {
            return;
        }
        if (topics.putIfAbsent(table.topic("test").replace('.', '_'), table.topic("test")) == null
                || topics.containsValue(table.topic("test"))) {
            tables.add(table);
        }
    }

    /** What another program has published, and the connector cannot read, stops nobody. */
    private void createUnreadable() throws SQLException {
        for (String name : List.of("say \"\"hi\"\"", " ", "new\nline", "it''s", "``x")) {
            String table = "\"" + name + "\"";
            rig.sql("CREATE TABLE " + table + " (id int PRIMARY KEY); INSERT INTO " + table + " VALUES (1);"
                    + " ALTER PUBLICATION cascade ADD TABLE " + table);
        }
    }

    private static Stream<String> randomNames(Random random) {
        int[] letters = LETTERS.codePoints().toArray();
        return IntStream.range(0, RANDOM_NAMES)
                .mapToObj(i -> IntStream.rangeClosed(0, random.nextInt(12))
                        .mapToObj(any -> Character.toString(letters[random.nextInt(letters.length)]))
                        .collect(Collectors.joining()));
    }

    private void create() throws Exception {
        for (String schema : SCHEMAS) {
            rig.sql("CREATE SCHEMA IF NOT EXISTS "
                    + new TableName(schema, "x").quoted().replaceAll("\\.\"x\"$", ""));
        }
        each(table -> "CREATE TABLE " + table.quoted()
                + " (\"Key, ü\" int PRIMARY KEY, \"v w\" text, \"a.b,c\\\\d'\" text, \"say \"\"hi\"\"\" text)");
        each(table -> "INSERT INTO " + table.quoted() + " VALUES (1, 'there', 'x')");
        // As the application does for every table that it serves.
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", rig.kafka.bootstrapServers()))) {
            admin.createTopics(topics.values().stream()
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
