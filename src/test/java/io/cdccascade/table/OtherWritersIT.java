package io.cdccascade.table;

import static io.cdccascade.table.TableFiles.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** No table file and no hint makes PostgreSQL refuse what other programs write. */
class OtherWritersIT {

    private static CascadeSystem system;
    private static TableFiles files;

    @BeforeAll
    static void start() {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "200"));
        files = new TableFiles(system);
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void aTableWithAGeneratedColumnIsNotAdvisedToHaveFullIdentityAndLeavesThePublicationUnderIt() throws Exception {
        system.sql(
                "CREATE TABLE films (id int PRIMARY KEY, title text, language int,"
                        + " words tsvector GENERATED ALWAYS AS (to_tsvector('simple', title)) STORED)",
                "INSERT INTO films (id, title, language) VALUES (1, 'a', 1)");
        files.put("films", "table", "films", "lists", "language");
        files.awaitServed("films");
        assertThat(files.health())
                .contains("must not have REPLICA IDENTITY FULL")
                .doesNotContain("films\" REPLICA IDENTITY FULL");

        system.sql("ALTER TABLE films REPLICA IDENTITY FULL");

        awaitWritable("UPDATE films SET title = 'b'");
        awaitHealth("films.camel.yaml: table: the replica identity of public.films contains a generated column");
        system.sql("ALTER TABLE films REPLICA IDENTITY DEFAULT");
        awaitRow("films", "\"title\":\"b\"");
        system.sql("UPDATE films SET title = 'c'");
        awaitRow("films", "\"title\":\"c\"");
    }

    @Test
    void aTableThatPostgresWouldNotLetOthersUpdateIsNotPublished() throws Exception {
        system.sql(
                "CREATE TABLE lines (id int PRIMARY KEY, qty int, twice int GENERATED ALWAYS AS (2 * qty))",
                "ALTER TABLE lines REPLICA IDENTITY FULL",
                "INSERT INTO lines (id, qty) VALUES (1, 1)");
        files.put("lines", "table", "lines");

        awaitHealth("lines.camel.yaml: table: the replica identity of public.lines contains a generated column");
        system.sql("UPDATE lines SET qty = 2");
        assertThat(system.get("/lines/read/1").statusCode()).isEqualTo(503);
    }

    @Test
    void aTableWhoseReplicaIdentityIsTakenAwayLeavesThePublication() throws Exception {
        system.sql("CREATE TABLE faces (id int PRIMARY KEY, name text)", "INSERT INTO faces VALUES (1, 'a')");
        files.put("faces", "table", "faces");
        files.awaitServed("faces");

        system.sql("ALTER TABLE faces REPLICA IDENTITY NOTHING");

        awaitWritable("UPDATE faces SET name = 'b'");
        awaitHealth("faces.camel.yaml: table: public.faces has no replica identity");
    }

    @Test
    void aPartitionWithAGeneratedColumnUnderFullIdentityTakesTheTableOut() throws Exception {
        system.sql(
                "CREATE TABLE days (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (2 * n) STORED)"
                        + " PARTITION BY RANGE (id)",
                "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (100)",
                "INSERT INTO days (id, n) VALUES (1, 1)");
        files.put("days", "table", "days");
        files.awaitServed("days");

        system.sql("ALTER TABLE days_1 REPLICA IDENTITY FULL");

        awaitWritable("UPDATE days SET n = 2");
    }

    @Test
    void whatSomebodyElseHasPublishedStaysAndTheMessageNamesTheStatement() throws Exception {
        system.sql(
                "CREATE TABLE shared (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (2 * n) STORED)",
                "ALTER TABLE shared REPLICA IDENTITY FULL",
                "INSERT INTO shared (id, n) VALUES (1, 1)",
                "ALTER PUBLICATION cascade ADD TABLE shared");
        assertThatThrownBy(() -> system.sql("UPDATE shared SET n = 2")).hasMessageContaining("generated");
        files.put("shared", "table", "shared");

        awaitHealth("ALTER PUBLICATION");
        Matcher statement = Pattern.compile("ALTER PUBLICATION \"cascade\" DROP TABLE \"public\"\\.\"shared\"")
                .matcher(files.health());
        assertThat(statement.find()).isTrue();
        system.sql(statement.group());
        system.sql("UPDATE shared SET n = 2");
    }

    private static void awaitWritable(String sql) {
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            system.sql(sql);
            return true;
        });
    }

    private static void awaitRow(String path, String part) {
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(system.get("/" + path + "/read/1").body()).contains(part));
    }

    private static void awaitHealth(String part) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(files.health()).contains(part));
    }
}
