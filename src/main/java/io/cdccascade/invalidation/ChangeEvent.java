package io.cdccascade.invalidation;

import com.fasterxml.jackson.databind.JsonNode;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.TableName;

/** What one record of a change topic says. */
public sealed interface ChangeEvent {

    /**
     * A row was inserted, updated or deleted.
     *
     * @param table     the row's table
     * @param operation {@code c}, {@code u} or {@code d}
     * @param change    the change as {@code source.txId} (the top-level xid's low 32 bits) and {@code source.lsn} (the
     *                  start of the change's record) name it
     * @param key       the row's key by column, never empty
     * @param before    what the log knows of the row before, a missing or null node where that is nothing
     * @param after     the row after, likewise
     */
    record Row(TableName table, char operation, WritePoint change, JsonNode key, JsonNode before, JsonNode after)
            implements ChangeEvent {}

    /**
     * Nothing that is cached of the table can be trusted: it was truncated, or events were lost and Debezium has read
     * it again.
     */
    record Everything(TableName table) implements ChangeEvent {}

    /** Nothing: a tombstone, a heartbeat, a transaction marker, a logical message. */
    record Nothing() implements ChangeEvent {}
}
