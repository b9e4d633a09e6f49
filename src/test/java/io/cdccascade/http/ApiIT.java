package io.cdccascade.http;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The API as a caller sees it, on real servers. */
class ApiIT {

    private static CascadeSystem system;

    @BeforeAll
    static void start() {
        system = CascadeSystem.start();
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void aRowIsReadFromPostgresqlOnceAndFromTheCacheThen() {
        await().untilAsserted(() ->
                assertThat(cacheStatus(system.get("/sinners/read/14"))).isEqualTo("hit"));

        HttpResponse<String> hit = system.get("/sinners/read/14");

        assertThat(hit.statusCode()).isEqualTo(200);
        assertThat(hit.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(hit.headers().firstValue("Cache-Control")).contains("no-cache");
        assertThat(hit.headers().firstValue("Age")).isPresent();
        assertThat(hit.body()).startsWith("{\"code\":14,\"name\":\"Deren\",\"class\":\"S\",\"libram\":\"Fraud\"");
    }

    @Test
    void aCallerThatHoldsTheRowIsToldThatItIsCurrent() {
        String tag = system.get("/sinners/read/17").headers().firstValue("ETag").orElseThrow();

        HttpResponse<String> answer = system.get("/sinners/read/17", "If-None-Match", tag);

        assertThat(answer.statusCode()).isEqualTo(304);
        assertThat(answer.body()).isEmpty();
    }

    @Test
    void aRowIsCreatedReadUpdatedAndDeleted() {
        HttpResponse<String> created = system.send(
                "POST", "/sinners/create", "{\"code\": 100, \"name\": \"Zoya\", \"class\": \"S\", \"libram\": null}");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.body()).contains("\"name\":\"Zoya\"", "\"created_at\":\"");
        assertThat(system.get("/sinners/read/100").body()).isEqualTo(created.body());

        HttpResponse<String> updated = system.send("PUT", "/sinners/update/100", "{\"tendency\": \"Endura\"}");
        assertThat(updated.statusCode()).isEqualTo(200);
        assertThat(updated.body()).contains("\"name\":\"Zoya\"", "\"tendency\":\"Endura\"");
        assertThat(system.get("/sinners/read/100").body()).isEqualTo(updated.body());

        HttpResponse<String> deleted = system.send("DELETE", "/sinners/delete/100", null);
        assertThat(deleted.statusCode()).isEqualTo(200);
        assertThat(deleted.body()).isEqualTo(updated.body());
        assertThat(system.get("/sinners/read/100").statusCode()).isEqualTo(404);
    }

    @Test
    void aCallerThatPresentsTheTokenOfItsWriteReadsItAndSoonFromTheCache() {
        system.send("POST", "/sinners/create", "{\"code\": 101, \"name\": \"Zoya\", \"class\": \"S\"}");
        await().untilAsserted(() ->
                assertThat(cacheStatus(system.get("/sinners/read/101"))).isEqualTo("hit"));

        HttpResponse<String> updated = system.send("PUT", "/sinners/update/101", "{\"libram\": \"Envy\"}");
        String token = updated.headers().firstValue("Cascade-Token").orElseThrow();

        assertThat(system.get("/sinners/read/101", "Cascade-Token", token).body())
                .isEqualTo(updated.body());
        await().untilAsserted(() -> assertThat(cacheStatus(system.get("/sinners/read/101", "Cascade-Token", token)))
                .isEqualTo("hit"));
        assertThat(system.get("/sinners/read/101", "Cascade-Token", token).body())
                .isEqualTo(updated.body());
        system.send("DELETE", "/sinners/delete/101", null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "731",
                "x",
                "731-",
                "731-1-1",
                "-731-1",
                "731-99999999999999999999",
                "731-7310, 731-7310",
                "731-7310-",
                "731-7310-69a1b2c3d4e5f607",
                "731-7310-69a1b2c3d4e5f607.0",
                "731-7310-69a1b2c3d4e5f607.1.1",
                "731-7310-.1"
            })
    void whatIsNoTokenIsRefused(String token) {
        HttpResponse<String> answer = system.get("/sinners/read/14", "Cascade-Token", token);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"field\":\"Cascade-Token\"");
    }

