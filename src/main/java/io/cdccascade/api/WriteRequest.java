package io.cdccascade.api;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.table.CachedTable;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.Statements;
import io.cdccascade.table.Table;
import java.util.List;
import java.util.Set;

/**
 * A request to create, update or delete a row.
 *
 * @param cached  how the table is cached
 * @param table   the table
 * @param kind    what is to be done
 * @param keyText the row's key for messages, or null for a create
 * @param keyJson the row's key as a JSON array of texts, or null for a create
 * @param fields  the fields given, in the order given
 * @param body    the JSON object as the caller sent it, or null for a delete
 */
public record WriteRequest(CachedTable cached, Table table, Kind kind, String keyText, String keyJson,
                           Set<String> fields, String body) {

    /** What a write does. */
    public enum Kind { CREATE, UPDATE, DELETE }

    /** The statement that carries out the write and returns the row. */
    public String sql() {
        return switch (kind) {
            case CREATE -> Statements.insert(table, fields);
            case UPDATE -> Statements.update(table, fields);
            case DELETE -> Statements.delete(table);
        };
    }

    /** The statement's parameters. */
    public List<String> parameters() {
        return switch (kind) {
            case CREATE -> List.of(body);
            case UPDATE -> List.of(body, keyJson);
            case DELETE -> List.of(keyJson);
        };
    }

    /**
     * The cache's key of the row that the statement returned.
     *
     * @param key the row's key as a JSON array of texts
     */
    public CacheKey keyOf(String key) {
        return new CacheKey(table.id(), RowKey.text(table, key));
    }
}
