package io.cdccascade.table;

import java.util.Collection;
import java.util.stream.Collectors;

/**
 * The SQL of one table. Every statement takes its parameters as JSON text, so that values reach PostgreSQL as the
 * caller wrote them, and hands back the row as JSON text made by PostgreSQL, so that a hit and a miss look the same.
 */
public final class Statements {

    private Statements() {
    }

    /**
     * One row, or its absence, with the snapshot that this very statement read under and the end of the flushed log: a
     * second statement would have a snapshot of its own. Fails on a standby, which does not know what is in progress on
     * the primary. Parameter: the key. Columns: {@code snapshot}, {@code lsn} (bigint, bytes from 0/0), {@code row}
     * (null when there is none).
     */
    public static String load(Table table) {
        return "SELECT pg_current_snapshot()::text AS snapshot, " + bytes("pg_current_wal_flush_lsn()")
                + " AS lsn, (SELECT to_json(r)::text FROM " + table.quoted() + " r, (SELECT ?::json AS key) p WHERE "
                + table.keyCondition("r", "p.key") + ") AS row";
    }

    /**
     * A page of rows in key order. Parameter: the key after which the page starts, or null.
     * Columns: {@code row}, {@code key} (a JSON array of texts).
     *
     * @param after whether a start key is given
     * @param rows  how many rows at the most
     */
    public static String page(Table table, boolean after, int rows) {
        String start = after
                ? "(" + table.keyColumns("r") + ") > (" + table.keyValues("p.key") + ")"
                : "p.key IS NULL";
        String key = table.key().stream().map(column -> "r." + Table.quote(column.name()) + "::text")
                .collect(Collectors.joining(", "));
        return "SELECT to_json(r)::text AS row, json_build_array(" + key + ")::text AS key FROM " + table.quoted()
                + " r, (SELECT ?::json AS key) p WHERE " + start
                + " ORDER BY " + table.keyColumns("r") + " LIMIT " + rows;
    }

    /** Stores a row. Parameter: the row. Columns: {@code row}, {@code key}, {@code token} (xid-lsn). */
    public static String insert(Table table, Collection<String> fields) {
        if (fields.isEmpty()) {
            return "INSERT INTO " + table.quoted() + " AS r SELECT FROM (SELECT ?::json) p" + returning(table);
        }
        return "INSERT INTO " + table.quoted() + " AS r (" + list("", fields) + ") SELECT " + list("v.", fields)
                + " FROM json_populate_record(NULL::" + table.quoted() + ", ?::json) v" + returning(table);
    }

    /** Replaces fields of a row. Parameters: the fields, the key. Columns as for {@link #insert}. */
    public static String update(Table table, Collection<String> fields) {
        String assignments = fields.stream().map(field -> Table.quote(field) + " = v." + Table.quote(field))
                .collect(Collectors.joining(", "));
        return "UPDATE " + table.quoted() + " AS r SET " + assignments + " FROM json_populate_record(NULL::"
                + table.quoted() + ", ?::json) v, (SELECT ?::json AS key) p WHERE "
                + table.keyCondition("r", "p.key") + returning(table);
    }

    /** Deletes a row. Parameter: the key. Columns as for {@link #insert}. */
    public static String delete(Table table) {
        return "DELETE FROM " + table.quoted() + " AS r USING (SELECT ?::json AS key) p WHERE "
                + table.keyCondition("r", "p.key") + returning(table);
    }

    private static String returning(Table table) {
        String key = table.key().stream().map(column -> "r." + Table.quote(column.name()) + "::text")
                .collect(Collectors.joining(", "));
        return " RETURNING to_json(r)::text AS row, json_build_array(" + key + ")::text AS key,"
                // Where the log ends now is after the transaction's begin and before its commit.
                + " pg_current_xact_id()::text || '-' || " + bytes("pg_current_wal_insert_lsn()") + " AS token";
    }

    private static String bytes(String lsn) {
        return "(" + lsn + " - '0/0'::pg_lsn)::bigint";
    }

    private static String list(String prefix, Collection<String> fields) {
        return fields.stream().map(field -> prefix + Table.quote(field)).collect(Collectors.joining(", "));
    }
}
