package io.cdccascade.table;

import io.cdccascade.cache.Entry;
import io.cdccascade.cache.History;
import io.cdccascade.table.TableName.Names;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The SQL of one table. Every statement takes its parameters as JSON text, so that values reach PostgreSQL as the
 * caller wrote them, and returns the row as JSON text made by PostgreSQL, so that a hit and a miss look the same.
 * Identifiers come from the catalog and are quoted; values are always parameters.
 */
public final class Statements {

    /** What a write demands of the row as it is. */
    public enum Condition {
        /** Nothing. */
        NONE,
        /** Its entity tag is one of those given. */
        MATCH,
        /** Its entity tag is none of those given. */
        NO_MATCH
    }

    private Statements() {}

    /**
     * One row, or its absence, with the snapshot that the statement itself reads under and the end of the flushed log.
     * One statement, because a second one would have another snapshot. Fails on a standby, which does not know which
     * transactions are in progress on the primary. Parameter: the key. Columns: {@code snapshot}, {@code lsn} (bigint,
     * bytes from 0/0), {@code history}, {@code row} (null when there is none), {@code writer} (the row's {@code xmin}; null
     * when there is no row, or it is a view's).
     */
    static String load(ServedTable table) {
        return "SELECT " + READ_POINT + found(table) + "(SELECT ?::json AS key) p" + joined(table);
    }

    /**
     * Several rows in one statement, and so under one snapshot. Parameter: the keys, a JSON array of arrays. One result
     * row for each, in their order, with the columns of {@link #load}.
     */
    static String loadAll(ServedTable table) {
        return "SELECT " + READ_POINT + found(table) + "json_array_elements(?::json) WITH ORDINALITY AS p (key, place)"
                + joined(table) + " ORDER BY p.place";
    }

    private static String found(ServedTable table) {
        return isView(table)
                ? ", (SELECT " + row(table, "r") + " FROM "
                        + table.file().view().quoted() + " r WHERE " + keyCondition(table, "r", "p.key")
                        + ") AS row, NULL::bigint AS writer FROM "
                : ", r.row, r.writer FROM ";
    }

    /** A view has no xmin, and nobody knows whether its keys are unique: a second row of one key has to fail. */
    private static String joined(ServedTable table) {
        return isView(table)
                ? ""
                : " LEFT JOIN LATERAL (SELECT " + row(table, "r") + " AS row, r.xmin::text::bigint AS writer FROM "
                        + table.file().view().quoted() + " r WHERE " + keyCondition(table, "r", "p.key")
                        + ") r ON true";
    }

    private static boolean isView(ServedTable table) {
        return !table.file().view().equals(table.file().table());
    }

    /**
     * All rows that have a value in a column, as one JSON array in key order, or null when they are more than a list
     * may hold. Parameter: the value, a JSON array of one text. Columns as for {@link #load}.
     *
     * @param rows how many rows a list may hold
     */
    static String loadList(ServedTable table, String column, int rows) {
        return "SELECT " + READ_POINT + ", (SELECT CASE WHEN count(*) <= " + rows
                + " THEN '[' || coalesce(string_agg(q.row, ',' ORDER BY q.place), '') || ']' END FROM ("
                + "SELECT " + row(table, "r") + " AS row, row_number() OVER (ORDER BY " + keyColumns(table, "r")
                + ") AS place FROM " + table.file().view().quoted() + " r, (SELECT ?::json AS value) p WHERE "
                + equal("r", table.listColumn(column), "p.value", 0) + " LIMIT " + (rows + 1)
                + ") q) AS row, NULL::bigint AS writer";
    }

    /**
     * A page of rows in key order; the number of rows at the most has to be appended. Parameters: the key after which
     * the page starts, or null; the value that a column must have, a JSON array of one text, or null. Columns:
     * {@code row}, {@code key} (a JSON array of texts).
     *
     * @param after  whether a start key is given
     * @param column the column that must have the value, or null for all rows
     */
    static String page(ServedTable table, boolean after, String column) {
        String start =
                after ? "(" + keyColumns(table, "r") + ") > (" + keyValues(table, "p.key") + ")" : "p.key IS NULL";
        String filter = column == null ? "p.value IS NULL" : equal("r", table.listColumn(column), "p.value", 0);
        return "SELECT " + row(table, "r") + " AS row, " + keyTexts(table, "r") + " AS key FROM "
                + table.file().view().quoted() + " r, (SELECT ?::json AS key, ?::json AS value) p WHERE " + start
                + " AND " + filter + " ORDER BY " + keyColumns(table, "r") + " LIMIT ";
    }

