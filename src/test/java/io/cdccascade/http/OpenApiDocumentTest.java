package io.cdccascade.http;

import static io.cdccascade.table.SampleTables.column;
import static io.cdccascade.table.SampleTables.serve;
import static io.cdccascade.table.SampleTables.sinners;
import static io.cdccascade.table.SampleTables.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.table.CachedTable;
import io.cdccascade.table.Column;
import io.cdccascade.table.ColumnList;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.Table;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the OpenAPI document says of the tables, as a parser of such documents understands it. */
class OpenApiDocumentTest {

    private static final int MAX_LIMIT = 500;

    @Test
    void withoutTablesItIsValidAndHasNoPaths() {
        assertThat(parse().getPaths()).isNullOrEmpty();
    }

    @Test
    void eachTableHasItsOwnPathsAndOperations() {
        OpenAPI document = parse(sinners());

        assertThat(document.getServers().get(0).getUrl()).isEqualTo("/api/v1");
        assertThat(document.getPaths())
                .containsOnlyKeys(
                        "/sinners/read",
                        "/sinners/read/{code}",
                        "/sinners/create",
                        "/sinners/update/{code}",
                        "/sinners/delete/{code}");
        assertThat(document.getPaths().values().stream()
                        .flatMap(path -> path.readOperations().stream())
                        .map(Operation::getOperationId))
                .containsExactlyInAnyOrder(
                        "list-sinners",
                        "keys-sinners",
                        "read-sinners",
                        "create-sinners",
                        "update-sinners",
                        "patch-sinners",
                        "delete-sinners");
    }

    @Test
    void aReadTakesTheKeyATokenAnEntityTagAndHowFreshItShallBe() {
        List<Parameter> parameters =
                parse(sinners()).getPaths().get("/sinners/read/{code}").getGet().getParameters();

        assertThat(parameters)
                .filteredOn(parameter -> "path".equals(parameter.getIn()))
                .singleElement()
                .satisfies(key -> assertThat(key.getSchema().getFormat()).isEqualTo("int64"));
        assertThat(parameters)
                .extracting(Parameter::getName)
                .containsOnly("code", "Cascade-Token", "If-None-Match", "Cache-Control", "Prefer");
    }

    @Test
    void answersSayWhereTheyCameFromAndRefusalsAreProblemDocuments() {
        OpenAPI document = parse(sinners());
        Map<String, ApiResponse> read =
                document.getPaths().get("/sinners/read/{code}").getGet().getResponses();
        Map<String, ApiResponse> create =
                document.getPaths().get("/sinners/create").getPost().getResponses();

        assertThat(read).containsOnlyKeys("200", "304", "400", "404", "503", "default");
        assertThat(read.get("200").getHeaders())
                .containsOnlyKeys("Cache-Status", "Age", "ETag", "Cascade-Fresh-As-Of", "Preference-Applied");
        assertThat(create).containsKeys("201", "409", "412", "415", "422");
        assertThat(create.get("201").getHeaders()).containsOnlyKeys("Cascade-Token", "Preference-Applied");
        assertThat(document.getComponents().getResponses()).hasSize(11).allSatisfy((status, refusal) -> {
            if (!status.equals("304")) {
                assertThat(refusal.getContent()).as(status).containsOnlyKeys(Problem.MEDIA_TYPE);
            }
        });
    }

    @Test
    void aPageTakesALimitAStartTheListedColumnsAndKeys() {
        CachedTable file = new CachedTable();
        file.setTable("orders");
        file.setLists("customer_id, placed_on");
        List<Parameter> parameters = parse(serve(
                        file,
                        table(
                                "orders",
                                List.of("id"),
                                column("id", "uuid", "uuid", 'U', true),
                                column("customer_id", "bigint", "int8", 'N', true),
                                column("placed_on", "date", "date", 'D', true))))
                .getPaths()
                .get("/orders/read")
                .getGet()
                .getParameters();

        assertThat(parameters)
                .extracting(Parameter::getName)
                .startsWith("limit", "after", "customer_id", "placed_on", "id");
        assertThat(schema(parameters, "limit").getMaximum()).hasToString(String.valueOf(MAX_LIMIT));
        assertThat(schema(parameters, "after").getFormat()).isEqualTo("uuid");
        assertThat(schema(parameters, "customer_id").getFormat()).isEqualTo("int64");
        assertThat(schema(parameters, "placed_on").getFormat()).isEqualTo("date");
        assertThat(schema(parameters, "id").getItems().getFormat()).isEqualTo("uuid");
    }

