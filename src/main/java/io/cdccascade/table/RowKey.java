package io.cdccascade.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The text under which the cache knows a row. The API and the change events have to arrive at the same text without
 * asking each other, so it depends on nothing but the key's column names and values.
 */
public final class RowKey {

    private static final JsonMapper JSON = new JsonMapper();

    private RowKey() {
    }

    /**
     * The value itself for a key of one column; for a composite key {@code a=1,b=x} in the order of the column names,
     * with {@code %}, {@code ,} and {@code =} percent-encoded.
     *
     * @param values the key's values as PostgreSQL writes them as text, by column name
     */
    public static String text(Map<String, String> values) {
        if (values.size() == 1) {
            return values.values().iterator().next();
        }
        return new TreeMap<>(values).entrySet().stream()
                .map(entry -> escape(entry.getKey()) + "=" + escape(entry.getValue()))
                .collect(Collectors.joining(","));
    }

    /**
     * The same for a key as the statements return it.
     *
     * @param key the values in key order, as a JSON array of texts
     */
    public static String text(Table table, String key) {
        Map<String, String> values = new TreeMap<>();
        try {
            JsonNode array = JSON.readTree(key);
            for (int i = 0; i < array.size(); i++) {
                values.put(table.key().get(i).name(), array.get(i).asText());
            }
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a JSON array: " + key, e);
        }
        return text(values);
    }

    private static String escape(String text) {
        return text.replace("%", "%25").replace(",", "%2C").replace("=", "%3D");
    }
}
