package io.cdccascade.change;

import io.cdccascade.cache.Fence;

/** What one record of a change topic asks of the cache. */
public sealed interface Change {

    /**
     * A row was inserted, updated or deleted.
     *
     * @param fence the row's key in the cache, and the change as {@code source.txId} (the top-level xid's low 32 bits)
     *              and {@code source.lsn} (the start of the change's record) name it
     */
    record Row(Fence fence) implements Change {
    }

    /**
     * Nothing that is cached of the table can be trusted: it was truncated, or events were lost and Debezium has read
     * it anew.
     *
     * @param table the table's name with its schema
     */
    record Everything(String table) implements Change {
    }

    /** Nothing: a tombstone, a heartbeat, a transaction marker, a logical message. */
    record Nothing() implements Change {
    }
}
