package io.cdccascade.table;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A table whose file has a route of its own for one operation: the very example of {@code docs/tables.md}. */
class TableOverrideIT {

    private static CascadeSystem system;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start();
        system.sql(
                "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT NOT NULL, status TEXT)",
                "INSERT INTO orders VALUES (1, 7, 'open')");
        PluginHelper.getRoutesLoader(system.context())
                .loadRoutes(ResourceHelper.fromString("orders.camel.yaml", example()));
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() ->
                        assertThat(system.get("/orders/read/1").statusCode()).isEqualTo(200));
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    private static String example() throws Exception {
        Matcher yaml = Pattern.compile("```yaml\n((?:(?!```)[\\s\\S])*read: direct:read-order[\\s\\S]*?)```")
                .matcher(Files.readString(Path.of("docs/tables.md")));
        assertThat(yaml.find()).isTrue();
        return yaml.group(1);
    }

    @Test
    void theTablesOwnRouteExtendsWhatTheCommonOneAnswers() {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() ->
                        assertThat(cacheStatus(system.get("/orders/read/1"))).isEqualTo("hit"));

        HttpResponse<String> answer = system.get("/orders/read/1");

        assertThat(answer.body()).isEqualTo("{\"id\":1,\"customer_id\":7,\"status\":\"open\"}");
        assertThat(answer.headers().firstValue("ETag")).isPresent();
        assertThat(answer.headers().firstValue("Link"))
                .contains("</api/v1/order_items/read?order_id=1>; rel=\"related\"");
    }

    @Test
    void aRefusalPassesThroughIt() {
        assertThat(system.get("/orders/read/x").statusCode()).isEqualTo(400);
        assertThat(system.get("/orders/read/2").statusCode()).isEqualTo(404);
    }

    @Test
    void theOtherOperationsAndTablesAreAsTheyWere() {
        HttpResponse<String> created = system.send("POST", "/orders/create", "{\"id\": 3, \"customer_id\": 8}");

        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.headers().firstValue("Link")).isEmpty();
        assertThat(system.get("/sinners/read/14").headers().firstValue("Link")).isEmpty();
    }

    @Test
    void theOpenApiDocumentFollowsTheTable() throws Exception {
        assertThat(system.get("/openapi.json").body())
                .contains("\"/orders/read/{id}\"")
                .doesNotContain("\"paid_at\"");

        system.sql("ALTER TABLE orders ADD COLUMN paid_at DATE");

        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(system.get("/openapi.json").body())
                        .contains("\"paid_at\":{\"type\":\"string\",\"format\":\"date\",\"nullable\":true}"));
        system.sql("ALTER TABLE orders DROP COLUMN paid_at");
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> assertThat(system.get("/openapi.json").body()).doesNotContain("\"paid_at\""));
    }
}
