package io.cdccascade.table;

import static io.cdccascade.table.TableFiles.PATIENCE;
import static io.cdccascade.table.TableFiles.encode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.support.CascadeSystem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, keys, filters and bodies that would be something else if they were not quoted or bound, on real servers. */
class HostileInputIT {

    private static final String SCHEMA = "s'\\; --";
    private static final String TABLE = "he said (hi'); DROP TABLE victims; -- $$ ? :?x {{y}} ${body} \\";
    private static final List<String> COLUMNS = List.of(
            "a\"b",
            "c;--",
            "d\\",
            "$$",
            "?",
            "::int",
            ":?x",
            ":?in:y",
            "{{z}}",
            "${body}",
            "%s",
            "'",
            "r",
            "p",
            "v",
            "c",
            "q",
            "key",
            "row",
            "place",
            "select",
            "limit",
            "\uD83D\uDE00",
            " e ");
    private static final List<String> BITS = List.of(
            "'",
            "\"",
            ";",
            "--",
            "/*",
            "\\",
            "$$",
            "?",
            ":?x",
            "::int",
            "{{x}}",
            "${body}",
            "\0",
            "%",
            "%00",
            "%zz",
            "%2",
            "%c0%af",
            "%F0%9F",
            "+",
            ",",
            ".",
            "..",
            "/",
            "{",
            "}",
            "[",
            "]",
            "null",
            "1",
            "-1",
            "9".repeat(40),
            "1e999",
            "kept",
            "' OR 1=1 --",
            "'; DROP TABLE victims; --",
            "\") FROM victims; --",
            "\ud800",
            "\uD83D\uDE00",
            "&",
            "=",
            "#",
            "\t",
            "(SELECT 1)",
            "pg_sleep(10)",
            "'::regclass",
            "*",
            "x".repeat(3000),
            "__debezium_unavailable_value",
            "\u202e",
            "#{bean}",
            "$simple{body}");

