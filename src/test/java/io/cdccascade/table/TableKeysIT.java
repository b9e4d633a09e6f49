package io.cdccascade.table;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static io.cdccascade.table.TableFiles.PATIENCE;
import static io.cdccascade.table.TableFiles.encode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.TextNode;
import io.cdccascade.support.CascadeSystem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys of any kind, on real servers: requests, statements and change events have to mean the same entry. */
class TableKeysIT {

    private static final String[] TYPES = {
        "smallint",
        "bigint",
        "text",
        "varchar(5)",
        "char(5)",
        "uuid",
        "date",
        "timestamp",
        "timestamp(3)",
        "timestamptz",
        "numeric",
        "numeric(10,2)",
        "boolean",
        "mood",
        "word",
        "words",
        "feeling",
        "instant",
        "instants"
    };

    private static CascadeSystem system;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "200"));
        TableFiles files = new TableFiles(system);
        system.sql(
                "CREATE TYPE mood AS ENUM ('sad', 'it''s, \"ok\"')",
                "CREATE DOMAIN word AS text CHECK (VALUE <> 'x')",
                "CREATE DOMAIN words AS word",
                "CREATE DOMAIN feeling AS mood",
                "CREATE DOMAIN instant AS timestamp(3)",
                "CREATE DOMAIN instants AS instant",
                "CREATE SCHEMA \"Sales Dept\"");
        for (String type : TYPES) {
            String name = name(type);
            system.sql("CREATE TABLE " + name + " (id " + type + " PRIMARY KEY, note text)");
            files.put(name, "table", name);
        }
        system.sql(
                "CREATE TABLE lines (order_id bigint, line int, note text, PRIMARY KEY (order_id, line))",
                "CREATE TABLE places (day date, town text, street text, note text, PRIMARY KEY (town, street, day))",
                "CREATE TABLE people (id int PRIMARY KEY, mail text NOT NULL UNIQUE, note text)",
                "CREATE TABLE \"Sales Dept\".\"Order Items.dlq\" (\"The Key\" int, \"a.b,c\" text, note text, "
                        + "r text, PRIMARY KEY (\"The Key\", \"a.b,c\"))");
        files.put("lines", "table", "lines");
        files.put("places", "table", "places");
        files.put("people", "table", "people", "key", "mail");
        files.put("odd", "table", "Sales Dept.\"Order Items.dlq\"");
        files.awaitServed(Stream.of(TYPES).map(TableKeysIT::name).toArray(String[]::new));
        files.awaitServed("lines", "places", "people", "Order Items.dlq");
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void anEntryIsTheSameForEveryWayToWriteItsKey() throws Exception {
        live("""
            smallint      | -32768                           | -32768
            bigint        | 9223372036854775807              | 9223372036854775807
            bigint        | 7                                | 007
            varchar(5)    | "abcde"                          | abcde
            char(5)       | "ab"                             | ab
            char(5)       | "cd"                             | cd%20
            uuid          | "0f14d0ab-9605-4a62-a9e4-5ed26688389b" | 0F14D0AB-9605-4A62-A9E4-5ED26688389B
            date          | "2022-01-31"                     | 2022-01-31
            date          | "0044-03-15"                     | 0044-03-15
            timestamp     | "2022-01-31T12:30:00.123456"     | 2022-01-31%2012:30:00.123456
            timestamp     | "1969-12-31 23:59:59.999999"     | 1969-12-31T23:59:59.999999
            timestamp     | "2022-01-31 12:30:00"            | 2022-01-31T12:30
            timestamp(3)  | "2022-01-31T12:30:00.120"        | 2022-01-31T12:30:00.12
            timestamptz   | "2022-01-31T12:30:00.5+02:00"    | 2022-01-31T10:30:00.5Z
            timestamptz   | "1850-01-31T12:30:00Z"           | 1850-01-31T13:30:00+01:00
            date          | "0044-03-15 BC"                  | 0044-03-15%20BC
            date          | "10000-01-01"                    | 10000-01-01
            date          | "infinity"                       | infinity
            date          | "-infinity"                      | -infinity
            timestamp     | "0044-03-15T12:30:00 BC"         | 0044-03-15%2012:30:00%20BC
            timestamp     | "10000-01-01T12:30:00.5"         | 10000-01-01T12:30:00.5
            timestamp     | "infinity"                       | infinity
            timestamp     | "-infinity"                      | -infinity
            timestamp(3)  | "infinity"                       | infinity
            timestamptz   | "0044-03-15T12:30:00Z BC"        | 0044-03-15T13:30:00+01:00%20BC
            timestamptz   | "10000-01-01T12:30:00Z"          | 10000-01-01T12:30:00Z
            timestamptz   | "infinity"                       | infinity
            timestamptz   | "-infinity"                      | -infinity
            numeric       | "NaN"                            | NaN
            numeric       | "Infinity"                       | Infinity
            numeric       | "-Infinity"                      | -Infinity
            numeric(10,2) | "NaN"                            | NaN
            numeric       | 123456789012345678901234567890.10 | 123456789012345678901234567890.1
            numeric       | -0.0                             | 0
            numeric(10,2) | 1.0                              | 1
            boolean       | true                             | true
            mood          | "sad"                            | sad
            mood          | "it's, \\"ok\\""                 | it's,%20%22ok%22
            word          | "any"                            | any
            words         | "any"                            | any
            feeling       | "sad"                            | sad
                """.lines().map(line -> line.strip().split(" *\\| *", -1)).map(kind -> new Row(
                name(kind[0]),
                name(kind[0]),
                "{\"id\": " + kind[1] + ", \"note\": \"one\"}",
                kind[2],
                // SQL compares enums, and no domains over them.
                (kind[0].equals("feeling") ? "id::mood" : "id") + " = '"
                        + kind[1].replaceAll("^\"|\"$", "")
                                .replace("\\\"", "\"")
                                .replace("'", "''") + "'")).toList());
    }

    @Test
    void aTextIsAKeyWhateverItContains() throws Exception {
        live(Stream.of(
                        "a/b",
                        "/",
                        "100%",
                        "%2F",
                        "%",
                        "two words",
                        " ",
                        "\uD83D\uDE00 \u00FC",
                        "it's \"quoted\"",
                        "a,b",
                        "a+b",
                        "a\\b",
                        "a;b?c=d&e#f",
                        ":?x",
                        "$$",
                        "{x}",
                        "null",
                        "...",
                        "a\nb",
                        "a \n",
                        "a:b:fence",
                        "${body}",
                        "x".repeat(2000))
                .map(text -> new Row(
                        "k_text",
                        "k_text",
                        "{\"id\": " + TextNode.valueOf(text) + ", \"note\": \"one\"}",
                        encode(text),
                        "id = '" + text.replace("'", "''") + "'"))
                .toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {"~~", ".", ".."})
    void aTextThatNoPathCanEndWithIsReadAsAParameter(String text) throws Exception {
        system.sql("INSERT INTO k_text VALUES ('" + text + "', 'one')");
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = system.get("/k_text/read?key=" + text);
            assertThat(answer.body()).isEqualTo("[{\"id\":\"" + text + "\",\"note\":\"one\"}]");
            assertThat(cacheStatus(answer)).isEqualTo("hit");
        });

        system.sql("UPDATE k_text SET note = 'two' WHERE id = '" + text + "'");

        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(system.get("/k_text/read?id=" + text).body())
                                .isEqualTo("[{\"id\":\"" + text + "\",\"note\":\"two\"}]"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"k_instant", "k_instants"})
    void aDomainWhosePrecisionEventsHideIsAKeyAllTheSame(String table) throws Exception {
        system.sql("INSERT INTO " + table + " VALUES ('2022-01-31T12:30:00.12', 'one')");
        Row row = new Row(table, table, null, "2022-01-31T12:30:00.12", null);
        String body = "{\"id\":\"2022-01-31T12:30:00.12\",\"note\":\"one\"}";
        awaitHit(row, 200, body);

        system.sql("UPDATE " + table + " SET note = 'two'");

        awaitHit(row, 200, body.replace("one", "two"));
    }

    @Test
    void aKeyOfTwoColumnsIsWrittenWithACommaBetween() throws Exception {
        live(List.of(new Row(
                "lines",
                "lines",
                "{\"order_id\": 7, \"line\": 2, \"note\": \"one\"}",
                "7,2",
                "order_id = 7 AND line = 2")));
    }

    @Test
    void aCommaInAValueOfAKeyOfSeveralColumnsIsPercentEncoded() throws Exception {
        live(List.of(
                new Row(
                        "places",
                        "places",
                        "{\"town\": \"x,y\", \"street\": \"100%\", \"day\": \"2022-01-31\", \"note\": \"one\"}",
                        "x%2Cy,100%25,2022-01-31",
                        "town = 'x,y'"),
                new Row(
                        "places",
                        "places",
                        "{\"town\": \"\", \"street\": \"a/b\", \"day\": \"2022-01-31\", \"note\": \"one\"}",
                        ",a%2Fb,2022-01-31",
                        "town = ''")));
    }

    @Test
    void anotherUniqueKeyThanThePrimaryKeyIsFollowedToo() throws Exception {
        live(List.of(new Row(
                "people",
                "people",
                "{\"id\": 1, \"mail\": \"a@example.com\", \"note\": \"one\"}",
                "a@example.com",
                "id = 1")));
        system.sql("INSERT INTO people VALUES (2, 'a@example.com')");
        awaitHit(new Row("people", "people", null, "a@example.com", null), 200, null);

        system.sql("UPDATE people SET mail = 'b@example.com' WHERE id = 2");

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                system.get("/people/read/a@example.com").statusCode())
                        .isEqualTo(404));
    }

    @Test
    void namesThatNeedQuotesAreNamesLikeOthers() throws Exception {
        live(List.of(new Row(
                "\"Sales Dept\".\"Order Items.dlq\"",
                encode("Order Items.dlq"),
                "{\"The Key\": 7, \"a.b,c\": \"x,y\", \"r\": \"row\", \"note\": \"one\"}",
                "7,x%2Cy",
                "\"The Key\" = 7")));
    }

    @ParameterizedTest
    @CsvSource({
        "varchar(5), abcdef, 404",
        "char(5), abcdef, 404",
        "bigint, 1.5, 400",
        "bigint, 9223372036854775808, 400",
        "uuid, 0f14d0ab, 400",
        "date, 2022-02-30, 400",
        "timestamptz, 2022-01-31T12:30, 400",
        "boolean, yes, 400",
        "mood, glad, 400",
        "numeric, 1e5, 400",
        "text, %FF, 400",
        "text, %00, 400",
        "date, 0044-02-30%20BC, 400",
        "date, 0000-01-01, 404"
    })
    void whatIsNoKeyOfTheTableFindsNothing(String type, String key, int status) throws Exception {
        system.sql(
                "INSERT INTO k_varchar_5 VALUES ('abcde', 'x') ON CONFLICT DO NOTHING",
                "INSERT INTO k_char_5 VALUES ('abcde', 'x') ON CONFLICT DO NOTHING");

        assertThat(system.get("/" + name(type) + "/read/" + key).statusCode()).isEqualTo(status);
        assertThat(system.get("/" + name(type) + "/read/" + key).statusCode()).isEqualTo(status);
    }

    /**
     * A row that tests make, change and delete.
     *
     * @param table its table as SQL names it
     * @param path  the path of its table
     * @param json  what it is created from
     * @param key   its key as a path has it
     * @param where the condition that finds it
     */
    private record Row(String table, String path, String json, String key, String where) {

        String url() {
            return "/" + path + "/read/" + key;
        }
    }

    /** Rows from their creation by the API to their return by SQL, with every change made behind the API's back. */
    private static void live(List<Row> rows) throws Exception {
        Map<Row, String> created = new LinkedHashMap<>();
        double forgotten = forgotten(rows);
        for (Row row : rows) {
            assertThat(system.get(row.url()).statusCode()).as(row.url()).isEqualTo(404);
            HttpResponse<String> answer = system.send("POST", "/" + row.path() + "/create", row.json());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
            created.put(row, answer.body());
        }
        created.forEach((row, body) -> awaitHit(row, 200, body));

        system.sql(rows.stream()
                .map(row -> "UPDATE " + row.table() + " SET note = 'two' WHERE " + row.where())
                .toArray(String[]::new));
        created.forEach((row, body) -> awaitHit(row, 200, body.replace("\"note\":\"one\"", "\"note\":\"two\"")));

        created.forEach((row, body) -> {
            String url = "/" + row.path() + "/update/" + row.key();
            assertThat(system.send("PUT", url, "{\"note\": \"one\"}").body())
                    .as(url)
                    .isEqualTo(body);
            assertThat(system.get(row.url()).body()).isEqualTo(body);
        });
        created.forEach((row, body) -> awaitHit(row, 200, body));

        List<String> away = new ArrayList<>();
        List<String> back = new ArrayList<>();
        for (Row row : rows) {
            String kept = "kept_" + back.size();
            away.add("CREATE TABLE " + kept + " AS SELECT * FROM " + row.table() + " WHERE " + row.where());
            away.add("DELETE FROM " + row.table() + " WHERE " + row.where());
            back.add("INSERT INTO " + row.table() + " SELECT * FROM " + kept);
            back.add("DROP TABLE " + kept);
        }
        system.sql(away.toArray(String[]::new));
        rows.forEach(row -> awaitHit(row, 404, null));

        system.sql(back.toArray(String[]::new));
        created.forEach((row, body) -> awaitHit(row, 200, body));
        assertThat(forgotten(rows))
                .as("forgotten because a key in an event was not understood")
                .isEqualTo(forgotten);

        created.forEach((row, body) -> {
            String url = "/" + row.path() + "/delete/" + row.key();
            assertThat(system.send("DELETE", url, null).body()).as(url).isEqualTo(body);
            assertThat(system.get(row.url()).statusCode()).isEqualTo(404);
        });
    }

    private static void awaitHit(Row row, int status, String body) {
        await().atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> {
                    HttpResponse<String> answer = system.get(row.url());
                    assertThat(answer.statusCode()).as(row.url()).isEqualTo(status);
                    assertThat(cacheStatus(answer)).as(row.url()).isEqualTo("hit");
                    if (body != null) {
                        assertThat(answer.body()).isEqualTo(body);
                    }
                });
    }

    /** How often these rows' tables were forgotten, but for the one whose events do not hold the key that is used. */
    private static double forgotten(List<Row> rows) {
        Set<String> tables = rows.stream().map(row -> "public." + row.path()).collect(Collectors.toSet());
        tables.remove("public.people");
        return system
                .bean("metricsRegistry", MeterRegistry.class)
                .find("cascade.cache.invalidations")
                .tag("result", "forgotten")
                .counters()
                .stream()
                .filter(counter -> tables.contains(counter.getId().getTag("table")))
                .mapToDouble(Counter::count)
                .sum();
    }

    private static String name(String type) {
        return "k_" + type.replaceAll("[^a-z0-9]+", "_").replaceAll("_$", "");
    }
}
