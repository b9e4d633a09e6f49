package io.cdccascade.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cdccascade.table.Column;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Describes the API as it is at the moment, each table with its own paths and its columns' types, as <a
 * href="https://spec.openapis.org/oas/v3.0.3">OpenAPI 3.0.3</a>. What all tables share, headers and problem documents,
 * stands in {@code openapi.json} beside this class.
 */
public final class OpenApiDocument {

    private static final JsonMapper JSON = new JsonMapper();

    private final TableRegistry tables;
    private final int maxLimit;
    private final JsonNode shared;

    /**
     * @param tables   the tables that are served
     * @param maxLimit how many rows a page may hold
     */
    public OpenApiDocument(TableRegistry tables, int maxLimit) {
        this.tables = tables;
        this.maxLimit = maxLimit;
        // Under the Camel CLI, classes and resources have two class loaders, which the thread's one brings together.
        String name = OpenApiDocument.class.getPackageName().replace('.', '/') + "/openapi.json";
        try (InputStream resource =
                Thread.currentThread().getContextClassLoader().getResourceAsStream(name)) {
            this.shared = JSON.readTree(resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The document, as JSON text. */
    public String json() {
        return describe(tables.served());
    }

    String describe(Collection<ServedTable> served) {
        ObjectNode document = shared.deepCopy();
        served.forEach(table -> add(table, document));
        return document.toString();
    }

    private void add(ServedTable table, ObjectNode document) {
        String name = identifier(table.file().path());
        document.withArray("/tags")
                .addObject()
                .put("name", table.file().path())
                .put("description", "The rows of " + table.table().tableName());
        ObjectNode schemas = document.withObject("/components/schemas");
        schemas.set(name + ".row", row(table, table.columns()));
        if (readsView(table)) {
            schemas.set(
                    name + ".written",
                    row(
                            table,
                            table.table().columns().stream()
                                    .filter(column -> !table.partial()
                                            || table.column(column.name()).isPresent())
                                    .toList()));
        }
        schemas.set(name + ".new", fields(table, true));
        schemas.set(name + ".change", fields(table, false).put("minProperties", 1));

        String rows = "/" + encode(table.file().path());
        String row = "/"
                + table.key().stream()
                        .map(column -> "{" + identifier(column.name()) + "}")
                        .collect(Collectors.joining(","));
        ObjectNode paths = document.withObject("/paths");
        ObjectNode reads = paths.putObject(rows + "/read");
        reads.set("get", list(table));
        reads.set("post", keys(table));
        keyed(paths, table, rows + "/read" + row).set("get", read(table));
        paths.putObject(rows + "/create").set("post", write(table, "create", "Stores a new row", "201", ".new"));
        ObjectNode update = keyed(paths, table, rows + "/update" + row);
        update.set("put", write(table, "update", "Replaces the fields given", "200", ".change"));
        update.set("patch", write(table, "patch", "Replaces the fields given, as PUT does", "200", ".change"));
        keyed(paths, table, rows + "/delete" + row)
                .set(
                        "delete",
                        write(table, "delete", "Deletes the row, and answers with the row as it was", "200", null));
    }

    private static ObjectNode keyed(ObjectNode paths, ServedTable table, String path) {
        ObjectNode item = paths.putObject(path);
        ArrayNode parameters = item.putArray("parameters");
        for (Column column : table.key()) {
            parameters
                    .addObject()
                    .put("name", identifier(column.name()))
                    .put("in", "path")
                    .put("required", true)
                    .set("schema", ColumnSchema.of(column));
        }
        return item;
    }

    private static ObjectNode read(ServedTable table) {
        ObjectNode operation = operation(table, "read", "One row, from the cache or from PostgreSQL");
        freshness(operation.withArray("/parameters")).add(reference("parameters", "If-None-Match"));
        answer(
                operation,
                "200",
                "The row",
                rowOf(table),
                "Cache-Status",
                "Age",
                "ETag",
                Read.AS_OF,
                Preferences.APPLIED);
        return refused(operation, "304", "400", "404", "503", "default");
    }

    private ObjectNode list(ServedTable table) {
        ObjectNode operation = operation(table, "list", "Rows in pages, by a column's value, or by their keys");
        ArrayNode parameters = operation.withArray("/parameters");
        ObjectNode limit = JSON.createObjectNode()
                .put("type", "integer")
                .put("minimum", 1)
                .put("maximum", maxLimit)
                .put("default", maxLimit);
        query(parameters, "limit", "How many rows at the most", limit);
        Column first = table.key().get(0);
        boolean simple = table.key().size() == 1;
        ObjectNode text = JSON.createObjectNode().put("type", "string");
        query(
                parameters,
                "after",
                "The key after which the page starts" + (simple ? "" : ": " + table.keyNames()),
                simple ? ColumnSchema.of(first) : text);
        table.file()
                .lists()
                .forEach(column -> query(
                        parameters,
                        column,
                        "Only the rows with this value, from the cache",
                        ColumnSchema.of(table.listColumn(column))));
        if (simple) {
            boolean taken = Set.of("limit", "after").contains(first.name());
            ObjectNode keys = JSON.createObjectNode().put("type", "array").put("maxItems", maxLimit);
            keys.set("items", ColumnSchema.of(first));
            query(
                            parameters,
                            taken ? "key" : first.name(),
                            "Only these rows, in this order; without other parameters",
                            keys)
                    .put("style", "form")
                    .put("explode", false);
        } else {
            query(
                    parameters,
                    "key",
                    "Only these rows, in this order, as " + table.keyNames() + ";" + table.keyNames()
                            + ";…; without other parameters",
                    text);
        }
        freshness(parameters);
        ObjectNode rows = JSON.createObjectNode().put("type", "array");
        rows.set("items", rowOf(table));
        answer(operation, "200", "The rows", rows, "Cache-Status", "Age", "Link", Read.AS_OF, Preferences.APPLIED);
        return refused(operation, "400", "404", "503", "default");
    }

    private ObjectNode keys(ServedTable table) {
        ObjectNode operation = operation(table, "keys", "Rows by their keys, in this order");
        freshness(operation.withArray("/parameters"));
        ObjectNode keys =
                JSON.createObjectNode().put("type", "array").put("minItems", 1).put("maxItems", maxLimit);
        if (table.key().size() == 1) {
            keys.set("items", ColumnSchema.of(table.key().get(0)));
        } else {
            keys.putObject("items")
                    .put("type", "array")
                    .put("description", table.keyNames())
                    .put("minItems", table.key().size())
                    .put("maxItems", table.key().size())
                    .putObject("items");
        }
        operation
                .putObject("requestBody")
                .put("required", true)
                .withObject("/content")
                .withObject("/application~1json")
                .set("schema", keys);
        ObjectNode rows = JSON.createObjectNode().put("type", "array");
        rows.set("items", rowOf(table));
        answer(operation, "200", "The rows", rows, "Cache-Status", Read.AS_OF, Preferences.APPLIED);
        return refused(operation, "400", "404", "413", "415", "503", "default");
    }

    private static ObjectNode write(ServedTable table, String verb, String summary, String success, String body) {
        ObjectNode operation = operation(table, verb, summary);
        ArrayNode parameters = operation.withArray("/parameters");
        if (!verb.equals("create")) {
            parameters.add(reference("parameters", "If-Match"));
        }
        parameters.add(reference("parameters", "If-None-Match")).add(reference("parameters", "Prefer.write"));
        if (body != null) {
            operation
                    .putObject("requestBody")
                    .put("required", true)
                    .withObject("/content")
                    .withObject("/application~1json")
                    .set("schema", reference("schemas", identifier(table.file().path()) + body));
        }
        // A view's columns are not there for the statement that writes to the table.
        String written = identifier(table.file().path()) + (readsView(table) ? ".written" : ".row");
        answer(operation, success, "The row", reference("schemas", written), "Cascade-Token", Preferences.APPLIED);
        refused(operation, "400", "403", "404", "409", "412");
        return refused(
                operation,
                body == null ? new String[] {"503", "default"} : new String[] {"413", "415", "422", "503", "default"});
    }

    /** How fresh a read has to be. */
    private static ArrayNode freshness(ArrayNode parameters) {
        return parameters
                .add(reference("parameters", "Cascade-Token"))
                .add(reference("parameters", "Cache-Control"))
                .add(reference("parameters", "Prefer.read"));
    }

    private static ObjectNode operation(ServedTable table, String verb, String summary) {
        ObjectNode operation = JSON.createObjectNode()
                .put("summary", summary)
                .put("operationId", verb + "-" + identifier(table.file().path()));
        operation.putArray("tags").add(table.file().path());
        return operation;
    }

    private static ObjectNode query(ArrayNode parameters, String name, String description, JsonNode schema) {
        ObjectNode parameter =
                parameters.addObject().put("name", name).put("in", "query").put("description", description);
        parameter.set("schema", schema);
        return parameter;
    }

    private static void answer(
            ObjectNode operation, String status, String description, JsonNode schema, String... headers) {
        ObjectNode answer = operation.putObject("responses").putObject(status).put("description", description);
        for (String header : headers) {
            answer.withObject("/headers").set(header, reference("headers", header));
        }
        answer.withObject("/content").putObject("application/json").set("schema", schema);
    }

    private static ObjectNode refused(ObjectNode operation, String... statuses) {
        for (String status : statuses) {
            operation.withObject("/responses").set(status, reference("responses", status));
        }
        return operation;
    }

    /** The row as it is answered, in which every column stands. */
    private static ObjectNode row(ServedTable table, List<Column> columns) {
        ObjectNode schema = JSON.createObjectNode().put("type", "object");
        List<String> key = table.key().stream().map(Column::name).toList();
        for (Column column : columns) {
            schema.withArray("/required").add(column.name());
            ObjectNode property = ColumnSchema.of(column);
            // The catalog calls every column of a view nullable.
            if (column.nullable() && !key.contains(column.name())) {
                property.put("nullable", true);
            }
            if (table.table().column(column.name()).map(Column::computed).orElse(true)) {
                property.put("readOnly", true);
            }
            property(schema, column, property);
        }
        return schema;
    }

    /** The fields that a write takes: those that are served, belong to the table, and are not computed. */
    private static ObjectNode fields(ServedTable table, boolean create) {
        ObjectNode schema = JSON.createObjectNode().put("type", "object").put("additionalProperties", false);
        schema.putObject("properties");
        for (Column served : table.columns()) {
            table.table()
                    .column(served.name())
                    .filter(column -> !column.computed())
                    .ifPresent(column -> {
                        ObjectNode property = ColumnSchema.written(column);
                        if (!create && table.key().contains(column)) {
                            property.put("description", "May be given, but not changed");
                        }
                        if (create && column.required()) {
                            schema.withArray("/required").add(column.name());
                        }
                        property(schema, column, property);
                    });
        }
        return schema;
    }

    private static void property(ObjectNode schema, Column column, ObjectNode property) {
        schema.withObject("/properties").set(column.name(), property);
    }

    private static boolean readsView(ServedTable table) {
        return !table.file().view().equals(table.file().table());
    }

    private static ObjectNode rowOf(ServedTable table) {
        return reference("schemas", identifier(table.file().path()) + ".row");
    }

    private static ObjectNode reference(String kind, String name) {
        return JSON.createObjectNode().put("$ref", "#/components/" + kind + "/" + name);
    }

    /** A name in the letters that components and path parameters may have, another one for every other text. */
    private static String identifier(String text) {
        return text.codePoints()
                .mapToObj(c -> c < 128 && Character.isLetterOrDigit(c) || c == '_' || c == '-'
                        ? Character.toString(c)
                        : "." + Integer.toHexString(c) + ".")
                .collect(Collectors.joining());
    }

    private static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
