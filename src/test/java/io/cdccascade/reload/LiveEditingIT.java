package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Traffic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.camel.Route;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole system on a copy of the shipped routes, edited under load: every response is accounted for. */
class LiveEditingIT {

    private static final String HELLO = """
            - rest:
                path: /hello
                get:
                  - id: get-hello
                    routeId: get-hello
                    to: direct:hello
            - route:
                id: hello
                from:
                  uri: direct:hello
                  steps:
                    - setBody:
                        constant: hello
            """;
    private static final String API = "/api/v1";
    private static final String READY = "/observe/health/ready";
    private static final String READ = "/sinners/read/14";

    @TempDir
    static Path folder;

    private static CascadeSystem system;

    @BeforeAll
    static void startOnACopyOfTheRoutes() throws IOException {
        Path shipped = Path.of("routes");
        try (Stream<Path> files = Files.walk(shipped)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Path copy = folder.resolve(shipped.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(
                "camel.main.routes-include-pattern",
                "file:" + folder + "/beans.camel.yaml,file:" + folder + "/*.camel.yaml");
        settings.put("cascade.tables.files", "file:" + folder + "/tables/*.camel.yaml");
        settings.put("cascade.live.scan-ms", "50");
        settings.put("cascade.live.drain-ms", "1000");
        system = CascadeSystem.start(settings);
        await().atMost(Duration.ofMinutes(1)).until(() -> system.readiness() == 200);
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void noRequestFailsWhileTheReadRouteIsEditedBrokenAndFixed() throws Exception {
        String shipped = read("read");
        Route pages = system.context().getRoute("read-page");
        Route consumer = system.context().getRoute("invalidate-entries");
        try (Traffic traffic = Traffic.of(system, API + READ, API + "/sinners/read?limit=2", READY)) {
            for (int edit = 1; edit <= 10; edit++) {
                String value = "edit-" + edit;
                write("read", withHeader(shipped, value));
                await().until(() -> value.equals(edition(system.get(READ))));
            }

            write("read", withHeader(shipped, "broken").replace("uri: cascade:load", "uri: unheard-of:load"));
            await().until(() -> health().contains("read.camel.yaml:"));
            assertThat(health())
                    .contains("unheard-of")
                    .contains("route read-row")
                    .contains("read.camel.yaml:" + lineOf("read", "unheard-of:"));
            assertThat(system.readiness()).isEqualTo(200);
            assertThat(edition(system.get(READ))).isEqualTo("edit-10");

            write("read", withHeader(shipped, "fixed"));
            await().until(() -> "fixed".equals(edition(system.get(READ))));
            await().until(() -> !health().contains("read.camel.yaml"));

            write("read", shipped);
            await().until(() -> edition(system.get(READ)) == null);
            traffic.awaitMore();
            assertThat(traffic.failures()).isEmpty();
        }
        assertThat(system.context().getRoute("read-page")).isSameAs(pages);
        assertThat(system.context().getRoute("invalidate-entries")).isSameAs(consumer);
    }

    @Test
    void aPathIsServedAsLongAsItsFileIsThere() throws Exception {
        try (Traffic traffic = Traffic.of(system, API + READ, API + "/openapi.json", READY)) {
            Path hello = write("hello", HELLO);
            Path plain = write("plain", """
                    - route:
                        id: plain
                        from:
                          uri: platform-http:/plain
                          steps:
                            - setBody:
                                constant: plain
                    """);
            await().until(() -> system.get("/hello").statusCode() == 200);
            await().until(() -> system.request("GET", "/plain", null).statusCode() == 200);
            assertThat(system.send("POST", "/hello", "{}").statusCode()).isEqualTo(405);

            Files.delete(hello);
            Files.delete(plain);

            await().until(() -> system.get("/hello").statusCode() == 404);
            await().until(() -> system.request("GET", "/plain", null).statusCode() == 404);
            assertThat(system.send("POST", "/hello", "{}").statusCode()).isEqualTo(404);
            traffic.awaitMore();
            assertThat(traffic.failures()).isEmpty();
        }
    }

    @Test
    void theApiItselfAndTheErrorsAreReplacedUnderLoad() throws Exception {
        String api = read("api");
        String errors = read("errors");
        try (Traffic traffic = Traffic.of(system, API + READ, API + "/openapi.json", READY)) {
            write("api", api + HELLO);
            await().until(() -> system.get("/hello").statusCode() == 200);

            write("errors", errors.replace("message: \"Answered ", "message: \"Told "));
            Route before = system.context().getRoute("read-row");
            await().until(() -> system.context().getRoute("read-row") != null
                    && system.context().getRoute("read-row") != before);

            write("errors", errors);
            write("api", api);
            await().until(() -> system.get("/hello").statusCode() == 404);
            traffic.awaitMore();
            assertThat(traffic.failures()).isEmpty();
        }
    }

    @Test
    void noChangeIsLostWhileTheConsumerAndTheCaptureAreReplaced() throws Exception {
        String invalidate = read("invalidate");
        String capture = read("capture");
        try (Traffic traffic = Traffic.of(system, API + READ, API + "/sinners/read/17")) {
            for (int change = 1; change <= 8; change++) {
                if (change == 2) {
                    write("invalidate", invalidate.replace("maxPollRecords: 500", "maxPollRecords: 400"));
                } else if (change == 4) {
                    write("capture", capture.replace("lingerMs: 0", "lingerMs: 1"));
                } else if (change == 6) {
                    write("invalidate", invalidate);
                    write("capture", capture);
                }
                String tendency = "live " + change;
                system.sql(
                        "UPDATE sinners SET tendency = '" + tendency + "' WHERE code = 14",
                        "UPDATE sinners SET tendency = '" + tendency + "' WHERE code = 17");
                for (String path : new String[] {READ, "/sinners/read/17"}) {
                    await().atMost(Duration.ofSeconds(30))
                            .until(() -> system.get(path).body().contains("\"" + tendency + "\""));
                }
            }
            assertThat(traffic.failures()).isEmpty();
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> system.readiness() == 200);
    }

    @Test
    void aRequestThatTakesLongIsNotCutOffAndHoldsUpNobodyForLong() throws Exception {
        String slow = """
                - route:
                    id: slow
                    from:
                      uri: platform-http:/slow
                      steps:
                        - delay:
                            constant: "4000"
                        - setBody:
                            constant: ANSWER
                """;
        Path file = write("slow", slow.replace("ANSWER", "old"));
        await().until(() -> system.context().getRoute("slow") != null);
        CompletableFuture<HttpResponse<String>> request =
                CompletableFuture.supplyAsync(() -> system.request("GET", "/slow", null));
        await().until(() -> system.context().getInflightRepository().size("slow") == 1);

        write("slow", slow.replace("ANSWER", "new").replace("4000", "1"));

        assertThat(system.get(READ).statusCode()).isEqualTo(200);
        assertThat(request.join().statusCode()).isEqualTo(200);
        assertThat(request.join().body()).isEqualTo("old");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> system.request("GET", "/slow", null).body().equals("new"));
        Files.delete(file);
        await().until(() -> system.request("GET", "/slow", null).statusCode() == 404);
    }

    private static String withHeader(String read, String value) {
        String last = "            uri: cascade:answer\n";
        assertThat(read).contains(last);
        return read.replace(last, last + """
                        - setHeader:
                            name: X-Edition
                            expression:
                              constant:
                                expression: %s
                """.formatted(value));
    }

    private static String edition(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Edition").orElse(null);
    }

    private static String health() {
        return system.request("GET", "/observe/health", null).body();
    }

    private static int lineOf(String file, String text) {
        return (int) read(file).substring(0, read(file).indexOf(text)).lines().count();
    }

    private static String read(String name) {
        try {
            return Files.readString(folder.resolve(name + ".camel.yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(String name, String text) {
        try {
            return Files.writeString(folder.resolve(name + ".camel.yaml"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
