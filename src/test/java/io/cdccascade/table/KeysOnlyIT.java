package io.cdccascade.table;

import static io.cdccascade.table.TableFiles.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Topics;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Under {@code cascade.capture.content=keys} no row's content passes Kafka, answers stay right, and nobody's write fails. */
class KeysOnlyIT {

    private static CascadeSystem system;
    private static TableFiles files;

    @BeforeAll
    static void start() {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "200", "cascade.capture.content", "keys"));
        files = new TableFiles(system);
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void noContentPassesKafkaAndAnswersAreRight() throws Exception {
        system.sql(
                "CREATE TABLE visits (id int PRIMARY KEY, patient int NOT NULL, doctor int, finding text NOT NULL)",
                "CREATE TABLE drugs (visit int, line int, name text NOT NULL, PRIMARY KEY (visit, line))",
                "INSERT INTO visits VALUES (1, 7, 3, 'secret-0')");
        files.put("visits", "table", "visits", "lists", "patient");
        files.awaitServed("visits");
        assertThat(columns("visits")).isEqualTo("{id,patient}");
        assertThat(files.health())
                .contains("cascade.capture.content=keys")
                .doesNotContain("visits\" REPLICA IDENTITY FULL");

        awaitRow("/visits/read/1", "secret-0");
        awaitRow("/visits/read?patient=7", "secret-0");
        system.sql("UPDATE visits SET finding = 'secret-1' WHERE id = 1");
        awaitRow("/visits/read/1", "secret-1");
        awaitRow("/visits/read?patient=7", "secret-1");
        system.sql("INSERT INTO visits VALUES (2, 7, 3, 'secret-2')");
        awaitRow("/visits/read?patient=7", "secret-2");
        system.sql("UPDATE visits SET patient = 8, id = 3 WHERE id = 2");
        awaitRow("/visits/read?patient=8", "secret-2");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(system.get("/visits/read?patient=7").body()).doesNotContain("secret-2"));

        files.put("visits", "table", "visits", "lists", "patient,doctor", "dependsOn", "drugs(visit)");
        files.awaitServed("visits");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(columns("visits")).isEqualTo("{id,patient,doctor}"));
        assertThat(columns("drugs")).isEqualTo("{visit,line}");
        awaitRow("/visits/read?doctor=3", "secret-1");
        system.sql(
                "INSERT INTO drugs VALUES (1, 1, 'secret-drug')", "UPDATE visits SET doctor = 4, finding = 'secret-4'");
        awaitRow("/visits/read?doctor=4", "secret-4");
        awaitRow("/visits/read/1", "secret-4");

        loseTheSlot();
        system.sql("UPDATE visits SET finding = 'secret-5'", "DELETE FROM drugs");
        awaitRow("/visits/read/1", "secret-5");
        system.sql("DELETE FROM visits WHERE id = 3", "UPDATE visits SET finding = 'secret-6'");
        awaitRow("/visits/read/1", "secret-6");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(system.get("/visits/read/3").statusCode()).isEqualTo(404));

        try (Topics topics = new Topics(system.servers().kafka().bootstrapServers())) {
            String visits = system.context().resolvePropertyPlaceholders("{{cascade.topic.prefix}}") + ".public.visits";
            assertThat(topics.records(visits))
                    .as("events carry what a later rule needs")
                    .anySatisfy(record -> assertThat(record.value()).contains("\"doctor\":4"));
            for (String table : new String[] {"visits", "drugs"}) {
                String topic =
                        system.context().resolvePropertyPlaceholders("{{cascade.topic.prefix}}") + ".public." + table;
                assertThat(topics.records(topic))
                        .isNotEmpty()
                        .allSatisfy(record -> assertThat(record.key() + record.value())
                                .doesNotContain("secret")
                                .doesNotContain("finding"));
                assertThat(topics.records(topic))
                        .as("the snapshot after the lost slot")
                        .anySatisfy(record -> assertThat(record.value()).contains("\"op\":\"t\""));
            }
        }
    }

    @Test
    void aTableThatGetsFullIdentityLeavesThePublication() throws Exception {
        system.sql("CREATE TABLE faces (id int PRIMARY KEY, name text)", "INSERT INTO faces VALUES (1, 'a')");
        files.put("faces", "table", "faces");
        files.awaitServed("faces");

        system.sql("ALTER TABLE faces REPLICA IDENTITY FULL");

        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            system.sql("UPDATE faces SET name = 'b'");
            return true;
        });
        awaitHealth(
                "faces.camel.yaml: table: cascade.capture.content=keys publishes public.faces with a list of columns");
        system.sql("ALTER TABLE faces REPLICA IDENTITY DEFAULT");
        awaitRow("/faces/read/1", "\"name\":\"b\"");
        system.sql("UPDATE faces SET name = 'c'");
        awaitRow("/faces/read/1", "\"name\":\"c\"");
        system.sql("DELETE FROM faces");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(system.get("/faces/read/1").statusCode()).isEqualTo(404));
    }

    @Test
    void anotherReplicaIdentityIsAddedToTheList() throws Exception {
        system.sql(
                "CREATE TABLE seats (id int PRIMARY KEY, code text NOT NULL, name text)",
                "CREATE UNIQUE INDEX seats_code ON seats (code)",
                "INSERT INTO seats VALUES (1, 'x', 'a')");
        files.put("seats", "table", "seats");
        files.awaitServed("seats");

        system.sql("ALTER TABLE seats REPLICA IDENTITY USING INDEX seats_code");

        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            system.sql("UPDATE seats SET name = 'b'");
            return true;
        });
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(columns("seats")).isEqualTo("{id,code}"));
        files.awaitServed("seats");
        system.sql("UPDATE seats SET name = 'c'");
        awaitRow("/seats/read/1", "\"name\":\"c\"");
    }

    @Test
    void aPartitionWithFullIdentityKeepsTheTableOut() throws Exception {
        system.sql(
                "CREATE TABLE days (id int PRIMARY KEY, n int) PARTITION BY RANGE (id)",
                "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (100)",
                "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM (100) TO (200)",
                "ALTER TABLE days_2 REPLICA IDENTITY FULL",
                "INSERT INTO days VALUES (1, 1), (101, 1)");
        files.put("days", "table", "days");

        awaitHealth("days.camel.yaml: table: cascade.capture.content=keys publishes public.days");
        system.sql("UPDATE days SET n = 2");
        system.sql("ALTER TABLE days_2 REPLICA IDENTITY DEFAULT");
        files.awaitServed("days");
        awaitRow("/days/read/101", "\"n\":2");
        system.sql("UPDATE days SET n = 3");
        awaitRow("/days/read/101", "\"n\":3");
    }

    @Test
    void whatSomebodyHasPublishedWithWholeRowsIsRefusedAndLeftAlone() throws Exception {
        system.sql(
                "CREATE TABLE shared (id int PRIMARY KEY, n int)",
                "INSERT INTO shared VALUES (1, 1)",
                "ALTER PUBLICATION cascade ADD TABLE shared");
        files.put("shared", "table", "shared");

        awaitHealth(
                "contains whole rows of public.shared, added by somebody or by a run without this setting: run ALTER PUBLICATION \"cascade\" "
                        + "DROP TABLE \"public\".\"shared\"");
        assertThat(columns("shared")).isEqualTo("{id,n}");
        system.sql("UPDATE shared SET n = 2", "ALTER PUBLICATION cascade DROP TABLE shared");
        files.awaitServed("shared");
        assertThat(columns("shared")).isEqualTo("{id}");
        awaitRow("/shared/read/1", "\"n\":2");
    }

    private static void loseTheSlot() {
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            system.sql(
                    "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL",
                    "SELECT pg_drop_replication_slot('cdc_cascade')");
            return true;
        });
    }

    private static String columns(String table) throws SQLException {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT attnames FROM pg_publication_tables WHERE tablename = '" + table + "'")) {
            return row.next() ? row.getString(1) : "none";
        }
    }

    private static void awaitRow(String path, String part) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(system.get(path).body()).contains(part));
    }

    private static void awaitHealth(String part) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(files.health()).contains(part));
    }
}