    /**
     * A page of the keys of rows that meet a condition, in key order; the number of rows at the most has to be appended.
     * Parameters: twice the key after which the page starts, or null. Columns: {@code row} (always null), {@code key} (a JSON
     * array of texts).
     *
     * @param condition by the file's author, who may run any SQL anyway: route files are code
     */
    static String warm(ServedTable table, String condition) {
        return "SELECT NULL::text AS row, " + keyTexts(table, "r") + " AS key FROM (SELECT * FROM "
                + table.file().view().quoted() + " WHERE (" + condition + ")) r, (SELECT ?::json AS key) p"
                + " WHERE ?::text IS NULL OR (" + keyColumns(table, "r") + ") > (" + keyValues(table, "p.key")
                + ") ORDER BY " + keyColumns(table, "r") + " LIMIT ";
    }

    /**
     * Stores a row. Parameter: the row. Columns: {@code row}, {@code key}, {@code token} (xid-lsn-history). None under a
     * {@linkplain Table#ruled rule} if the fields name the whole key: {@link #created} returns them then.
     */
    static String insert(ServedTable table, Collection<String> fields) {
        String quoted = table.table().tableName().quoted();
        String returning = table.table().ruled() && namesKey(table, fields) ? "" : returning(table);
        if (fields.isEmpty()) {
            return "INSERT INTO " + quoted + " AS r SELECT FROM (SELECT ?::json) p" + returning;
        }
        return "INSERT INTO " + quoted + " AS r (" + list("", fields) + ") SELECT " + list("v.", fields) + " FROM "
                + record(table, fields) + returning;
    }

    private static boolean namesKey(ServedTable table, Collection<String> fields) {
        return table.key().stream().map(Column::name).allMatch(fields::contains);
    }

    /**
     * What {@link #insert} returns, for a row that was stored a moment ago. Parameter: the row as it was given. The token is
     * that of a transaction that begins after the insert's: whoever sees it sees the insert.
     */
    static String created(ServedTable table) {
        List<String> key = table.key().stream().map(Column::name).toList();
        return "SELECT " + returned(table) + " FROM "
                + table.table().tableName().quoted()
                + " r JOIN " + record(table, key) + " ON "
                + table.key().stream()
                        .map(column -> operand("r", column) + " = " + operand("v", column))
                        .collect(Collectors.joining(" AND "));
    }

    /**
     * Replaces fields of a row. Parameters: the key, the condition's entity tags (a JSON array), the fields. One
     * result row with the columns of {@link #insert}. They are null if nothing was written; then {@code found} says whether
     * there was such a row when the statement began, whatever the condition, and {@code triggered} whether a trigger may have
     * suppressed the write.
     */
    static String update(ServedTable table, Collection<String> fields, Condition condition) {
        String assignments = fields.stream()
                .map(field -> Names.quote(field) + " = v." + Names.quote(field))
                .collect(Collectors.joining(", "));
        return written(
                table,
                "UPDATE " + table.table().tableName().quoted() + " AS r SET " + assignments + " FROM "
                        + record(table, fields) + ", p WHERE " + keyCondition(table, "r", "p.key")
                        + condition(table, condition),
                UPDATE_TRIGGER);
    }

    /** Deletes a row. Parameters: the key, the condition's entity tags. Result as for {@link #update}. */
    static String delete(ServedTable table, Condition condition) {
        return written(
                table,
                "DELETE FROM " + table.table().tableName().quoted() + " AS r USING p WHERE "
                        + keyCondition(table, "r", "p.key") + condition(table, condition),
                DELETE_TRIGGER);
    }

    /** @param event the bit of {@code pg_trigger.tgtype} for the kind of write */
    private static String written(ServedTable table, String write, int event) {
        String name = table.table().tableName().quoted();
        long oid = table.table().oid();
        return "WITH p AS (SELECT ?::json AS key, ?::json AS tags), w AS (" + write + returning(table)
                + ") SELECT w.*, CASE WHEN w.row IS NULL THEN EXISTS (SELECT FROM " + name + " r, p WHERE "
                + keyCondition(table, "r", "p.key") + ") END AS found, "
                // The bits 1 and 2: of each row, before the write.
                + "CASE WHEN w.row IS NULL THEN EXISTS (SELECT FROM pg_trigger g WHERE g.tgtype & 3 = 3 AND g.tgtype & "
                + event + " <> 0 AND (g.tgrelid = " + oid + " OR g.tgrelid IN (SELECT relid FROM pg_partition_tree("
                + oid + ")))) END AS triggered FROM (SELECT) one LEFT JOIN w ON true";
    }

