package io.cdccascade.api;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.CachedTable;
import io.cdccascade.table.Statements;
import io.cdccascade.table.Table;
import java.util.List;

/**
 * A request for one row.
 *
 * @param cached      how the table is cached
 * @param table       the table
 * @param key         the row's key in the cache
 * @param keyJson     the row's key as a JSON array of texts
 * @param token       a write of the caller's own that the answer has to include, or null
 * @param ifNoneMatch the entity tags that the caller holds, or null
 */
public record ReadRequest(CachedTable cached, Table table, CacheKey key, String keyJson, WritePoint token,
                          String ifNoneMatch) {

    /** The statement that loads the row. */
    public String sql() {
        return Statements.load(table);
    }

    /** The statement's parameters. */
    public List<String> parameters() {
        return List.of(keyJson);
    }
}
