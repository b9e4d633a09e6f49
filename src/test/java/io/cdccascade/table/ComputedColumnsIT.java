package io.cdccascade.table;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static io.cdccascade.table.TableFiles.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.support.CascadeSystem;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Views whose keys and lists are made of other values than the table's events carry. */
class ComputedColumnsIT {

    private static final Map<String, String> COMPUTED = new LinkedHashMap<>();
    private static final Map<String, String> PASSED = new LinkedHashMap<>();

    static {
        COMPUTED.put("v_coalesce", "SELECT id, coalesce(owner, 'none') AS owner, note FROM w");
        COMPUTED.put("v_lower", "SELECT id, lower(owner) AS owner, note FROM w");
        COMPUTED.put("v_cast", "SELECT id, owner::char(2)::text AS owner, note FROM w");
        COMPUTED.put("v_swapped", "SELECT id, note AS owner, owner AS note FROM w");
        COMPUTED.put("v_key", "SELECT 10 - id AS id, owner, note FROM w");
        COMPUTED.put("v_key_through", "SELECT * FROM v_key");
        COMPUTED.put(
                "v_newest",
                "SELECT DISTINCT ON (left(note, 1)) id, owner, note FROM w ORDER BY left(note, 1), id DESC");
        COMPUTED.put("v_inner", "SELECT s.* FROM (SELECT id, upper(owner) AS owner, note FROM w) s");
        COMPUTED.put("v_with", "WITH s AS (SELECT id, owner || '!' AS owner, note FROM w) SELECT * FROM s");
        COMPUTED.put(
                "v_union",
                "SELECT id, owner, note FROM w WHERE id < 3 UNION ALL SELECT id, 'rest', note FROM w WHERE id > 2");
        COMPUTED.put("v_rank", "SELECT id, owner, row_number() OVER (ORDER BY note)::text AS note FROM w");
        COMPUTED.put(
                "v_grouped",
                "SELECT min(id) AS id, owner, string_agg(note, ',' ORDER BY id) AS note FROM w GROUP BY owner");
        COMPUTED.put(
                "v_self", "SELECT id, owner, (SELECT string_agg(x.note, ',' ORDER BY x.id) FROM w x) AS note FROM w");
        COMPUTED.put("v_top", "SELECT id, owner, note FROM w ORDER BY note DESC LIMIT 2");
        COMPUTED.put(
                "v_full",
                "SELECT coalesce(a.id, b.id) AS id, b.owner, a.note FROM w a FULL JOIN w b ON a.id = b.id + 1");
        PASSED.put("v_plain", "SELECT id, owner, note, 1 AS \"a {b} \\ :resno 1\" FROM w WHERE note <> '(\\{ '");
        PASSED.put("v_through", "SELECT * FROM v_plain");
        PASSED.put("v_using", "SELECT w.*, town FROM w LEFT JOIN t USING (id)");
        PASSED.put("v_merged", "SELECT id, owner, note, town FROM w LEFT JOIN t USING (id)");
        PASSED.put(
                "v_nested", "SELECT w.*, (SELECT json_agg(DISTINCT t.town) FROM t WHERE t.id = w.id) AS towns FROM w");
    }

    private static final List<String> SERVED =
            List.of("v_coalesce", "v_swapped", "v_key_through", "v_newest", "v_union", "v_self", "v_merged");