    private static CascadeSystem system;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start();
        TableFiles files = new TableFiles(system);
        String columns = COLUMNS.stream()
                .map(column -> TableName.Names.quote(column) + " text")
                .collect(Collectors.joining(", "));
        String table = new TableName(SCHEMA, TABLE).quoted();
        system.sql(
                "CREATE TABLE victims (id int PRIMARY KEY, name text)",
                "INSERT INTO victims VALUES (1, 'safe')",
                "CREATE SCHEMA " + TableName.Names.quote(SCHEMA),
                "CREATE TABLE " + table + " (\"i'd?\" text, \"n\"\"r\" int, " + columns
                        + ", PRIMARY KEY (\"i'd?\", \"n\"\"r\"))",
                "ALTER TABLE " + table + " REPLICA IDENTITY FULL",
                "INSERT INTO " + table + " (\"i'd?\", \"n\"\"r\", \"'\") VALUES ('kept', 1, 'kept')");
        files.put("victims", "table", "victims", "lists", "name");
        String names = COLUMNS.stream()
                .filter(column -> !List.of("key", "limit").contains(column))
                .map(column -> '"' + column.replace("\"", "\"\"") + '"')
                .collect(Collectors.joining(","));
        // Past YAML, in which Camel would look for the setting that {{y}} names.
        CachedTable hostile = new CachedTable();
        hostile.setTable(new TableName(SCHEMA, TABLE).id());
        hostile.setPath("hostile");
        hostile.setLists(names);
        system.context().getRegistry().bind("hostile", hostile);
        CachedTable some = new CachedTable();
        some.setTable(new TableName(SCHEMA, TABLE).id());
        some.setPath("some ' \" %");
        some.setColumns(names);
        system.context().getRegistry().bind("some", some);
        files.awaitServed("victims", "hostile", "some ' \" %");
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void aRowOfHostileNamesAndValuesIsARowLikeOthers() throws Exception {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("i'd?", "'; DROP TABLE victims; -- ,%");
        row.put("n\"r", 1);
        COLUMNS.forEach(column -> row.put(column, column + "'; \" -- $$ ? \\"));
        String json = new JsonMapper().writeValueAsString(row);
        String key = encode("'; DROP TABLE victims; -- ,%") + ",1";

        assertThat(system.send("POST", "/hostile/create", json).body()).isEqualTo(json);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(CascadeSystem.cacheStatus(system.get("/hostile/read/" + key)))
                        .isEqualTo("hit"));
        assertThat(system.get("/hostile/read/" + key).body()).isEqualTo(json);
        assertThat(system.get("/" + encode("some ' \" %") + "/read/" + key).statusCode())
                .isEqualTo(200);
        assertThat(system.get("/hostile/read?key=" + key).body()).isEqualTo("[" + json + "]");
        for (String column : COLUMNS.stream()
                .filter(name -> !List.of("key", "limit").contains(name))
                .toList()) {
            assertThat(system.get("/hostile/read?" + encode(column) + "=" + encode((String) row.get(column)))
                            .body())
                    .isEqualTo("[" + json + "]");
        }
        assertThat(system.send("PUT", "/hostile/update/" + key, "{\"c;--\": \"'--\"}")
                        .statusCode())
                .isEqualTo(200);
        system.sql("UPDATE " + new TableName(SCHEMA, TABLE).quoted() + " SET \"c;--\" = 'x' WHERE \"i'd?\" <> 'kept'");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(system.get("/hostile/read/" + key).body()).contains("\"c;--\":\"x\""));
        assertThat(system.send("DELETE", "/hostile/delete/" + key, null).statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverIsSentNothingBreaksAndNothingElseIsTouched(long seed) throws Exception {
        Random random = new Random(seed);
        String before = everything();
        Set<Integer> statuses = new TreeSet<>();

        for (int i = 0; i < 200; i++) {
            String request = request(random);
            int status = status(request);
            assertThat(status).as(request).isLessThan(500);
            statuses.add(status);
        }

        assertThat(statuses).as("every kind of answer is among them").contains(200, 201, 400, 404, 422);
        assertThat(everything()).isEqualTo(before);
        assertThat(system.get("/victims/read/1").body()).isEqualTo("{\"id\":1,\"name\":\"safe\"}");
    }

    private static String request(Random random) {
        String method = pick(random, List.of("GET", "GET", "GET", "POST", "PUT", "DELETE", "PATCH"));
        String operation = switch (method) {
            case "POST" -> "create";
            case "PUT" -> "update/" + key(random);
            case "DELETE" -> "delete/" + key(random);
            default -> random.nextBoolean() ? "read/" + key(random) : "read?" + query(random);
        };
        String table = pick(random, List.of("hostile", "hostile", "some%20'%20%22%20%25", "sinners", raw(random)));
        String path = "/api/v1/" + table + "/" + operation;
        String body = method.startsWith("P") ? body(random) : "";
        return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + body.getBytes(StandardCharsets.UTF_8).length
                + "\r\n\r\n" + body;
    }

    /** A key that is never that of the row which has to stay as it is: its number is another. */
    private static String key(Random random) {
        return raw(random) + pick(random, List.of("", ",", ",0", ",x", ",0,0"));
    }

    private static String query(Random random) {
        if (random.nextBoolean()) {
            return encode(pick(random, COLUMNS)) + "=" + encode(junk(random));
        }
        return IntStream.rangeClosed(0, random.nextInt(3))
                .mapToObj(i -> pick(
                                random,
                                List.of("limit", "after", "key", "name", raw(random), encode(pick(random, COLUMNS))))
                        + "=" + key(random))
                .collect(Collectors.joining("&"));
    }

    private static String body(Random random) {
        String fields = IntStream.rangeClosed(0, random.nextInt(4))
                .mapToObj(i -> {
                    String name = random.nextInt(3) == 0 ? junk(random) : pick(random, COLUMNS);
                    return quote(name) + ":"
                            + (random.nextInt(4) == 0 ? junk(random).replace("\0", "") : quote(junk(random)));
                })
                .collect(Collectors.joining(","));
        String key = random.nextBoolean()
                ? ""
                : "\"i'd?\":" + quote(junk(random).replaceAll("[\0\ud800]", "")) + ",\"n\\\"r\":0,";
        return random.nextInt(10) == 0 ? junk(random) : "{" + key + fields + "}";
    }

    private static String quote(String text) {
        return '"'
                + text.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\0", "\\u0000")
                        .replace("\t", "\\t")
                        .replace("\ud800", "\\ud800")
                + '"';
    }

    /** Junk as it may stand in a request line: percent-encoded, or not where that is not needed. */
    private static String raw(Random random) {
        String junk = junk(random);
        return random.nextInt(3) == 0 ? junk.replaceAll("[^!$-~]", "") : encode(junk);
    }

    private static String junk(Random random) {
        return IntStream.rangeClosed(0, random.nextInt(3))
                .mapToObj(i -> pick(random, BITS))
                .collect(Collectors.joining());
    }

    private static <T> T pick(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** The status of the answer to a request that a proper client would not send. */
    private static int status(String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(system.setting("cascade.api.port")))) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).as(request).startsWith("HTTP/1.1 ");
            return Integer.parseInt(answer.substring(9, 12));
        }
    }

    /** Every table's name and columns, and every row that no request may have changed. */
    private static String everything() throws Exception {
        List<String> found = new ArrayList<>();
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement()) {
            for (String sql : List.of(
                    "SELECT attrelid::regclass || '.' || attname FROM pg_attribute a "
                            + "JOIN pg_class c ON c.oid = attrelid WHERE relkind IN ('r', 'v') AND attnum > 0 ORDER BY 1",
                    "SELECT v::text FROM victims v ORDER BY id",
                    "SELECT s::text FROM sinners s ORDER BY code",
                    "SELECT t::text FROM " + new TableName(SCHEMA, TABLE).quoted()
                            + " t WHERE \"i'd?\" = 'kept' AND \"n\"\"r\" = 1")) {
                try (ResultSet rows = statement.executeQuery(sql)) {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                }
            }
        }
        return String.join("\n", found);
    }
}