    /**
     * Part of the statement that writes, so that nobody writes between the check and the write. PostgreSQL looks again at
     * the columns of a row that somebody else has changed meanwhile, but not at what a view makes of it. The xmin shows that
     * the row is the one that the view was read with.
     */
    private static String condition(ServedTable table, Condition condition) {
        if (condition == Condition.NONE) {
            return "";
        }
        boolean view = isView(table);
        String row = view
                ? "(SELECT " + row(table, "s") + " FROM " + table.file().view().quoted() + " s WHERE "
                        + keyCondition(table, "s", "p.key") + ")"
                : row(table, "r");
        String unchanged = view
                ? " AND r.xmin = (SELECT t.xmin FROM "
                        + table.table().tableName().quoted() + " t WHERE " + keyCondition(table, "t", "p.key") + ")"
                : "";
        // As Entry.tagOf makes it.
        return " AND " + (condition == Condition.NO_MATCH ? "NOT " : "") + "left(translate(encode(sha256(convert_to("
                + row
                + ", 'UTF8')), 'base64'), '+/', '-_'), " + Entry.TAG_LENGTH
                + ") IN (SELECT json_array_elements_text(p.tags))" + unchanged;
    }

    /** Reads one field as a value of its column's type, and fails if it is not one. Parameter: the row. */
    public static String check(Column column) {
        String name = Names.quote(column.name());
        return "SELECT v." + name + " IS NULL FROM json_to_record(?::json) AS v (" + name + " " + column.type() + ")";
    }

    private static final int DELETE_TRIGGER = 8;

    private static final int UPDATE_TRIGGER = 16;

    private static final String READ_POINT = "pg_current_snapshot()::text AS snapshot, "
            + bytes("pg_current_wal_flush_lsn()") + " AS lsn, " + History.SQL + " AS history";

    private static String returning(ServedTable table) {
        return " RETURNING " + returned(table);
    }

    private static String returned(ServedTable table) {
        String key = keyTexts(table, "r");
        List<Column> own = table.columns().stream()
                .filter(column -> table.table().column(column.name()).isPresent())
                .toList();
        return row(table.partial(), own, "r") + " AS row, " + key + " AS key,"
                // The end of the log lies after the transaction's begin and before its commit.
                + " pg_current_xact_id()::text || '-' || " + bytes("pg_current_wal_insert_lsn()") + " || '-' || "
                + History.SQL + " AS token";
    }

    /** The row as JSON text: with all columns that it has when the statement runs, or with those that are served. */
    private static String row(ServedTable table, String row) {
        return row(table.partial(), table.columns(), row);
    }

    /** With a star: without it, a column with the name of the alias would be meant instead of the row. */
    private static String row(boolean partial, List<Column> columns, String row) {
        if (!partial) {
            return "to_json(" + row + ".*)::text";
        }
        return "(SELECT to_json(c.*)::text FROM (SELECT "
                + columns.stream()
                        .map(column -> row + "." + Names.quote(column.name()))
                        .collect(Collectors.joining(", "))
                + ") c)";
    }

    /** Only the given fields: the others would be read as null, which fails for a domain that is not null. */
    private static String record(ServedTable table, Collection<String> fields) {
        return "json_to_record(?::json) AS v ("
                + fields.stream()
                        .map(field -> Names.quote(field) + " "
                                + table.table().column(field).orElseThrow().type())
                        .collect(Collectors.joining(", "))
                + ")";
    }

    private static String keyCondition(ServedTable table, String row, String source) {
        return IntStream.range(0, table.key().size())
                .mapToObj(i -> equal(row, table.key().get(i), source, i))
                .collect(Collectors.joining(" AND "));
    }

    private static String keyColumns(ServedTable table, String row) {
        return table.key().stream().map(column -> operand(row, column)).collect(Collectors.joining(", "));
    }

    private static String keyTexts(ServedTable table, String row) {
        return "json_build_array("
                + table.key().stream()
                        .map(column -> row + "." + Names.quote(column.name()) + "::text")
                        .collect(Collectors.joining(", "))
                + ")::text";
    }

    private static String keyValues(ServedTable table, String source) {
        List<Column> key = table.key();
        return IntStream.range(0, key.size())
                .mapToObj(i -> value(key.get(i), source, i))
                .collect(Collectors.joining(", "));
    }

    private static String equal(String row, Column column, String source, int i) {
        return operand(row, column) + " = " + value(column, source, i);
    }

    /** PostgreSQL compares enums, and no domains over them. */
    private static String operand(String row, Column column) {
        boolean domain = !column.type().equals(column.cast());
        return row + "." + Names.quote(column.name())
                + (column.category() == 'E' && domain ? "::" + column.cast() : "");
    }

    private static String value(Column column, String source, int i) {
        return "(" + source + "->>" + i + ")::" + column.cast();
    }

    private static String bytes(String lsn) {
        return "(" + lsn + " - '0/0'::pg_lsn)::bigint";
    }

    private static String list(String prefix, Collection<String> fields) {
        return fields.stream().map(field -> prefix + Names.quote(field)).collect(Collectors.joining(", "));
    }
}
