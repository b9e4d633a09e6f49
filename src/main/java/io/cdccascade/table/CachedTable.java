package io.cdccascade.table;

import java.time.Duration;
import java.util.Objects;
import org.apache.camel.util.TimeUtils;

/**
 * A table that is served and cached: one bean of this class in {@code routes/tables/}.
 *
 * @param path        the path segment under {@code /api/v1} that serves the table, e.g. {@code sinners}
 * @param table       the table's name with its schema, e.g. {@code public.sinners}
 * @param ttl         how long an entry may live, e.g. {@code 10m}
 * @param negativeTtl how long the knowledge that a row does not exist may live, e.g. {@code 1m}
 */
public record CachedTable(String path, String table, String ttl, String negativeTtl) {

    public CachedTable {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(table, "table");
        positive("ttl", ttl);
        positive("negativeTtl", negativeTtl);
    }

    /** The lifetime of an entry for a row, or for the absence of one. */
    public Duration ttl(boolean absent) {
        return Duration.ofMillis(TimeUtils.toMilliSeconds(absent ? negativeTtl : ttl));
    }

    private static void positive(String name, String value) {
        if (TimeUtils.toMilliSeconds(value) <= 0) {
            throw new IllegalArgumentException(name + " must be longer than 0, e.g. 10m, but is " + value);
        }
    }
}
