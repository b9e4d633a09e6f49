package io.cdccascade.invalidation;

import static io.cdccascade.table.TableFiles.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Topics;
import io.cdccascade.table.Column;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableFiles;
import io.cdccascade.table.TableRegistry;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every type that PostgreSQL ships, alone and inside domains, arrays and composites: two values that SQL prints
 * differently never count as the same value when they come back in change events. Real values, real events: each value
 * is written to a row, and what the events say of it is compared pair by pair.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ValueTypesIT {

    /** How a type is used in a column. */
    private enum Form {
        PLAIN("%2$s", "CAST(? AS %2$s)"),
        DOMAIN("CREATE DOMAIN domain_%1$d AS %2$s", "domain_%1$d", "CAST(? AS domain_%1$d)"),
        NESTED("CREATE DOMAIN nested_%1$d AS domain_%1$d", "nested_%1$d", "CAST(? AS nested_%1$d)"),
        ARRAY("%2$s[]", "CAST(ARRAY[?]::text[] AS %2$s[])"),
        COMPOSITE("CREATE TYPE composite_%1$d AS (v %2$s)", "composite_%1$d", "ROW(CAST(? AS %2$s))::composite_%1$d"),
        COMPOSITES("composite_%1$d[]", "ARRAY[ROW(CAST(? AS %2$s))::composite_%1$d]");

        private final String create;
        private final String type;
        private final String value;

        Form(String type, String value) {
            this("", type, value);
        }

        Form(String create, String type, String value) {
            this.create = create;
            this.type = type;
            this.value = value;
        }

        /** The types that count as known in this form. */
        Set<String> exact() {
            return switch (this) {
                case PLAIN, DOMAIN, NESTED -> EXACT;
                default -> Set.of();
            };
        }

        String table() {
            return "types_" + name().toLowerCase();
        }
    }

    /** A type as SQL names it, its number in the names that the test gives, and the literals that it can read. */
    private record Type(int number, String name, List<String> literals) {}

    /** One value of a column as it was written: what SQL prints, and what its event says. */
    private record Value(String printed, JsonNode row) {}

    /** Types that no text can be read as: only PostgreSQL itself makes their values. */
    private static final Set<String> WITHOUT_VALUES = Set.of("pg_catalog.gtsvector");

    /** The types of which two equal values do count as the same; they must, or the test would prove nothing. */
    private static final Set<String> EXACT = Set.of(
            "bool", "bpchar", "bytea", "date", "enum", "int2", "int4", "int8", "json", "jsonb", "text", "uuid",
            "varchar");

    /** Literals of all sorts. Each type takes those that it can read, so that every type has several. */
    private static final List<String> LITERALS = List.of(
            "0",
            "1",
            "-1",
            "2",
            "32767",
            "2147483647",
            "9007199254740993",
            "9007199254740992",
            "4294967297",
            "0.1",
            "0.10",
            "1.0",
            "1.00",
            "0.3",
            "0.30000000000000004",
            "1e300",
            "1e-300",
            "-0",
            "NaN",
            "Infinity",
            "-Infinity",
            "16777217",
            "16777216",
            "$1.00",
            "$1.01",
            "t",
            "f",
            "a",
            "A",
            "a ",
            "a  ",
            "b",
            "ab",
            "",
            " ",
            "\\x00",
            "\\x61",
            "null",
            "\u00e9",
            "e\u0301",
            "2020-01-01",
            "2020-01-02",
            "0001-01-01 BC",
            "0044-03-15 BC",
            "0044-03-15",
            "10000-01-01",
            "5874897-12-31",
            "infinity",
            "-infinity",
            "1582-10-10",
            "1582-10-15",
            "2020-01-01 00:00:00.000001",
            "2020-01-01 00:00:00.000002",
            "2020-01-01 00:00:00.0001",
            "2020-01-01 12:00:00+01",
            "2020-01-01 11:00:00+00",
            "294276-12-31 23:59:59.999999",
            "294276-12-31 23:59:59.999998",
            "4713-01-01 00:00:00 BC",
            "00:00:00",
            "24:00:00",
            "12:00:00.000001",
            "12:00:00.000002",
            "12:00:00+01",
            "11:00:00+00",
            "12:00:00.000001+15:59",
            "1 day",
            "24 hours",
            "30 days",
            "1 mon",
            "-1 day",
            "1 year",
            "365 days 06:00:00",
            "00:00:00.000001",
            "B0",
            "B1",
            "10",
            "010",
            "000000001",
            "100000000",
            "0000000010",
            "101",
            "{\"a\":1}",
            "{\"a\": 1}",
            "{\"a\":1,\"a\":1}",
            "{\"a\":1.0}",
            "[1]",
            "[1, 2]",
            "$.a",
            "$.\"b\"",
            "10.0.0.1",
            "10.0.0.1/32",
            "10.0.0.0/8",
            "::1",
            "::ffff:10.0.0.1",
            "08:00:2b:01:02:03",
            "08:00:2b:01:02:04",
            "08:00:2b:01:02:03:04:05",
            "08:00:2b:01:02:03:04:06",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12",
            "<a/>",
            "<a></a>",
            "(0,0)",
            "(0,1)",
            "(0,0.30000000000000004)",
            "(0,0.3)",
            "[(0,0),(1,1)]",
            "[(0,0),(1,2)]",
            "(1,1),(0,0)",
            "(1,2),(0,0)",
            "((0,0),(1,1))",
            "((0,0),(1,2))",
            "<(0,0),1>",
            "<(0,0),2>",
            "{1,2,3}",
            "{1,2,4}",
            "0/1",
            "16/B374D848",
            "10:20:10,14,15",
            "10:20:10,15",
            "fat & rat",
            "fat | rat",
            "a:1",
            "a:2",
            "1 2",
            "pg_class",
            "pg_type",
            "int4",
            "admin",
            "YES",
            "NO",
            "pg_monitor",
            "english",
            "simple",
            "now",
            "pi",
            "lower(text)",
            "upper(text)",
            "*(integer,integer)",
            "+(integer,integer)",
            "!!",
            "||/",
            "pg_catalog",
            "public",
            "default",
            "C",
            "=r/admin",
            "=w/admin",
            "[1,2)",
            "[1,3)",
            "empty",
            "(,)",
            "[1.0,2)",
            "{[1,2)}",
            "{[1,3)}",
            "{}",
            "{[1.0,2)}",
            "[2020-01-01,2020-01-02)",
            "[2020-01-01,2020-01-03)",
            "{[2020-01-01,2020-01-02)}",
            "{[2020-01-01,2020-01-03)}",
            "[\"2020-01-01 00:00:00\",\"2020-01-01 00:00:00.000001\")",
            "{[\"2020-01-01 00:00:00\",\"2020-01-01 00:00:00.000001\")}",
            "a=>1",
            "a=>2",
            "a=>NULL",
            "a.b",
            "a.*",
            "(1,2,3)",
            "1 .. 2");

    /** Types with a modifier, which round or pad, and an enum. */
    private static final List<String> WITH_MODIFIER = List.of(
            "mood",
            "bit(9)",
            "bit varying(9)",
            "char(5)",
            "varchar(5)",
            "numeric(20,2)",
            "numeric(20,-2)",
            "time(3)",
            "timetz(3)",
            "timestamp(3)",
            "timestamptz(3)",
            "interval year to month",
            "interval second(3)");

    /** Of the stand-ins, which read any text. */
    private static final List<String> LITERALS_OF_STAND_INS = List.of(
            "",
            "a",
            "[1,2,3]",
            "[1,2,3.5]",
            "{1:1}/5",
            "POINT(1 2)",
            "0101000020E6100000000000000000F03F0000000000000040",
            "0101000020E6100000000000000000F03F0000000000000840");

    private static final List<String> EXTENSIONS = List.of("citext", "hstore", "ltree", "cube", "seg");

    private static final List<String> OF_EXTENSIONS =
            List.of("citext", "hstore", "ltree", "lquery", "ltxtquery", "cube", "seg");

    /** PostGIS and pgvector are not in the embedded PostgreSQL, and Debezium knows their types by these names. */
    private static final List<String> STAND_INS = List.of("geometry", "geography", "vector", "halfvec", "sparsevec");

    private static CascadeSystem system;
    private static Connection connection;
    private static List<Type> types;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "500"));
        connection = system.servers().postgres().connect();
        system.sql("CREATE FUNCTION reads(text, type text) RETURNS boolean LANGUAGE plpgsql AS $$"
                + " BEGIN EXECUTE 'SELECT CAST($1 AS ' || type || ')' USING $1; RETURN true;"
                + " EXCEPTION WHEN OTHERS THEN RETURN false; END $$");
        system.sql("CREATE TYPE mood AS ENUM ('', 'a', 'A', 'a ')");
        for (String extension : EXTENSIONS) {
            system.sql("CREATE EXTENSION " + extension);
        }
        for (String type : STAND_INS) {
            system.sql(
                    "CREATE TYPE " + type,
                    "CREATE FUNCTION " + type + "_in(cstring) RETURNS " + type
                            + " LANGUAGE internal IMMUTABLE STRICT AS 'textin'",
                    "CREATE FUNCTION " + type + "_out(" + type
                            + ") RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'",
                    "CREATE TYPE " + type + " (INPUT = " + type + "_in, OUTPUT = " + type + "_out, LIKE = text)");
        }
        // Debezium reads all types of the database when it starts; before 3.7 these two were its end.
        system.sql("CREATE DOMAIN moods AS mood", "CREATE TYPE unused AS ENUM ()");
        system.context().getRouteController().stopRoute("capture");
        system.context().getRouteController().startRoute("capture");
        types = types();
    }

    @AfterAll
    static void stop() throws SQLException {
        connection.close();
        system.close();
    }

    /** All types that can be a column's: base types, enums, domains, ranges and multiranges; arrays are a form of use. */
    private static List<Type> types() throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT quote_ident(n.nspname) || '.' || quote_ident(t.typname)"
                        + " FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
                        + " WHERE t.typtype IN ('b', 'd', 'e', 'm', 'r') AND t.oid < 16384 AND t.typarray <> 0"
                        + " AND t.typsubscript <> 'array_subscript_handler'::regproc ORDER BY t.oid")) {
            while (row.next()) {
                names.add(row.getString(1));
            }
        }
        names.addAll(WITH_MODIFIER);
        names.addAll(OF_EXTENSIONS);
        names.addAll(STAND_INS);
        List<Type> found = new ArrayList<>();
        for (String name : names) {
            found.add(new Type(found.size(), name, literals(name)));
        }
        return found;
    }

    @Test
    void everyTypeHasAtLeastTwoValues() {
        Set<String> without = new TreeSet<>();
        for (Type type : types) {
            if (type.literals().size() < 2) {
                without.add(type.name());
            }
        }

        assertThat(without).isEqualTo(WITHOUT_VALUES);
    }

    private static List<String> literals(String type) throws SQLException {
        if (STAND_INS.contains(type)) {
            return LITERALS_OF_STAND_INS;
        }
        List<String> readable = new ArrayList<>();
        try (PreparedStatement valid = connection.prepareStatement(
                "SELECT v FROM unnest(?::text[]) WITH ORDINALITY u (v, n) WHERE reads(v, ?) ORDER BY n")) {
            valid.setArray(1, connection.createArrayOf("text", LITERALS.toArray()));
            valid.setString(2, type);
            try (ResultSet row = valid.executeQuery()) {
                while (row.next()) {
                    readable.add(row.getString(1));
                }
            }
        }
        return readable;
    }

    @ParameterizedTest
    @EnumSource
    void twoValuesThatSqlPrintsDifferentlyAreNeverTheSame(Form form) throws Exception {
        ServedTable served = serve(form);
        Map<String, List<Value>> values = write(form);

        List<String> confused = new ArrayList<>();
        Set<String> toldApart = new TreeSet<>();
        values.forEach((name, all) -> {
            Column column = served.column(name).orElseThrow();
            for (Value before : all) {
                for (Value after : all) {
                    boolean same = TouchedEntries.unchanged(served, column, update(before, after));
                    if (same && !before.printed().equals(after.printed())) {
                        confused.add(column.type() + ": " + before.printed() + " and " + after.printed());
                    } else if (same) {
                        toldApart.add(column.category() == 'E' ? "enum" : column.base());
                    }
                }
            }
        });

        assertThat(confused).isEmpty();
        assertThat(toldApart).isEqualTo(form.exact());
    }

    /** A snapshot reads values in another way than the log. */
    @Test
    @Order(Integer.MAX_VALUE)
    void aSnapshotWithAValueOfEachTypeStopsNobodyAndEachIsAnsweredAsSqlPrintsIt() throws Exception {
        for (Form form : Form.values()) {
            for (Type type : types) {
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + form.table() + " (id, n, c"
                        + type.number() + ") SELECT 1000 * (? + 1) + n, -1, "
                        + form.value.formatted(type.number(), type.name()).replace("?", "v")
                        + " FROM unnest(?::text[]) WITH ORDINALITY u (v, n)")) {
                    insert.setInt(1, type.number());
                    insert.setArray(
                            2, connection.createArrayOf("text", type.literals().toArray()));
                    insert.executeUpdate();
                }
            }
        }
        system.context().getRouteController().stopRoute("capture");
        system.sql(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'cdc_cascade'");
        system.context().getRouteController().startRoute("capture");

        system.sql("UPDATE sinners SET tendency = 'after the snapshot' WHERE code = 14");

        try (Topics topics = system.topics()) {
            await().atMost(PATIENCE)
                    .until(() -> topics.records("cascade.public.sinners").stream()
                            .anyMatch(record -> String.valueOf(record.value()).contains("after the snapshot")));
        }
        for (Form form : Form.values()) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT id, to_json(t.*)::text FROM " + form.table() + " t WHERE id % 1000 IN (1, 2)")) {
                while (row.next()) {
                    assertThat(system.get("/" + form.table() + "/read/" + row.getInt(1))
                                    .body())
                            .isEqualTo(row.getString(2));
                }
            }
        }
    }

    private static ChangeEvent.Row update(Value before, Value after) {
        return new ChangeEvent.Row(null, 'u', null, before.row(), before.row(), after.row());
    }

    private static ServedTable serve(Form form) throws Exception {
        List<String> columns = new ArrayList<>();
        for (Type type : types) {
            if (!form.create.isEmpty()) {
                system.sql(form.create.formatted(type.number(), type.name()));
            }
            columns.add("c" + type.number() + " " + form.type.formatted(type.number(), type.name()));
        }
        system.sql(
                "CREATE TABLE " + form.table() + " (id int PRIMARY KEY, n int, " + String.join(", ", columns) + ")",
                "ALTER TABLE " + form.table() + " REPLICA IDENTITY FULL");
        TableFiles files = new TableFiles(system);
        files.put(form.table(), "table", form.table());
        files.awaitServed(form.table());
        system.sql("INSERT INTO " + form.table() + " (id, n) VALUES (1, -1)");
        return system.bean("tables", TableRegistry.class).at(form.table()).orElseThrow();
    }

    /** Writes each value of each type to a row of the table, and reads the change events of that. */
    private static Map<String, List<Value>> write(Form form) throws Exception {
        List<String> printed = new ArrayList<>();
        Map<String, int[]> spans = new LinkedHashMap<>();
        for (Type type : types) {
            String column = "c" + type.number();
            int from = printed.size();
            List<String> literals = new ArrayList<>(type.literals());
            literals.add(null);
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE " + form.table() + " SET n = ?, " + column
                            + " = " + form.value.formatted(type.number(), type.name()) + " WHERE id = 1 RETURNING "
                            + column + "::text || ' ' || to_json(" + column + ")")) {
                for (String literal : literals) {
                    update.setInt(1, printed.size());
                    update.setString(2, literal);
                    try (ResultSet row = update.executeQuery()) {
                        row.next();
                        printed.add(String.valueOf(row.getString(1)));
                    }
                }
            }
            system.sql("UPDATE " + form.table() + " SET " + column + " = NULL, n = -1");
            spans.put(column, new int[] {from, printed.size()});
        }
        JsonNode[] rows = events(form, printed.size());
        Map<String, List<Value>> values = new LinkedHashMap<>();
        spans.forEach((column, span) -> {
            List<Value> all = new ArrayList<>();
            for (int i = span[0]; i < span[1]; i++) {
                all.add(new Value(printed.get(i), rows[i]));
            }
            values.put(column, all);
        });
        return values;
    }

    private static JsonNode[] events(Form form, int count) {
        String topic =
                system.context().resolvePropertyPlaceholders("{{cascade.topic.prefix}}") + ".public." + form.table();
        JsonNode[] rows = new JsonNode[count];
        try (Topics topics = system.topics()) {
            await().atMost(PATIENCE).untilAsserted(() -> {
                for (ConsumerRecord<String, String> record : topics.records(topic)) {
                    byte[] value =
                            record.value() == null ? null : record.value().getBytes(StandardCharsets.UTF_8);
                    if (ChangeReader.read(record.key().getBytes(StandardCharsets.UTF_8), value)
                                    instanceof ChangeEvent.Row row
                            && row.after().path("n").asInt() >= 0) {
                        rows[row.after().path("n").asInt()] = row.after();
                    }
                }
                assertThat(rows).doesNotContainNull();
            });
        }
        return rows;
    }
}
