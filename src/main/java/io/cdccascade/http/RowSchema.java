package io.cdccascade.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.cdccascade.http.Problem.FieldError;
import io.cdccascade.table.Column;
import io.cdccascade.table.ServedTable;
import java.util.List;

/**
 * What a row that is written may be made of, as <a href="https://json-schema.org/draft/2020-12">JSON Schema</a>: the
 * columns that the table serves and stores, each with its kind of JSON. It is wider than what the API's description
 * promises, because PostgreSQL reads more spellings of a value than it writes; only PostgreSQL knows them all.
 */
final class RowSchema {

    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    /** A whole number as text. */
    static final String WHOLE = "^-?[0-9]+$";
    /** A number as text. */
    static final String DECIMAL = "^-?[0-9]+(\\.[0-9]+)?$";

    private static final String SPECIAL = "^(NaN|-?Infinity)$";

    private final ServedTable table;
    private final JsonSchema schema;

    RowSchema(ServedTable table) {
        this.table = table;
        ObjectNode row = JsonNodeFactory.instance.objectNode();
        row.put("type", "object");
        ObjectNode properties = row.putObject("properties");
        for (Column served : table.columns()) {
            table.table()
                    .column(served.name())
                    .filter(column -> !column.computed())
                    .ifPresent(column -> properties.set(column.name(), value(column)));
        }
        // Not additionalProperties, for which this library overlooks names that begin with #.
        ArrayNode names = row.putObject("propertyNames").putArray("enum");
        properties.fieldNames().forEachRemaining(names::add);
        schema = SCHEMAS.getSchema(row);
    }

    boolean describes(ServedTable other) {
        return table == other;
    }

    /** What is wrong with these fields, in no order; empty if nothing is. */
    List<FieldError> check(JsonNode fields) {
        return schema.validate(fields).stream()
                .map(message -> error(message, fields))
                .distinct()
                .toList();
    }

    private FieldError error(ValidationMessage message, JsonNode fields) {
        if (message.getProperty() != null) {
            String name = message.getProperty();
            boolean computed =
                    table.column(name).isPresent() && table.table().column(name).isPresent();
            return new FieldError(
                    name,
                    computed
                            ? "is computed by the database and cannot be given"
                            : "is not a field of " + table.title());
        }
        String name = message.getInstanceLocation().getElement(0).toString();
        Column column = table.table().column(name).orElseThrow();
        return new FieldError(
                name, fields.get(name).isNull() ? "must not be null" : "must be " + kind(column.category()));
    }

    private static ObjectNode value(Column column) {
        ObjectNode value = JsonNodeFactory.instance.objectNode();
        String type = type(column);
        if (type == null) {
            // Any kind, but for null.
            return column.nullable() ? value : value.set("not", object("type", "null"));
        }
        if (column.nullable()) {
            value.putArray("type").add(type).add("null");
        } else {
            value.put("type", type);
        }
        String texts = numberTexts(column);
        if (texts == null) {
            return value;
        }
        ObjectNode either = JsonNodeFactory.instance.objectNode();
        either.putArray("anyOf").add(value).add(object("type", "string").put("pattern", texts));
        return either;
    }

    private static ObjectNode object(String name, String value) {
        return JsonNodeFactory.instance.objectNode().put(name, value);
    }

    /** The numbers that may be given as text, a pattern; null where none may. */
    private static String numberTexts(Column column) {
        return switch (column.base()) {
            // JavaScript rounds a number beyond 2^53.
            case "int8" -> WHOLE;
            // JSON has no numbers for these, and PostgreSQL writes them as texts.
            case "float4", "float8" -> SPECIAL;
            case "numeric" -> SPECIAL + "|" + DECIMAL;
            default -> null;
        };
    }

    private static String type(Column column) {
        // PostgreSQL writes money with its currency's sign.
        return column.base().equals("money")
                ? null
                : switch (column.category()) {
                    case 'N' -> "number";
                    case 'B' -> "boolean";
                    case 'A' -> "array";
                    case 'S', 'D', 'T', 'E', 'I', 'V' -> "string";
                    default -> null;
                };
    }

    private static String kind(char category) {
        return switch (category) {
            case 'N' -> "a number";
            case 'B' -> "true or false";
            case 'A' -> "an array";
            default -> "a string";
        };
    }
}
