package io.cdccascade.http;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.ServedTable;
import java.util.List;

/**
 * A request for what the cache keeps under one key: a row, or a list of rows.
 *
 * @param table       the table
 * @param key         the key in the cache
 * @param sql         the statement that loads it
 * @param parameters  the statement's parameters
 * @param token       a write of the caller's own that the answer has to include, or null
 * @param ifNoneMatch the entity tags that the caller holds, or null
 */
public record ReadRequest(
        ServedTable table, CacheKey key, String sql, List<String> parameters, WritePoint token, String ifNoneMatch) {

    public ReadRequest {
        parameters = List.copyOf(parameters);
    }
}