    @Test
    void rowsComeInPagesThatLinkToTheNext() {
        HttpResponse<String> first = system.get("/sinners/read?limit=1");
        assertThat(first.body()).startsWith("[{\"code\":14,").endsWith("}]");
        assertThat(first.headers().firstValue("Link"))
                .contains("</api/v1/sinners/read?limit=1&after=14>; rel=\"next\"");

        HttpResponse<String> second = system.get("/sinners/read?limit=1&after=14");
        assertThat(second.body()).startsWith("[{\"code\":17,");

        assertThat(system.get("/sinners/read?after=9223372036854775807").body()).isEqualTo("[]");
        assertThat(system.get("/sinners/read").headers().firstValue("Link")).isEmpty();
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            POST  | /sinners/create   | {"code":                                          | 400 |
            POST  | /sinners/create   | []                                                | 400 |
            POST  | /sinners/create   | {"code":1} {"code":2}                             | 400 |
            POST  | /sinners/create   | {"code":1,"code":2}                               | 400 |
            POST  | /sinners/create   | {"code":14,"name":"a","class":"A"}                | 409 | code
            POST  | /sinners/create   | {"code":"14","name":"a","class":"A"}              | 409 | code
            POST  | /sinners/create   | {"code":"one","name":"a","class":"A"}             | 422 | code
            POST  | /sinners/create   | {"code":1.5,"name":"a","class":"A"}               | 422 | code
            POST  | /sinners/create   | {"code":99999999999999999999,"name":"a","class":"A"} | 422 | code
            POST  | /sinners/create   | {"name":"a","class":"A"}                          | 422 | code
            POST  | /sinners/create   | {"code":1,"class":"A"}                            | 422 | name
            POST  | /sinners/create   | {"code":1,"name":null,"class":"A"}                | 422 | name
            POST  | /sinners/create   | {"code":1,"name":"123456789012345678901","class":"A"} | 422 | name
            POST  | /sinners/create   | {"code":1,"name":"a","class":"AB"}                | 422 | class
            POST  | /sinners/create   | {"code":1,"name":"a\\u0000","class":"A"}          | 422 | name
            POST  | /sinners/create   | {"code":1,"name":"\\ud800","class":"A"}           | 422 | name
            POST  | /sinners/create   | {"code":1,"name":"a","class":"A","rank":1}        | 422 | rank
            POST  | /sinners/create   | {"code":1,"name":"a","class":"A","created_at":"x"} | 422 | created_at
            PUT   | /sinners/update/14 | {}                                               | 422 |
            PUT   | /sinners/update/14 | {"code":15}                                      | 422 | code
            PUT   | /sinners/update/1 | {"name":"a"}                                      | 404 |
            DELETE | /sinners/delete/1 |                                                  | 404 |
            GET   | /sinners/read/1   |                                                   | 404 |
            GET   | /sinners/read/abc |                                                   | 400 | code
            GET   | /sinners/read/9223372036854775808 |                                   | 400 | code
            GET   | /sinners/read?limit=0 |                                               | 400 | limit
            GET   | /sinners/read?limit=1001 |                                            | 400 | limit
            GET   | /sinners/read?after=x |                                               | 400 | code
            GET   | /sinners/read?page=2 |                                                | 400 | page
            GET   | /saints/read/1    |                                                   | 404 |
            GET   | /sinners          |                                                   | 404 |
            PATCH | /sinners/read/14  | {}                                                | 405 |
            PATCH | /sinners/update/14 | {"code":15}                                     | 422 | code
            POST  | /sinners/read     | {}                                                | 400 |
            POST  | /sinners/read     | []                                                | 400 |
            POST  | /sinners/read     |                                                   | 400 |
            POST  | /sinners/read     | [14,null]                                         | 400 | key
            POST  | /sinners/read     | [[14,17]]                                         | 400 | key
            POST  | /sinners/read     | [1.5]                                             | 400 | code
            POST  | /sinners/read?code=14 | [14]                                          | 400 | code
            POST  | /saints/read      | [14]                                              | 404 |
            """)
    void aMistakeIsAnsweredWithAProblemThatNamesTheField(
            String method, String path, String body, int status, String field) {
        HttpResponse<String> answer = system.send(method, path, body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.body())
                .contains("\"status\":" + status)
                .doesNotContain("Exception", "SELECT", "INSERT", "UPDATE", "org.", "io.cdccascade");
        if (field != null) {
            assertThat(answer.body()).contains("\"field\":\"" + field + "\"");
        }
    }

    @Test
    void aMethodThatIsNotAllowedSaysWhichAre() {
        assertThat(system.send("PATCH", "/sinners/read/14", "{}").headers().firstValue("Allow"))
                .contains("GET, HEAD");
    }

    @Test
    void headIsAnsweredWhereverGetIs() {
        for (String path : List.of(
                "/api/v1/sinners/read/14",
                "/api/v1/sinners/read?limit=2",
                "/api/v1/sinners/read?code=14,17",
                "/api/v1/sinners/read/99",
                "/api/v1/openapi.json",
                "/observe/health/live",
                "/observe/metrics")) {
            HttpResponse<String> get = system.request("GET", path, null);
            HttpResponse<String> head = system.request("HEAD", path, null);

            assertThat(head.statusCode()).as(path).isEqualTo(get.statusCode());
            if (path.startsWith("/api")) {
                assertThat(head.body()).as(path).isEmpty();
            }
            assertThat(head.headers().firstValue("Content-Type"))
                    .isEqualTo(get.headers().firstValue("Content-Type"));
        }
        HttpResponse<String> get = system.get("/sinners/read/14");
        HttpResponse<String> head = system.request("HEAD", "/api/v1/sinners/read/14", null);
        assertThat(head.headers().firstValue("Content-Length"))
                .contains(String.valueOf(get.body().getBytes(StandardCharsets.UTF_8).length));
        assertThat(head.headers().firstValue("ETag")).isEqualTo(get.headers().firstValue("ETag"));
    }

    @Test
    void everyAnswerHasADateAndWhatIsInMemoryALengthAndNoChunks() {
        for (String path : List.of(
                "/api/v1/sinners/read/14", "/api/v1/sinners/read?limit=2", "/api/v1/openapi.json", "/api/v1/nothing")) {
            HttpResponse<String> answer = system.request("GET", path, null);

            assertThat(answer.headers().firstValue("Date")).as(path).isPresent();
            assertThat(answer.headers().firstValue("Content-Length")).as(path).isPresent();
            assertThat(answer.headers().firstValue("Transfer-Encoding"))
                    .as(path)
                    .isEmpty();
        }
    }

    @Test
    void aConditionMayStandOnTwoLinesAndHoldTagsWithCommas() {
        String tag = system.get("/sinners/read/14").headers().firstValue("ETag").orElseThrow();

        for (String[] lines :
                new String[][] {{tag}, {"W/" + tag}, {"\"x\"", tag}, {"\"a,b\" , W/\"q\"," + tag}, {"*"}}) {
            List<String> headers = new ArrayList<>();
            for (String line : lines) {
                headers.addAll(List.of("If-None-Match", line));
            }
            assertThat(system.get("/sinners/read/14", headers.toArray(String[]::new))
                            .statusCode())
                    .as(headers.toString())
                    .isEqualTo(304);
        }
        assertThat(system.get("/sinners/read/14", "If-None-Match", "\"nope\"").statusCode())
                .isEqualTo(200);
    }

    @Test
    void keysThatDoNotFitAUrlComeInABody() {
        String keys = IntStream.rangeClosed(1, 97).mapToObj(String::valueOf).collect(Collectors.joining(",", "[", "]"));

        HttpResponse<String> answer = system.send("POST", "/sinners/read", keys);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo(system.get("/sinners/read?code=14,17").body());
        assertThat(cacheStatus(system.send("POST", "/sinners/read", keys))).isEqualTo("hit");
        assertThat(system.send("POST", "/sinners/read", "[17,\"14\",17]").body())
                .isEqualTo(system.get("/sinners/read?code=17,14").body());
        assertThat(system.send(
                                "POST",
                                "/sinners/read",
                                keys.replace(
                                        "]",
                                        ","
                                                + IntStream.rangeClosed(100, 1_010)
                                                        .mapToObj(String::valueOf)
                                                        .collect(Collectors.joining(","))
                                                + "]"))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void anUpdateMayBeAPatchAndAnIdAText() {
        String big = "9007199254740993";
        assertThat(system.send("POST", "/sinners/create", "{\"code\":\"" + big + "\",\"name\":\"a\",\"class\":\"A\"}")
                        .statusCode())
                .isEqualTo(201);
        HttpResponse<String> patched = system.request(
                "PATCH",
                "/api/v1/sinners/update/" + big,
                "{\"name\":\"b\",\"code\":\"" + big + "\"}",
                "Content-Type",
                "application/merge-patch+json");
        assertThat(patched.statusCode()).as(patched.body()).isEqualTo(200);
        assertThat(patched.body()).contains("\"code\":" + big + ",\"name\":\"b\"");
        assertThat(system.send("DELETE", "/sinners/delete/" + big, null).statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "text/*;q=0.5, image/png"})
    void whoAcceptsNoJsonIsRefusedBeforeAnythingIsDone(String accept) {
        system.get("/sinners/read/14");
        for (HttpResponse<String> answer : List.of(
                system.get("/sinners/read/14", "Accept", accept),
                system.get("/sinners/read?limit=2", "Accept", accept),
                system.send("POST", "/sinners/read", "[14]", "Accept", accept),
                system.send(
                        "POST", "/sinners/create", "{\"code\":98,\"name\":\"a\",\"class\":\"A\"}", "Accept", accept))) {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(406);
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        }
        assertThat(system.get("/sinners/read/98").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*/*", "application/*", "text/html, application/json;q=0.1", "text/html, */*;q=0.1"})
    void whoAcceptsJsonAmongOthersIsAnswered(String accept) {
        assertThat(system.get("/sinners/read/14", "Accept", accept).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aBodyOverTheLimitIsRefused() {
        HttpResponse<String> answer = system.send("POST", "/sinners/create", "\"" + "x".repeat(1_100_000) + "\"");

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    }

    @Test
    void aBodyThatIsNotJsonByItsTypeIsRefused() {
        assertThat(system.request("POST", "/api/v1/sinners/create", null, "Content-Type", "text/plain")
                        .statusCode())
                .isEqualTo(415);
    }

    @Test
    void aHeaderCannotStandInForThePath() {
        HttpResponse<String> answer =
                system.get("/sinners/read/14", "key", "17", "table", "saints", "CamelHttpPath", "/nowhere");

        assertThat(answer.body()).startsWith("{\"code\":14,");
        assertThat(answer.headers().map()).doesNotContainKeys("key", "table", "camelhttppath");
    }

    @Test
    void theApiDescribesItself() {
        HttpResponse<String> answer = system.get("/openapi.json");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.headers().firstValue("Cache-Control")).contains("no-cache");
        SwaggerParseResult document = new OpenAPIV3Parser().readContents(answer.body());
        assertThat(document.getMessages()).isEmpty();
        assertThat(document.getOpenAPI().getPaths()).containsKeys("/sinners/create", "/sinners/read/{code}");
        Schema<?> row = document.getOpenAPI().getComponents().getSchemas().get("sinners.row");
        assertThat(row.getProperties())
                .containsOnlyKeys("code", "name", "class", "libram", "tendency", "created_at", "updated_at");
        assertThat(row.getProperties().get("code").getFormat()).isEqualTo("int64");
        assertThat(row.getProperties().get("name").getMaxLength()).isEqualTo(20);
        assertThat(row.getProperties().get("libram").getNullable()).isTrue();
        assertThat(system.send("POST", "/openapi.json", "{}").statusCode()).isEqualTo(405);
    }
}
