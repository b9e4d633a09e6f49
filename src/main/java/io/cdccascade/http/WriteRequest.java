package io.cdccascade.http;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.table.Operation;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import java.util.List;
import java.util.Set;

/**
 * A request to create, update or delete a row.
 *
 * @param table  the table
 * @param kind   what is to be done: {@code CREATE}, {@code UPDATE} or {@code DELETE}
 * @param key    the row's key, or null for a create
 * @param fields the fields given, in the order given
 * @param body   the JSON object as the caller sent it, or null for a delete
 */
public record WriteRequest(ServedTable table, Operation kind, RowKey key, Set<String> fields, String body) {

    /** The statement that carries out the write and returns the row. */
    public String sql() {
        return switch (kind) {
            case CREATE -> table.statements().insert(fields);
            case UPDATE -> table.statements().update(fields);
            case DELETE -> table.statements().delete();
            default -> throw new IllegalStateException(kind + " is no write");
        };
    }

    /** The statement's parameters. */
    public List<String> parameters() {
        return switch (kind) {
            case CREATE -> List.of(body);
            case UPDATE -> List.of(body, key.json());
            default -> List.of(key.json());
        };
    }

    /**
     * The cache's key of the row that the statement returned.
     *
     * @param returned the row's key as a JSON array of texts
     */
    public CacheKey keyOf(String returned) {
        return new CacheKey(table.name(), RowKey.ofJson(table.key(), returned).text());
    }
}
