package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code If-Match} and {@code If-None-Match} on writes: nobody overwrites what he has not seen. */
class ConditionalWritesIT {

    private static CascadeSystem system;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "200"));
        system.sql(
                "CREATE TABLE docs (id int PRIMARY KEY, name text UNIQUE, n int)",
                "CREATE VIEW docs_seen AS SELECT id, name, n, 2 * n AS twice FROM docs");
        TableFiles files = new TableFiles(system);
        files.put("docs", "table", "docs");
        files.put("seen", "table", "docs", "view", "docs_seen", "path", "seen");
        files.put("some", "table", "docs", "columns", "id, n", "path", "some");
        files.awaitServed("docs", "seen", "some");
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @BeforeEach
    void row() throws Exception {
        system.sql("DELETE FROM docs", "INSERT INTO docs VALUES (1, 'one', 1)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs", "seen", "some"})
    void anUpdateOfTheVersionThatTheCallerKnowsSucceedsOnce(String path) throws Exception {
        String tag = tag(path);

        assertThat(put(path, "{\"n\":2}", "If-Match", "\"other\", " + tag)).isEqualTo(200);
        assertThat(put(path, "{\"n\":3}", "If-Match", tag)).isEqualTo(412);
        assertThat(number()).isEqualTo(2);
    }

    @Test
    void aVersionThatWasChangedBySqlIsNotOverwrittenAndNotDeleted() throws Exception {
        String tag = tag("docs");
        system.sql("UPDATE docs SET n = 7");

        assertThat(put("docs", "{\"n\":2}", "If-Match", tag)).isEqualTo(412);
        assertThat(delete("If-Match", tag)).isEqualTo(412);
        assertThat(number()).isEqualTo(7);
    }

    @Test
    void aWeakTagMatchesNoWriteAndAStarMatchesEveryRow() throws Exception {
        assertThat(put("docs", "{\"n\":2}", "If-Match", "W/" + tag("docs"))).isEqualTo(412);
        assertThat(put("docs", "{\"n\":2}", "If-Match", "*")).isEqualTo(200);
        assertThat(delete("If-Match", "*")).isEqualTo(200);
        assertThat(delete("If-Match", "*")).isEqualTo(412);
        assertThat(delete()).isEqualTo(404);
    }

    @Test
    void ifNoneMatchKeepsAVersionAndAStarEveryRow() throws Exception {
        String tag = tag("docs");

        assertThat(put("docs", "{\"n\":2}", "If-None-Match", tag)).isEqualTo(412);
        assertThat(put("docs", "{\"n\":2}", "If-None-Match", "*")).isEqualTo(412);
        assertThat(number()).isEqualTo(1);
        assertThat(put("docs", "{\"n\":2}", "If-None-Match", "\"other\"")).isEqualTo(200);
        assertThat(delete("If-Match", tag, "If-None-Match", "*")).isEqualTo(400);
        system.sql("DELETE FROM docs");
        assertThat(put("docs", "{\"n\":2}", "If-None-Match", "*")).isEqualTo(404);
    }

    @Test
    void aRowIsCreatedOnlyWhereThereIsNone() {
        assertThat(post("{\"id\":1}", "If-None-Match", "*")).isEqualTo(412);
        assertThat(post("{\"id\":1}")).isEqualTo(409);
        // Another row stands in the way, not this one.
        assertThat(post("{\"id\":2,\"name\":\"one\"}", "If-None-Match", "*")).isEqualTo(409);
        assertThat(post("{\"id\":2}", "If-None-Match", "*")).isEqualTo(201);
        assertThat(post("{\"id\":3}", "If-Match", "*")).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs", "seen"})
    void ofManyWhoReadAVersionOneUpdatesIt(String path) throws Exception {
        String tag = tag(path);
        List<CompletableFuture<Integer>> writers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String body = "{\"n\":" + (100 + i) + "}";
            writers.add(CompletableFuture.supplyAsync(() -> put(path, body, "If-Match", tag)));
        }

        assertThat(writers.stream().map(CompletableFuture::join).filter(status -> status == 200))
                .hasSize(1);
        assertThat(writers.stream().map(CompletableFuture::join)).containsOnly(200, 412);
    }

    private static String tag(String path) {
        // The cache may not have dropped yet what the test before has left.
        return await().atMost(TableFiles.PATIENCE)
                .until(
                        () -> system.get("/" + path + "/read/1"),
                        answer -> answer.statusCode() == 200 && answer.body().contains("\"n\":1"))
                .headers()
                .firstValue("ETag")
                .orElseThrow();
    }

    private static int number() throws Exception {
        try (var connection = system.servers().postgres().connect();
                var row = connection.createStatement().executeQuery("SELECT n FROM docs WHERE id = 1")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static int put(String path, String body, String... headers) {
        return status(system.send("PUT", "/" + path + "/update/1", body, headers));
    }

    private static int delete(String... headers) {
        return status(system.send("DELETE", "/docs/delete/1", null, headers));
    }

    private static int post(String body, String... headers) {
        return status(system.send("POST", "/docs/create", body, headers));
    }

    private static int status(HttpResponse<String> answer) {
        if (answer.statusCode() == 412) {
            assertThat(answer.body()).contains("\"status\":412");
        }
        return answer.statusCode();
    }
}
