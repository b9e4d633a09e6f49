package io.cdccascade;

import static io.cdccascade.support.Api.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.dev.EmbeddedPostgres;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What callers see while PostgreSQL cannot be reached, from the very start or later, or while no table can be served, and
 * that all recovers by itself.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PostgresUnreachableIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private static EmbeddedPostgres postgres;
    private static CascadeSystem system;

    @BeforeAll
    static void startWithoutPostgres() {
        Map<String, String> settings = new HashMap<>(CascadeSystem.freshSettings());
        postgres = new EmbeddedPostgres(
                Path.of(settings.get("cascade.data"), "postgres"),
                Integer.parseInt(settings.get("cascade.postgres.port")),
                "cdc-cascade-db",
                "admin",
                "adminpw",
                Path.of("scripts/init.sql"));
        settings.put("cascade.postgres.host", "127.0.0.1");
        settings.put("cascade.postgres.patience-ms", "500");
        settings.put("cascade.capture.restart-delay-max-ms", "1000");
        system = CascadeSystem.startAsFarAsPossible(settings);
    }

    @AfterAll
    static void stop() {
        system.close();
        postgres.stop();
    }

    @Test
    @Order(1)
    void anApplicationThatStartsWithoutPostgresqlSaysSoAndRecovers() {
        assertThat(system.readiness()).isEqualTo(503);
        assertThat(health("/ready"))
                .contains("No table is served: PostgreSQL cannot be asked about the tables: Connection to 127.0.0.1");
        assertUnavailable(system.get("/sinners/read/14"));
        assertUnavailable(system.get("/sinners/read"));
        assertUnavailable(system.send("POST", "/sinners/create", "{\"code\":100,\"name\":\"Zoya\",\"class\":\"S\"}"));

        postgres.start();

        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        await().atMost(PATIENCE)
                .until(() -> cacheStatus(system.get("/sinners/read/14")).equals("hit"));
    }

    @Test
    @Order(2)
    void hitsAreAnsweredMissesAndWritesAreRefusedAndAllRecovers() throws Exception {
        await().atMost(PATIENCE)
                .until(() -> cacheStatus(system.get("/sinners/read/14")).equals("hit"));

        postgres.kill();

        HttpResponse<String> hit = system.get("/sinners/read/14");
        assertThat(cacheStatus(hit)).isEqualTo("hit");
        assertThat(hit.body()).startsWith("{\"code\":14,");
        assertUnavailable(system.get("/sinners/read/17"));
        assertUnavailable(system.get("/sinners/read"));
        assertUnavailable(system.send("POST", "/sinners/create", "{\"code\":100,\"name\":\"Zoya\",\"class\":\"S\"}"));
        assertUnavailable(system.send("PUT", "/sinners/update/14", "{\"name\":\"Zoya\"}"));
        assertUnavailable(system.send("DELETE", "/sinners/delete/14", null));
        await().atMost(PATIENCE).until(() -> system.readiness() == 503);

        postgres.start();

        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        await().atMost(PATIENCE).until(() -> system.get("/sinners/read/17").statusCode() == 200);
        assertThat(system.send("PUT", "/sinners/update/17", "{\"name\":\"Hella\"}")
                        .statusCode())
                .isEqualTo(200);
        sql("UPDATE sinners SET name = 'Zoya' WHERE code = 14");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(system.get("/sinners/read/14").body()).contains("\"name\":\"Zoya\""));
    }

    @Test
    @Order(3)
    void readinessIsDownWhileThereAreFilesAndNoneOfTheirTablesCanBeServed() throws Exception {
        TableFiles files = new TableFiles(system);
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        sql("ALTER TABLE sinners RENAME TO saints");

        await().atMost(PATIENCE).until(() -> system.readiness() == 503);
        assertThat(health("/ready"))
                .contains("No table is served: ", "sinners.camel.yaml: table: there is no table public.sinners");

        files.put("saints", "table", "saints");
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        assertThat(health("")).contains("sinners.camel.yaml: table: there is no table public.sinners");

        files.remove("saints");
        await().atMost(PATIENCE).until(() -> system.readiness() == 503);
        files.remove("sinners");
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        assertThat(system.request("GET", "/observe/health", null).statusCode()).isEqualTo(200);
    }

    private static String health(String kind) {
        return system.request("GET", "/observe/health" + kind, null).body().replace("\\/", "/");
    }

    private static void assertUnavailable(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        assertThat(answer.body()).contains("\"status\":503").doesNotContain("Exception", "SELECT", "jdbc", "postgres");
    }

    private static void sql(String sql) throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
