package io.cdccascade.http;

import io.cdccascade.cache.Lookup;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.SampleTables;
import java.util.List;

/** Reads of {@code public.sinners}, as {@code cascade:serve} makes them. */
public final class SampleReads {

    private SampleReads() {}

    /** The row 14, which the cache has not been asked for. */
    public static Read row(String ifNoneMatch) {
        return new RowRead(SampleTables.sinners(), new RowKey(List.of("14")), ReadDemand.NONE, ifNoneMatch);
    }

    /** What a look-up does to it. */
    public static void found(Read read, Lookup lookup) {
        ((RowRead) read).found(lookup);
    }
}
