package io.cdccascade.cache;

import java.util.Objects;

/**
 * What is cached: a row, or whatever else changes under one name.
 *
 * @param table the table with its schema, such as {@code public.sinners}
 * @param key   the row's key as text; any text will do
 */
public record CacheKey(String table, String key) {

    /** @throws NullPointerException if one is missing */
    public CacheKey {
        Objects.requireNonNull(table, "table");
        Objects.requireNonNull(key, "key");
    }
}
