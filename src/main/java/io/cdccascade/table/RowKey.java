package io.cdccascade.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A row's key: one value for each of the key's columns.
 *
 * @param values the canonical texts of the values, in the key's order
 */
public record RowKey(List<String> values) {

    private static final JsonMapper JSON = new JsonMapper();

    public RowKey {
        values = List.copyOf(values);
    }

    /**
     * A key as a caller wrote it.
     *
     * @param columns the key's columns
     * @param texts   a value for each
     * @throws InvalidKeyException if a value is not of its column's type, or there are too many or too few
     */
    public static RowKey of(List<Column> columns, List<String> texts) {
        if (texts.size() != columns.size()) {
            throw new InvalidKeyException(
                    "key", "must be " + columns.stream().map(Column::name).collect(Collectors.joining(",")));
        }
        List<String> values = new ArrayList<>(texts.size());
        for (int i = 0; i < texts.size(); i++) {
            Column column = columns.get(i);
            KeyType type = KeyType.of(column).orElseThrow();
            try {
                values.add(type.canonical(texts.get(i)));
            } catch (IllegalArgumentException e) {
                throw new InvalidKeyException(column.name(), "must be " + type.wanted());
            }
        }
        return new RowKey(values);
    }

    /**
     * A key as a statement returns it: a JSON array of texts.
     *
     * @throws IllegalArgumentException if it is not a JSON array of values of the columns' types
     */
    public static RowKey ofJson(List<Column> columns, String json) {
        List<String> texts = new ArrayList<>();
        try {
            JSON.readTree(json).forEach(value -> texts.add(value.asText()));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a JSON array: " + json, e);
        }
        return of(columns, texts);
    }

    /**
     * The values of these columns in a change event, empty when one is missing or null.
     *
     * @param row an event's key, {@code before} or {@code after}
     * @throws IllegalArgumentException if Debezium does not write values of a column this way
     */
    public static Optional<RowKey> ofEvent(List<Column> columns, JsonNode row) {
        List<String> values = new ArrayList<>(columns.size());
        for (Column column : columns) {
            JsonNode value = row.path(column.name());
            if (value.isMissingNode() || value.isNull()) {
                return Optional.empty();
            }
            values.add(KeyType.of(column).orElseThrow().fromEvent(value, column));
        }
        return Optional.of(new RowKey(values));
    }

    /**
     * The text that names the row in the cache and in a path: the values with commas between. A comma in
     * a value of a key of several columns is written {@code %2C}, and a percent sign {@code %25}.
     */
    public String text() {
        return values.size() == 1
                ? values.get(0)
                : values.stream()
                        .map(value -> value.replace("%", "%25").replace(",", "%2C"))
                        .collect(Collectors.joining(","));
    }

    /**
     * Reads {@link #text()} again.
     *
     * @param columns how many columns the key has
     */
    public static RowKey ofText(String text, int columns) {
        return columns == 1
                ? new RowKey(List.of(text))
                : new RowKey(Arrays.stream(text.split(",", -1))
                        .map(value -> value.replace("%2C", ",").replace("%25", "%"))
                        .toList());
    }

    /** The values as a JSON array of texts, which is how the statements take them. */
    public String json() {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        values.forEach(array::add);
        return array.toString();
    }

    /** Several keys as a JSON array of those arrays, which is how {@link TableStatements#loadAll()} takes them. */
    public static String json(List<RowKey> keys) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        keys.forEach(key -> key.values.forEach(array.addArray()::add));
        return array.toString();
    }

    /** Whether a value that is given for a column agrees with the key; true if the column is not one of the key's. */
    public boolean agrees(List<Column> columns, String column, String text) {
        return IntStream.range(0, values.size())
                .filter(i -> columns.get(i).name().equals(column))
                .allMatch(i -> {
                    try {
                        return KeyType.of(columns.get(i))
                                .orElseThrow()
                                .canonical(text)
                                .equals(values.get(i));
                    } catch (IllegalArgumentException e) {
                        return false;
                    }
                });
    }
}