    private static CascadeSystem system;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start();
        TableFiles files = new TableFiles(system);
        system.sql(
                "CREATE TABLE w (id int PRIMARY KEY, owner text, note text)",
                "ALTER TABLE w REPLICA IDENTITY FULL",
                "CREATE TABLE bits (id int PRIMARY KEY, pattern bit varying, other int)",
                "ALTER TABLE bits REPLICA IDENTITY FULL",
                "CREATE TABLE t (id int PRIMARY KEY, town text)");
        for (Map<String, String> views : List.of(COMPUTED, PASSED)) {
            for (Map.Entry<String, String> view : views.entrySet()) {
                system.sql("CREATE VIEW " + view.getKey() + " AS " + view.getValue());
            }
        }
        for (String view : SERVED) {
            files.put(
                    view,
                    "table",
                    "w",
                    "path",
                    view,
                    "view",
                    view,
                    "lists",
                    "owner",
                    "dependsOn",
                    view.equals("v_merged") ? "t(id)" : "");
        }
        files.put("bits", "table", "bits", "columns", "pattern");
        files.awaitServed(SERVED.toArray(String[]::new));
        files.awaitServed("bits");
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void whatAViewComputesIsForgottenWithEachChangeOfItsTable() throws Exception {
        system.sql("INSERT INTO w VALUES (1, 'Ann', 'a1'), (2, NULL, 'a2'), (3, 'Cid', 'b1'), (4, 'Ann', 'c1')");
        awaitAsSql();
        system.sql("UPDATE w SET owner = 'Ann', note = 'a3' WHERE id = 2");
        awaitAsSql();
        system.sql("DELETE FROM w WHERE id = 2");
        awaitAsSql();
    }

    @Test
    void bitsThatEventsWriteAlikeAreNotTakenForUnchanged() throws Exception {
        system.sql("INSERT INTO bits VALUES (1, B'1', 1)");
        await("bits", "/read/1", "SELECT to_json(b) FROM (SELECT id, pattern FROM bits) b");
        system.sql("UPDATE bits SET pattern = B'01'");
        await("bits", "/read/1", "SELECT to_json(b) FROM (SELECT id, pattern FROM bits) b");
    }

    @Test
    void onlyColumnsThatArePassedThroughHaveTheTablesOrigin() {
        Map<TableName, Table> found = catalog();
        Table table = found.get(TableName.parse("w"));
        PASSED.keySet()
                .forEach(view -> assertThat(found.get(TableName.parse(view)).columns())
                        .as(view)
                        .filteredOn(column -> table.column(column.name()).isPresent())
                        .hasSize(3)
                        .allSatisfy(column -> assertThat(column.origin())
                                .isEqualTo(table.column(column.name())
                                        .orElseThrow()
                                        .origin())));
        COMPUTED.keySet()
                .forEach(view -> assertThat(found.get(TableName.parse(view)).columns())
                        .as(view)
                        .anySatisfy(column -> assertThat(column.origin())
                                .isNotEqualTo(table.column(column.name())
                                        .orElseThrow()
                                        .origin())));
    }

    private static Map<TableName, Table> catalog() {
        List<TableName> names = new ArrayList<>(List.of(TableName.parse("w")));
        List.of(COMPUTED, PASSED).forEach(views -> views.keySet().forEach(view -> names.add(TableName.parse(view))));
        return new Catalog(system.bean("dataSource", DataSource.class), "cascade", CaptureContent.ROWS).describe(names);
    }

    private static void awaitAsSql() throws Exception {
        for (String view : SERVED) {
            awaitAsSql(view);
        }
    }

    private static void awaitAsSql(String view) throws Exception {
        for (int id : List.of(1, 2, 8)) {
            await(view, "/read/" + id, "SELECT to_json(v) FROM " + view + " v WHERE id = " + id);
        }
        for (String owner : List.of("Ann", "none", "a2", "a3", "rest")) {
            await(
                    view,
                    "/read?owner=" + owner,
                    "SELECT coalesce(json_agg(v ORDER BY id), '[]') FROM " + view + " v WHERE owner = '" + owner + "'");
        }
    }

    private static void await(String view, String path, String sql) throws Exception {
        JsonNode expected = query(sql);
        Awaitility.await(view + path).pollDelay(Duration.ZERO).atMost(PATIENCE).untilAsserted(() -> {
            var answer = system.get("/" + view + path);
            assertThat(cacheStatus(answer)).startsWith("hit");
            if (expected == null) {
                assertThat(answer.statusCode()).isEqualTo(404);
            } else {
                assertThat(new JsonMapper().readTree(answer.body())).isEqualTo(expected);
            }
        });
    }

    private static JsonNode query(String sql) throws Exception {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            return found.next() ? new JsonMapper().readTree(found.getString(1)) : null;
        }
    }
}
