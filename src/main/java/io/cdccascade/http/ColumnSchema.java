package io.cdccascade.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cdccascade.table.Column;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The schema of a column's values, as <a href="https://spec.openapis.org/oas/v3.0.3#schema-object">OpenAPI 3.0</a>
 * writes it, for the JSON that PostgreSQL's {@code to_json} makes of them. Formats are those of the <a
 * href="https://spec.openapis.org/registry/format/">OpenAPI format registry</a>.
 */
final class ColumnSchema {

    private static final Pattern LENGTH = Pattern.compile("character(?: varying)?\\((\\d+)\\)");

    private ColumnSchema() {}

    /** The schema of what is not null. A type that is not known may be anything. */
    static ObjectNode of(Column column) {
        if (column.category() != 'A') {
            return of(column.base(), column.type(), column.category());
        }
        // PostgreSQL calls the type of an array of int4 _int4. It does not say how many dimensions an array has.
        String element = column.base().startsWith("_") ? column.base().substring(1) : "";
        ObjectNode array = type("array");
        array.set("items", of(element, column.type(), '?').put("nullable", true));
        return array;
    }

    /** The schema of what may be written: null where the column may be null, and as text what JavaScript would round. */
    static ObjectNode written(Column column) {
        ObjectNode value = of(column);
        if (column.nullable()) {
            value.put("nullable", true);
        }
        String text = switch (column.base()) {
            case "int8" -> RowSchema.WHOLE;
            case "numeric" -> RowSchema.DECIMAL;
            default -> null;
        };
        if (text == null) {
            return value;
        }
        ObjectNode either = JsonNodeFactory.instance.objectNode();
        either.putArray("anyOf").add(value).add(type("string").put("pattern", text));
        return either;
    }

    private static ObjectNode of(String base, String type, char category) {
        return switch (base) {
            case "int2" ->
                type("integer", "int32").put("minimum", Short.MIN_VALUE).put("maximum", Short.MAX_VALUE);
            case "int4" -> type("integer", "int32");
            case "int8" -> type("integer", "int64");
            case "float4" -> type("number", "float");
            case "float8" -> type("number", "double");
            case "numeric" -> type("number");
            case "bool" -> type("boolean");
            case "text", "xml", "money", "interval", "timetz" -> type("string");
            case "varchar", "bpchar" -> text(type);
            case "uuid" -> type("string", "uuid");
            case "date" -> type("string", "date");
            case "time" -> type("string", "time-local");
            // Without a zone, which date-time would promise.
            case "timestamp" -> type("string", "date-time-local");
            case "timestamptz" -> type("string", "date-time");
            case "bytea" -> type("string").put("pattern", "^\\\\x([0-9a-f]{2})*$");
            default ->
                switch (category) {
                    case 'S', 'D', 'T', 'E', 'I', 'V', 'G', 'R' -> type("string");
                    default -> JsonNodeFactory.instance.objectNode();
                };
        };
    }

    private static ObjectNode text(String type) {
        Matcher length = LENGTH.matcher(type);
        return length.find() ? type("string").put("maxLength", Integer.parseInt(length.group(1))) : type("string");
    }

    private static ObjectNode type(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }

    private static ObjectNode type(String type, String format) {
        return type(type).put("format", format);
    }
}