    @Test
    void aKeyOfSeveralColumnsHasAParameterForEach() {
        CachedTable file = new CachedTable();
        file.setTable("order_items");
        List<Parameter> parameters = parse(serve(
                        file,
                        table(
                                "order_items",
                                List.of("order_id", "line"),
                                column("line", "smallint", "int2", 'N', true),
                                column("order_id", "bigint", "int8", 'N', true))))
                .getPaths()
                .get("/order_items/delete/{order_id},{line}")
                .getDelete()
                .getParameters();

        assertThat(parameters)
                .extracting(Parameter::getName)
                .containsExactly("order_id", "line", "If-Match", "If-None-Match", "Prefer");
        assertThat(parameters)
                .extracting(key -> key.getSchema().getFormat())
                .containsExactly("int64", "int32", null, null, null);
    }

    @Test
    void namesThatNoIdentifierMayHaveAreStillValidAndStayApart() {
        CachedTable quoted = new CachedTable();
        quoted.setTable("sales.\"Order Items {%}\"");
        CachedTable similar = new CachedTable();
        similar.setTable("sales.\"Order.20.Items\"");
        Column key = column("No./Ä", "text", "text", 'S', true);
        OpenAPI document = parse(
                serve(quoted, table("sales.\"Order Items {%}\"", List.of("No./Ä"), key)),
                serve(similar, table("sales.\"Order.20.Items\"", List.of("No./Ä"), key)));

        assertThat(document.getPaths())
                .hasSize(10)
                .containsKeys("/Order%20Items%20%7B%25%7D/create", "/Order.20.Items/create");
        assertThat(document.getComponents().getSchemas()).hasSize(1 + 2 * 3);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            smallint                    | int2        | N | {"type":"integer","format":"int32",\
            "minimum":-32768,"maximum":32767}
            integer                     | int4        | N | {"type":"integer","format":"int32"}
            bigint                      | int8        | N | {"type":"integer","format":"int64"}
            numeric(10,2)               | numeric     | N | {"type":"number"}
            real                        | float4      | N | {"type":"number","format":"float"}
            double precision            | float8      | N | {"type":"number","format":"double"}
            money                       | money       | N | {"type":"string"}
            boolean                     | bool        | B | {"type":"boolean"}
            text                        | text        | S | {"type":"string"}
            character varying(20)       | varchar     | S | {"type":"string","maxLength":20}
            character varying           | varchar     | S | {"type":"string"}
            character(2)                | bpchar      | S | {"type":"string","maxLength":2}
            citext                      | citext      | S | {"type":"string"}
            uuid                        | uuid        | U | {"type":"string","format":"uuid"}
            date                        | date        | D | {"type":"string","format":"date"}
            time without time zone      | time        | D | {"type":"string","format":"time-local"}
            time with time zone         | timetz      | D | {"type":"string"}
            timestamp without time zone | timestamp   | D | {"type":"string","format":"date-time-local"}
            timestamp with time zone    | timestamptz | D | {"type":"string","format":"date-time"}
            interval                    | interval    | T | {"type":"string"}
            bytea                       | bytea       | U | {"type":"string","pattern":"^\\\\\\\\x([0-9a-f]{2})*$"}
            json                        | json        | U | {}
            jsonb                       | jsonb       | U | {}
            mood                        | mood        | E | {"type":"string"}
            inet                        | inet        | I | {"type":"string"}
            point                       | point       | G | {"type":"string"}
            int4range                   | int4range   | R | {"type":"string"}
            bit varying(5)              | varbit      | V | {"type":"string"}
            address                     | address     | C | {}
            integer[]                   | _int4       | A | {"type":"array",\
            "items":{"type":"integer","format":"int32","nullable":true}}
            character varying(3)[]      | _varchar    | A | {"type":"array",\
            "items":{"type":"string","maxLength":3,"nullable":true}}
            mood[]                      | _mood       | A | {"type":"array","items":{"nullable":true}}
            """)
    void aColumnHasTheTypeThatItsJsonHas(String type, String base, char category, String schema) {
        Column column = column("value", type, base, category, false);

        assertThat(ColumnSchema.of(column)).hasToString(schema);
        assertThat(row(parse(thing(column))).get("value").getNullable()).isTrue();
    }

    @Test
    void whatTheDatabaseComputesIsReadOnlyAndNoFieldOfAWrite() {
        Column computed =
                new Column("total", "numeric", "numeric", "numeric", 'N', -1, false, false, true, true, "total");
        OpenAPI document = parse(thing(
                computed, column("note", "text", "text", 'S', false), column("title", "text", "text", 'S', true)));
        Map<String, Schema<?>> schemas = schemas(document);

        assertThat(row(document).get("total").getReadOnly()).isTrue();
        assertThat(row(document).get("note").getReadOnly()).isNull();
        assertThat(schemas.get("things.row").getRequired()).containsExactlyInAnyOrder("id", "total", "note", "title");
        assertThat(schemas.get("things.new").getProperties()).containsOnlyKeys("id", "note", "title");
        assertThat(schemas.get("things.new").getRequired()).containsExactlyInAnyOrder("id", "title");
        assertThat(schemas.get("things.change").getProperties()).containsOnlyKeys("id", "note", "title");
        assertThat(schemas.get("things.change").getRequired()).isNull();
    }

    @Test
    void whatAViewAddsIsReadAndNotWritten() {
        Column id = column("id", "bigint", "int8", 'N', true);
        CachedTable file = new CachedTable();
        file.setTable("things");
        file.setView("things_with_parts");
        Table view = new Table(
                file.view(),
                List.of(column("id", "bigint", "int8", 'N', false), column("parts", "json", "json", 'U', false)),
                List.of(),
                List.of(),
                List.of(),
                false,
                List.of(file.table()),
                "SELECT …",
                true,
                null,
                false,
                2,
                false,
                false,
                null,
                null,
                null,
                ColumnList.NONE);
        OpenAPI document = parse(serve(file, table("things", List.of("id"), id), view));
        Map<String, Schema<?>> schemas = schemas(document);

        assertThat(row(document)).containsOnlyKeys("id", "parts");
        assertThat(row(document).get("id").getNullable()).isNull();
        assertThat(row(document).get("parts").getReadOnly()).isTrue();
        assertThat(List.of("things.written", "things.new", "things.change"))
                .allSatisfy(name ->
                        assertThat(schemas.get(name).getProperties()).as(name).containsOnlyKeys("id"));
        assertThat(document.getPaths()
                        .get("/things/create")
                        .getPost()
                        .getResponses()
                        .get("201")
                        .getContent()
                        .get("application/json")
                        .getSchema()
                        .get$ref())
                .endsWith("/things.written");
    }

    @Test
    void aTableThatServesSomeColumnsDescribesNoOther() {
        CachedTable file = new CachedTable();
        file.setTable("things");
        file.setColumns("title");
        OpenAPI document = parse(serve(
                file,
                table(
                        "things",
                        List.of("id"),
                        column("id", "bigint", "int8", 'N', true),
                        column("title", "text", "text", 'S', true),
                        column("secret", "text", "text", 'S', false))));

        assertThat(schemas(document))
                .allSatisfy((name, schema) ->
                        assertThat(schema.getProperties()).as(name).doesNotContainKey("secret"));
        assertThat(row(document)).containsOnlyKeys("id", "title");
    }

    private static ServedTable thing(Column... columns) {
        CachedTable file = new CachedTable();
        file.setTable("things");
        Column[] all = Arrays.copyOf(columns, columns.length + 1);
        all[columns.length] = column("id", "bigint", "int8", 'N', true);
        return serve(file, table("things", List.of("id"), all));
    }

    private static OpenAPI parse(ServedTable... tables) {
        SwaggerParseResult result =
                new OpenAPIV3Parser().readContents(new OpenApiDocument(null, MAX_LIMIT).describe(List.of(tables)));
        assertThat(result.getMessages()).isEmpty();
        return result.getOpenAPI();
    }

    private static Schema<?> schema(List<Parameter> parameters, String name) {
        return parameters.stream()
                .filter(parameter -> name.equals(parameter.getName()))
                .findFirst()
                .orElseThrow()
                .getSchema();
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Map<String, Schema<?>> schemas(OpenAPI document) {
        return (Map) document.getComponents().getSchemas();
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Map<String, Schema<?>> row(OpenAPI document) {
        return (Map) schemas(document).get("things.row").getProperties();
    }
}
