package io.cdccascade;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.dev.EmbeddedPostgres;
import io.cdccascade.doctor.DoctorCheck;
import io.cdccascade.doctor.Finding;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Topics;
import io.cdccascade.table.TableFiles;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * The oldest PostgreSQL that is supported, in place of one that is not. All other tests run on the newest. The executables
 * come with the build, see pom.xml.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PostgresVersionsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String TOPIC = "cascade.public.sinners";

    private static Map<String, String> settings;
    private static EmbeddedPostgres postgres;
    private static CascadeSystem system;
    private static TableFiles files;

    @BeforeAll
    static void startOnAServerThatIsTooOld() throws Exception {
        settings = new HashMap<>(CascadeSystem.freshSettings());
        settings.put("cascade.postgres.host", "127.0.0.1");
        settings.put("cascade.postgres.patience-ms", "500");
        settings.put("cascade.capture.restart-delay-max-ms", "1000");
        settings.put("cascade.doctor.every-ms", "2000");
        postgres = postgres("refused", null);
        postgres.start();
        system = CascadeSystem.startAsFarAsPossible(settings);
        files = new TableFiles(system);
    }

    @AfterAll
    static void stop() {
        system.close();
        postgres.stop();
    }

    @Test
    @Order(1)
    void aServerThatIsTooOldIsRefusedWithTheReasonAndGetsNoSlot() throws Exception {
        String refusal =
                "PostgreSQL " + query("SHOW server_version") + " is not supported, it has to be version 14 or newer";

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(health("/ready"))
                        .contains("No table is served: PostgreSQL cannot be asked about the tables: " + refusal)
                        .containsPattern("Capture is down: .*" + refusal));
        assertThat(health("")).contains("No table is served: ");
        assertThat(system.readiness()).isEqualTo(503);
        assertThat(system.get("/sinners/read/14").statusCode()).isEqualTo(503);
        assertThat(query("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
    }

    @Test
    @Order(2)
    void theOldestThatIsSupportedIsUsedAsSoonAsItIsThere() throws Exception {
        postgres.stop();
        postgres = postgres("oldest", Path.of("scripts/init.sql"));
        postgres.start();

        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        assertThat(query("SHOW server_version")).startsWith("14.");
        awaitHit("/sinners/read/14", "\"name\":\"Deren\"");
        assertThat(ops()).startsWith("t", "r", "r");
    }

    @Test
    @Order(3)
    void theDoctorCanCheckEverythingThere() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                system.bean("doctor", DoctorCheck.class).findings())
                        .filteredOn(finding -> finding.server().equals("PostgreSQL"))
                        .extracting(Finding::meaning)
                        .contains("logical", "publishes every kind of change")
                        .noneMatch(meaning -> meaning.contains("could not be checked")));
    }

    @Test
    @Order(3)
    void changesBySqlReachTheCache() throws Exception {
        system.sql("UPDATE sinners SET name = 'Zoya' WHERE code = 14");
        awaitHit("/sinners/read/14", "\"name\":\"Zoya\"");

        system.sql("UPDATE sinners SET code = 15 WHERE code = 14");
        awaitHit("/sinners/read/15", "\"name\":\"Zoya\"");
        await().atMost(PATIENCE).until(() -> system.get("/sinners/read/14").statusCode() == 404);

        system.sql("TRUNCATE sinners");
        await().atMost(PATIENCE).until(() -> system.get("/sinners/read/15").statusCode() == 404);
    }

    @Test
    @Order(4)
    void writesAnswerWithATokenAndAreConditional() {
        HttpResponse<String> created =
                system.send("POST", "/sinners/create", "{\"code\":20,\"name\":\"Hella\",\"class\":\"S\"}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        String tag = system.get("/sinners/read/20").headers().firstValue("ETag").orElseThrow();

        HttpResponse<String> updated = system.send("PUT", "/sinners/update/20", "{\"name\":\"Iron\"}", "If-Match", tag);
        assertThat(updated.statusCode()).as(updated.body()).isEqualTo(200);
        String token = updated.headers().firstValue("Cascade-Token").orElseThrow();
        assertThat(system.get("/sinners/read/20", "Cascade-Token", token).body())
                .contains("\"name\":\"Iron\"");

        assertThat(system.send("DELETE", "/sinners/delete/20", null, "If-Match", tag)
                        .statusCode())
                .isEqualTo(412);
        assertThat(system.send("POST", "/sinners/create", "{\"code\":20,\"name\":\"Hella\",\"class\":\"S\"}")
                        .statusCode())
                .isEqualTo(409);
        assertThat(system.send("DELETE", "/sinners/delete/20", null).statusCode())
                .isEqualTo(200);
    }

    @Test
    @Order(5)
    void listsViewsAndPartitionsAreServedAndTheSchemaIsFollowed() throws Exception {
        system.sql(
                "CREATE TABLE orders (id int PRIMARY KEY, customer_id int, twice int GENERATED ALWAYS AS (id * 2) STORED)"
                        + " PARTITION BY RANGE (id)",
                "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (1) TO (10)",
                "ALTER TABLE orders_1 REPLICA IDENTITY FULL",
                "CREATE TABLE items (id int PRIMARY KEY, order_id int, what text)",
                "ALTER TABLE items REPLICA IDENTITY FULL",
                "CREATE VIEW whole_orders AS SELECT o.*, "
                        + "(SELECT json_agg(i.what ORDER BY i.id) FROM items i WHERE i.order_id = o.id) AS items FROM orders o",
                "INSERT INTO orders VALUES (1, 7), (2, 7)",
                "INSERT INTO items VALUES (1, 1, 'Lamp')");
        files.put(
                "orders",
                "table",
                "orders",
                "view",
                "whole_orders",
                "lists",
                "customer_id",
                "dependsOn",
                "items(order_id)");
        awaitHit("/orders/read/1", "{\"id\":1,\"customer_id\":7,\"twice\":2,\"items\":[\"Lamp\"]}");
        awaitHit("/orders/read?customer_id=7", "\"id\":2,");
        assertThat(health("?data=true"))
                .as("the view passes the columns through, and the old values are known")
                .contains("public.orders")
                .doesNotContain("hint.", "problem.");

        system.sql("UPDATE items SET what = 'Desk' WHERE id = 1", "UPDATE orders SET customer_id = 8 WHERE id = 2");
        awaitHit("/orders/read/1", "[\"Desk\"]");
        awaitHit("/orders/read?customer_id=8", "\"id\":2,");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                system.get("/orders/read?customer_id=7").body())
                        .doesNotContain("\"id\":2,"));

        files.remove("orders");
        files.put("items", "table", "items");
        awaitHit("/items/read/1", "{\"id\":1,\"order_id\":1,\"what\":\"Desk\"}");
        system.sql("ALTER TABLE items RENAME what TO thing", "UPDATE items SET thing = 'Bed' WHERE id = 1");
        awaitHit("/items/read/1", "{\"id\":1,\"order_id\":1,\"thing\":\"Bed\"}");
    }

    @Test
    @Order(6)
    void aSlotThatLostItsLogIsReplacedAndTheTablesAreReadAgain() throws Exception {
        system.sql("INSERT INTO sinners (code, name, class) VALUES (30, 'Zoya', 'S')");
        awaitHit("/sinners/read/30", "\"name\":\"Zoya\"");
        system.context().getRouteController().stopRoute("capture");
        system.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'", "SELECT pg_reload_conf()");
        system.sql("UPDATE sinners SET name = 'Iron' WHERE code = 30");
        await().atMost(PATIENCE).until(() -> {
            system.sql("SELECT pg_logical_emit_message(false, 'fill', 'x'), pg_switch_wal()", "CHECKPOINT");
            return "lost".equals(query("SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'cdc_cascade'"));
        });

        system.context().getRouteController().startRoute("capture");

        awaitHit("/sinners/read/30", "\"name\":\"Iron\"");
        assertThat(ops().subList(1, ops().size())).contains("t");
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
    }

    private static EmbeddedPostgres postgres(String version, Path initScript) throws IOException {
        URL archive = Path.of("target/postgres", version + ".jar").toUri().toURL();
        return new EmbeddedPostgres(
                Path.of(settings.get("cascade.data"), version),
                Integer.parseInt(settings.get("cascade.postgres.port")),
                "cdc-cascade-db",
                "admin",
                "adminpw",
                initScript,
                new URLClassLoader(new URL[] {archive}, null));
    }

    private static void awaitHit(String path, String content) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = system.get(path);
            assertThat(answer.body()).contains(content);
            assertThat(cacheStatus(answer)).isEqualTo("hit");
        });
    }

    private static String health(String path) {
        return system.request("GET", "/observe/health" + path, null).body();
    }

    /** What happened to the table, event by event. */
    private static List<String> ops() {
        try (Topics topics = system.topics()) {
            return topics.records(TOPIC).stream()
                    .filter(event -> event.value() != null)
                    .map(event -> event.value().replaceFirst("(?s).*\"op\":\"(.)\".*", "$1"))
                    .toList();
        }
    }

    private static String query(String sql) throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }
}
