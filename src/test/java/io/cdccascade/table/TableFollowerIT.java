package io.cdccascade.table;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static io.cdccascade.table.TableFiles.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Topics;
import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Files that are wrong, and schemas that change under the running system, on real servers. While each test runs, other
 * tables are read, and their readers may not notice.
 */
class TableFollowerIT {

    private static final Pattern ADVICE = Pattern.compile("run (ALTER [^;]*);");

    private static CascadeSystem system;
    private static TableFiles files;

    private final AtomicBoolean stopped = new AtomicBoolean();
    private final List<String> troubles = Collections.synchronizedList(new ArrayList<>());
    private volatile String changing;
    private CompletableFuture<Void> reader;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "200", "cascade.tables.unchecked-ms", "1000"));
        files = new TableFiles(system);
        system.sql("CREATE TABLE calm (id int PRIMARY KEY, name text)", "INSERT INTO calm VALUES (1, 'a')");
        files.put("calm", "table", "calm");
        files.awaitServed("calm");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(system.readiness()).isEqualTo(200));
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @BeforeEach
    void read() {
        reader = CompletableFuture.runAsync(() -> {
            while (!stopped.get()) {
                observe("/calm/read/1", List.of(200));
                observe("/sinners/read?limit=5", List.of(200));
                if (changing != null) {
                    observe("/" + changing + "/read/1", List.of(200, 400, 404, 503));
                    observe("/" + changing + "/read", List.of(200, 503));
                }
            }
        });
    }

    private void observe(String path, List<Integer> right) {
        HttpResponse<String> answer = system.get(path);
        if (!right.contains(answer.statusCode())) {
            troubles.add(path + " was answered " + answer.statusCode() + ": " + answer.body());
        }
    }

    @AfterEach
    void nobodyElseHasNoticed() {
        stopped.set(true);
        reader.join();
        assertThat(troubles).isEmpty();
        assertThat(system.readiness()).isEqualTo(200);
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            added    | ALTER TABLE added ADD extra int DEFAULT 5| "name":"a","price":7,"mood":"ok","extra":5
            dropped  | ALTER TABLE dropped DROP name                              | "price":7,"mood":"ok"
            renamed  | ALTER TABLE renamed RENAME price TO cost                   | "name":"a","cost":7,"mood":"ok"
            retyped  | ALTER TABLE retyped ALTER price TYPE text                  | "name":"a","price":"7","mood":"ok"
            computed | ALTER TABLE computed ALTER price TYPE int USING price + 1  | "name":"a","price":8,"mood":"ok"
            labelled | ALTER TYPE labelled_mood RENAME VALUE 'ok' TO 'fine'       | "name":"a","price":7,"mood":"fine"
            """)
    void aChangeOfTheSchemaIsFollowedAlthoughNoEventTells(String table, String change, String row) throws Exception {
        create(table);
        changing = table;

        system.sql(change);

        awaitRow(table, 1, row);
        assertThat(IntStream.range(0, 20)
                        .mapToObj(i -> system.get("/" + table + "/read/1").body()))
                .containsOnly("{\"id\":1," + row + "}");
        system.sql("UPDATE " + table + " SET id = 3 WHERE id = 1", "UPDATE " + table + " SET id = 1 WHERE id = 2");
        awaitRow(table, 3, row);
        awaitRow(table, 1, row);
    }

    /** Its first change need not create the topic, which the consumer would have to notice before it applies the change. */
    @Test
    void aTableThatIsServedHasATopicBeforeItsFirstChange() throws Exception {
        try (Topics topics = system.topics()) {
            system.sql("CREATE TABLE \"Brand new\" (id int PRIMARY KEY)");
            assertThat(topics.exists("cascade.public.Brand_new")).isFalse();

            files.put("brandNew", "table", "Brand new", "path", "brand-new");
            files.awaitServed("brand-new");

            assertThat(topics.exists("cascade.public.Brand_new")).isTrue();
        }
    }

    @Test
    void aTableThatIsDroppedAndCreatedAgainIsAnotherTable() throws Exception {
        create("again");
        changing = "again";

        system.sql("DROP TABLE again");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(health()).contains("there is no table public.again"));
        assertThat(system.get("/again/read/1").statusCode()).isEqualTo(503);
        system.sql("CREATE TABLE again (id int PRIMARY KEY, other text)", "INSERT INTO again VALUES (1, 'x')");
        awaitRow("again", 1, "\"other\":\"x\"");

        system.sql("BEGIN; DROP TABLE again; CREATE TABLE again (id int PRIMARY KEY, other text); "
                + "INSERT INTO again VALUES (1, 'y'); COMMIT");
        awaitRow("again", 1, "\"other\":\"y\"");

        system.sql("UPDATE again SET other = 'z'");
        awaitRow("again", 1, "\"other\":\"z\"");
    }

    @Test
    void anotherColumnMayBecomeThePrimaryKey() throws Exception {
        system.sql(
                "CREATE TABLE rekeyed (id int PRIMARY KEY, code text NOT NULL, name text)",
                "INSERT INTO rekeyed VALUES (1, 'x', 'a'), (2, '1', 'b')");
        files.put("rekeyed", "table", "rekeyed");
        awaitBody("/rekeyed/read/1", "{\"id\":1,\"code\":\"x\",\"name\":\"a\"}");
        changing = "rekeyed";

        system.sql("ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey, ADD PRIMARY KEY (code)");

        awaitBody("/rekeyed/read/x", "{\"id\":1,\"code\":\"x\",\"name\":\"a\"}");
        awaitBody("/rekeyed/read/1", "{\"id\":2,\"code\":\"1\",\"name\":\"b\"}");
        system.sql("UPDATE rekeyed SET name = 'c' WHERE code = 'x'");
        awaitBody("/rekeyed/read/x", "{\"id\":1,\"code\":\"x\",\"name\":\"c\"}");
    }

    @Test
    void aTableThatIsTakenOutOfThePublicationIsPutBackAndReadAgain() throws Exception {
        create("published");
        changing = "published";

        system.sql("ALTER PUBLICATION cascade DROP TABLE published", "UPDATE published SET price = 8");
        awaitRow("published", 1, "\"name\":\"a\",\"price\":8,\"mood\":\"ok\"");

        system.sql("UPDATE published SET price = 9");
        awaitRow("published", 1, "\"name\":\"a\",\"price\":9,\"mood\":\"ok\"");
    }

    @Test
    void aTableThatIsLockedIsNotAnsweredFromTheCacheAndHoldsUpNoOther() throws Exception {
        system.sql(
                "ALTER PUBLICATION cascade SET (publish_via_partition_root = true)",
                "CREATE TABLE halves (id int PRIMARY KEY, name text) PARTITION BY RANGE (id)",
                "CREATE TABLE halves_1 PARTITION OF halves FOR VALUES FROM (1) TO (2)",
                "CREATE TABLE halves_2 PARTITION OF halves FOR VALUES FROM (2) TO (3)",
                "INSERT INTO halves VALUES (1, 'a'), (2, 'a')");
        files.put("halves", "table", "halves");
        awaitRow("halves", 1, "\"name\":\"a\"");
        create("free");
        try (Connection locking = system.servers().postgres().connect()) {
            locking.setAutoCommit(false);
            locking.createStatement().execute("LOCK TABLE halves_2");

            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(cacheStatus(system.get("/halves/read/1"))).contains("bypass; detail=unchecked");
                assertThat(health()).contains("halves.camel.yaml: table: another session holds a lock");
            });
            system.sql("ALTER TABLE free ADD extra int DEFAULT 5");
            // No hit yet: entries of the new shape wait for the transactions that had begun, and this one has.
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(system.get("/free/read/1").body()).contains("\"extra\":5"));
        }
        awaitRow("free", 1, "\"name\":\"a\",\"price\":7,\"mood\":\"ok\",\"extra\":5");
        awaitRow("halves", 1, "\"name\":\"a\"");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(health()).doesNotContain("halves.camel.yaml"));
    }

    @Test
    void aViewThatIsReplacedIsFollowedAlsoThroughAnotherView() throws Exception {
        create("base");
        system.sql(
                "CREATE VIEW inner_view AS SELECT id, 'old' AS what FROM base",
                "CREATE VIEW outer_view AS SELECT * FROM inner_view");
        files.put("viewed", "table", "base", "path", "viewed", "view", "outer_view");
        awaitRow("viewed", 1, "\"what\":\"old\"");

        system.sql("CREATE OR REPLACE VIEW inner_view AS SELECT id, 'new' AS what FROM base");

        awaitRow("viewed", 1, "\"what\":\"new\"");
    }

    @Test
    void theStatementThatAProblemNamesSolvesIt() throws Exception {
        system.sql(
                "CREATE UNLOGGED TABLE quick (id int PRIMARY KEY, note text)",
                "CREATE TABLE joins (a int NOT NULL, \"B b\" int NOT NULL, note text)",
                "CREATE UNIQUE INDEX \"Joins once\" ON joins (a, \"B b\")",
                "CREATE TABLE late (id int, note text, CONSTRAINT \"Late key\" PRIMARY KEY (id) DEFERRABLE)",
                "ALTER PUBLICATION cascade SET (publish_via_partition_root = false)",
                "CREATE TABLE parted (id int PRIMARY KEY, note text) PARTITION BY RANGE (id)",
                "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10)");
        Map<String, String> keys = Map.of("quick", "1", "joins", "1,2", "late", "1", "parted", "1");
        TableFollower follower = system.bean("tableFollower", TableFollower.class);
        for (String table : keys.keySet()) {
            system.sql("INSERT INTO " + table + " VALUES (" + keys.get(table) + ", 'one')");
            files.put(table, "table", table);
            Matcher found = await().atMost(PATIENCE)
                    .until(
                            () -> ADVICE.matcher(follower.report().problems().getOrDefault(table + ".camel.yaml", "")),
                            Matcher::find);

            system.sql(found.group(1));

            files.awaitServed(table);
            awaitNote(table, keys.get(table), "one");
            system.sql("UPDATE " + table + " SET note = 'two'");
            awaitNote(table, keys.get(table), "two");
            system.sql("DELETE FROM " + table);
            await().atMost(PATIENCE)
                    .until(() ->
                            system.get("/" + table + "/read/" + keys.get(table)).statusCode() == 404);
            files.remove(table);
        }
    }

    @Test
    void aProblemIsNamedWithItsFileAndShownUntilItIsFixed() throws Exception {
        system.sql(
                "CREATE TABLE keyless (id int)",
                "CREATE TABLE floating (id float PRIMARY KEY)",
                "CREATE VIEW calm_view AS SELECT c.* FROM calm c LEFT JOIN sinners s ON s.code = c.id",
                "CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY)",
                "CREATE MATERIALIZED VIEW stored AS SELECT * FROM calm",
                "CREATE FOREIGN DATA WRAPPER nothing",
                "CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
                "CREATE FOREIGN TABLE elsewhere (id int) SERVER nowhere",
                "CREATE TABLE \"a\"\"b\" (id int PRIMARY KEY)",
                "CREATE TABLE \"calm.x\" (id int PRIMARY KEY)",
                "CREATE TABLE calm_x (id int PRIMARY KEY)",
                "CREATE TABLE faceless (id int PRIMARY KEY)",
                "ALTER TABLE faceless REPLICA IDENTITY NOTHING");
        files.put("dotted", "table", "\"calm.x\"", "path", "dotted");
        files.awaitServed("dotted");
        Map<String, String> problems = new TreeMap<>();
        """
            unknown    | table   | nowhere     |           |           | table: there is no table public.nowhere
            keyless    | table   | keyless     |           |           | table: public.keyless has no primary key
            double     | table   | calm        | path      | sinners   | path: sinners is taken by the bean sinners
            nocolumn   | columns | nothing     | table     | calm      | columns: public.calm has no column nothing;
            nokey      | key     | name        | table     | calm      | key: name is not a unique key of public.calm
            nolist     | lists   | nothing     | table     | calm      | lists: public.calm has no column nothing
            norule     | table   | calm        | dependsOn | calm(x)   | dependsOn: public.calm has no column x
            unread     | table   | calm        | view      | calm_view | view: public.calm_view reads public.sinners
            noroute    | table   | calm        | read      | direct:no | read: no route starts from direct:no
            floating   | table   | floating    |           |           | key: id is of type double precision
            unlogged   | table   | unlogged    |           |           | table: public.unlogged is unlogged, so
            stored     | table   | stored      |           |           | table: public.stored is a materialized view
            foreign    | table   | elsewhere   |           |           | table: public.elsewhere is a foreign table
            aview      | table   | calm_view   |           |           | table: public.calm_view is a view: name it as view
            quotes     | table   | "a""b"     |          |           | table: the connector cannot capture a table whose name
            colliding  | table   | calm_x      |           |           | table: Kafka lets no topics exist beside each other
            faceless   | table   | faceless    |           |           | table: public.faceless has no replica identity
            """.lines().map(line -> line.strip().split(" *\\| *")).forEach(file -> {
            problems.put(file[0], file[5]);
            List<String> properties = new ArrayList<>(List.of(file[1], file[2]));
            if (!file[3].isEmpty()) {
                properties.addAll(List.of(file[3], file[4]));
            }
            if (!file[3].equals("path")) {
                properties.addAll(List.of("path", file[0]));
            }
            files.put(file[0], properties.toArray(String[]::new));
        });

        await().atMost(PATIENCE).untilAsserted(() -> {
            String health = health();
            problems.forEach((bean, message) -> assertThat(health).contains(bean + ".camel.yaml: " + message));
        });
        assertThat(system.readiness()).isEqualTo(200);
        assertThat(system.get("/sinners/read/14").statusCode()).isEqualTo(200);
        assertThat(system.get("/unknown/read/1").statusCode()).isEqualTo(503);

        problems.keySet().forEach(bean -> files.put(bean, "table", "calm", "path", bean));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(health()).doesNotContain(".camel.yaml: "));
        problems.keySet()
                .forEach(bean ->
                        assertThat(system.get("/" + bean + "/read/1").body()).isEqualTo("{\"id\":1,\"name\":\"a\"}"));
        problems.keySet().forEach(files::remove);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(problems.keySet())
                        .allMatch(bean -> system.get("/" + bean + "/read/1").statusCode() == 404));
    }

    @Test
    void aFileThatIsEditedWronglyGoesOnAsItWas() throws Exception {
        create("edited");
        files.put("edited", "table", "edited", "columns", "nothing");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(health()).contains("edited.camel.yaml: columns: "));
        assertThat(system.get("/edited/read/1").statusCode()).isEqualTo(200);

        files.put("edited", "table", "edited", "columns", "name");
        awaitRow("edited", 1, "\"name\":\"a\"");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(health()).doesNotContain("edited.camel.yaml"));
        files.remove("edited");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(system.get("/edited/read/1").statusCode()).isEqualTo(404));
    }

    @Test
    void whatTheRoleMayNotDoIsSaidWithTheStatementThatAllowsIt() throws Exception {
        system.sql(
                "CREATE TABLE owned (id int PRIMARY KEY)",
                "CREATE TABLE granted (id int PRIMARY KEY)",
                "CREATE ROLE reader LOGIN PASSWORD 'reader'",
                "GRANT SELECT ON granted TO reader",
                "GRANT CONNECT ON DATABASE \"cdc-cascade-db\" TO reader");
        PGSimpleDataSource reader = new PGSimpleDataSource();
        reader.setUrl(system.servers().postgres().jdbcUrl());
        reader.setUser("reader");
        reader.setPassword("reader");
        Catalog catalog = new Catalog(reader, "cascade", CaptureContent.ROWS);
        CachedTable owned = new CachedTable();
        owned.setTable("owned");
        CachedTable granted = new CachedTable();
        granted.setTable("granted");

        assertThatThrownBy(() -> new TableBuilder(
                                owned, catalog.describe(List.of(owned.table())), "cascade", CaptureContent.ROWS)
                        .build())
                .hasMessageContaining("this role may not read public.owned: run GRANT SELECT ON \"public\".\"owned\"");
        assertThatThrownBy(() -> new TableBuilder(
                                granted, catalog.describe(List.of(granted.table())), "cascade", CaptureContent.ROWS)
                        .build())
                .hasMessageContaining(
                        "run, as the owner of both, ALTER PUBLICATION \"cascade\" ADD TABLE \"public\".\"granted\"");
    }

    @Test
    void aHundredTablesAreServedWithoutAThreadForEach() throws Exception {
        system.sql("DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE format("
                + "'CREATE TABLE many_%s (id int PRIMARY KEY, name text)', i); END LOOP; END $$");
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();

        IntStream.rangeClosed(1, 100).forEach(i -> files.put("many_" + i, "table", "many_" + i));

        files.awaitServed("many_1", "many_50", "many_100");
        system.sql("INSERT INTO many_50 VALUES (1, 'a')");
        awaitRow("many_50", 1, "\"name\":\"a\"");
        system.sql("UPDATE many_50 SET name = 'b'");
        awaitRow("many_50", 1, "\"name\":\"b\"");
        assertThat(ManagementFactory.getThreadMXBean().getThreadCount()).isLessThan(threads + 20);
        IntStream.rangeClosed(1, 100).forEach(i -> files.remove("many_" + i));
    }

    private static void create(String table) throws Exception {
        system.sql(
                "CREATE TYPE " + table + "_mood AS ENUM ('ok', 'sad')",
                "CREATE TABLE " + table + " (id int PRIMARY KEY, name text, price int, mood " + table + "_mood)",
                "INSERT INTO " + table + " VALUES (1, 'a', 7, 'ok'), (2, 'a', 7, 'ok')");
        files.put(table, "table", table);
        awaitRow(table, 1, "\"name\":\"a\",\"price\":7,\"mood\":\"ok\"");
    }

    private static void awaitRow(String path, int id, String row) {
        awaitBody("/" + path + "/read/" + id, "{\"id\":" + id + "," + row + "}");
    }

    private static void awaitNote(String path, String key, String note) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = system.get("/" + path + "/read/" + key);
            assertThat(answer.body()).contains("\"note\":\"" + note + "\"");
            assertThat(cacheStatus(answer)).isEqualTo("hit");
        });
    }

    private static void awaitBody(String path, String body) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = system.get(path);
            assertThat(answer.body()).isEqualTo(body);
            assertThat(cacheStatus(answer)).isEqualTo("hit");
        });
    }

    private static String health() {
        return system.request("GET", "/observe/health", null).body().replace("\\\"", "\"");
    }
}
