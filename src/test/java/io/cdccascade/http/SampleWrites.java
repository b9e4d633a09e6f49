package io.cdccascade.http;

import io.cdccascade.table.Operation;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.SampleTables;
import java.util.List;
import java.util.Set;

/** Writes to {@code public.sinners}, as {@code cascade:check} makes them. */
public final class SampleWrites {

    private static final RowKey KEY = new RowKey(List.of("14"));

    private SampleWrites() {}

    /** A new row. */
    public static Write create() {
        return new Write(
                SampleTables.sinners(),
                Operation.CREATE,
                null,
                Set.of("code"),
                "{\"code\":14}",
                WriteCondition.NONE,
                0);
    }

    /** A new name for the row 14. */
    public static Write update() {
        return new Write(
                SampleTables.sinners(),
                Operation.UPDATE,
                KEY,
                Set.of("name"),
                "{\"name\":\"a\"}",
                WriteCondition.NONE,
                0);
    }

    /** The end of the row 14. */
    public static Write delete() {
        return new Write(SampleTables.sinners(), Operation.DELETE, KEY, Set.of(), null, WriteCondition.NONE, 0);
    }
}
