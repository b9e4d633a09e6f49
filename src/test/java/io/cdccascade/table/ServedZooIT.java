package io.cdccascade.table;

import static io.cdccascade.table.TableFiles.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.ZooNames;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tables of all sorts of names are served from their creation to their end: while their changes are streamed, over a gap in
 * the log, and when their columns change, each answer equals what SQL says.
 */
class ServedZooIT {

    private final List<TableName> tables = ZooNames.tables();
    private CascadeSystem system;

    @BeforeEach
    void start() throws Exception {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "500"));
        for (String schema : ZooNames.SCHEMAS) {
            system.sql("CREATE SCHEMA IF NOT EXISTS " + TableName.Names.quote(schema));
        }
        each(table -> "CREATE TABLE " + table.quoted() + " (\"Key, ü\" int PRIMARY KEY, \"say \"\"v w\"\"\" text)");
        each(table -> "INSERT INTO " + table.quoted() + " VALUES (1, 'created')");
        TableFiles files = new TableFiles(system);
        for (int i = 0; i < tables.size(); i++) {
            files.put("zoo" + i, "table", quoted(tables.get(i)), "path", path(i));
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Stream.of(paths())
                                .map(path -> system.get("/" + path + "/read/1").statusCode()))
                        .containsOnly(200));
    }

    /** As a table's file has it, which knows no escapes. */
    private static String quoted(TableName table) {
        return '"' + table.schema() + "\".\"" + table.name() + '"';
    }

    private static String path(int i) {
        return "zoo-" + i;
    }

    private String[] paths() {
        String[] paths = new String[tables.size()];
        for (int i = 0; i < paths.length; i++) {
            paths[i] = path(i);
        }
        return paths;
    }

    @AfterEach
    void stop() {
        system.close();
    }

    @Test
    void everyAnswerEqualsSqlFromTheTablesCreationToItsEnd() throws Exception {
        awaitCachedAnswersThatEqualSql();

        each(table -> "UPDATE " + table.quoted() + " SET \"say \"\"v w\"\"\" = 'streamed'");
        awaitCachedAnswersThatEqualSql();

        system.context().getRouteController().stopRoute("capture");
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            system.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
            return true;
        });
        each(table -> "UPDATE " + table.quoted() + " SET \"say \"\"v w\"\"\" = 'in the gap'");
        system.context().getRouteController().startRoute("capture");
        awaitCachedAnswersThatEqualSql();

        each(table -> "ALTER TABLE " + table.quoted() + " ADD COLUMN added int DEFAULT 7");
        awaitCachedAnswersThatEqualSql();
        each(table -> "ALTER TABLE " + table.quoted() + " DROP COLUMN \"say \"\"v w\"\"\"");
        each(table -> "UPDATE " + table.quoted() + " SET added = 8");
        awaitCachedAnswersThatEqualSql();

        each(table -> "DROP TABLE " + table.quoted());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Stream.of(paths())
                                .map(path -> system.get("/" + path + "/read/1").statusCode()))
                        .isSubsetOf(404, 503));
    }

    /** Each table is asked in each round, so that one round's misses are the next one's hits. */
    private void awaitCachedAnswersThatEqualSql() throws SQLException {
        List<String> rows = rows();
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<HttpResponse<String>> answers = Stream.of(paths())
                    .map(path -> system.get("/" + path + "/read/1"))
                    .toList();
            assertThat(answers).extracting(HttpResponse::body).isEqualTo(rows);
            assertThat(answers)
                    .extracting(answer -> answer.headers().firstValue("Cache-Status"))
                    .containsOnly(Optional.of("cascade; hit"));
        });
    }

    private List<String> rows() throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement()) {
            for (TableName table : tables) {
                try (ResultSet row =
                        statement.executeQuery("SELECT to_json(r.*)::text FROM " + table.quoted() + " r")) {
                    row.next();
                    rows.add(row.getString(1));
                }
            }
        }
        return rows;
    }

    private void each(Function<TableName, String> sql) throws SQLException {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (TableName table : tables) {
                statement.execute(sql.apply(table));
            }
            connection.commit();
        }
    }
}
