package io.cdccascade.table;

import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.RowVersion;

/**
 * What a load statement read.
 *
 * @param readPoint what the statement saw
 * @param row       the row or list as PostgreSQL wrote it, JSON in UTF-8; null where there is none
 * @param writer    who wrote this version of the row, as of {@link RowVersion}, or {@link RowVersion#UNKNOWN}
 */
public record Loaded(ReadPoint readPoint, byte[] row, long writer) {

    /** Of an unknown writer. */
    public Loaded(ReadPoint readPoint, byte[] row) {
        this(readPoint, row, RowVersion.UNKNOWN);
    }

    /** Which version of the row this is, for the comparison with other rows. */
    public RowVersion version() {
        return RowVersion.of(readPoint.history(), readPoint.snapshot().toString(), writer);
    }
}
