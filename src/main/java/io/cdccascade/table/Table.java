package io.cdccascade.table;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table as PostgreSQL's catalog describes it.
 *
 * @param schema  the schema's name, without quotes
 * @param name    the table's name, without quotes
 * @param columns all columns in the table's order
 * @param key     the primary key's columns in the key's order, never empty
 */
public record Table(String schema, String name, List<Column> columns, List<Column> key) {

    public Table {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
    }

    /** The name under which the cache, the topics and the metrics know the table: {@code public.sinners}. */
    public String id() {
        return schema + "." + name;
    }

    /** The column of that name, if the table has it. */
    public Optional<Column> column(String wanted) {
        return columns.stream().filter(column -> column.name().equals(wanted)).findFirst();
    }

    /** Schema and table, quoted by SQL's rules. */
    String quoted() {
        return quote(schema) + "." + quote(name);
    }

    /** A condition that finds the row whose key stands in the JSON array {@code source}, as texts in key order. */
    String keyCondition(String row, String source) {
        return IntStream.range(0, key.size())
                .mapToObj(i -> row + "." + quote(key.get(i).name()) + " = " + keyValue(source, i))
                .collect(Collectors.joining(" AND "));
    }

    /** The key's columns, for ORDER BY and row comparison. */
    String keyColumns(String row) {
        return key.stream().map(column -> row + "." + quote(column.name())).collect(Collectors.joining(", "));
    }

    /** The key in the JSON array {@code source} as a row of typed values. */
    String keyValues(String source) {
        return IntStream.range(0, key.size()).mapToObj(i -> keyValue(source, i)).collect(Collectors.joining(", "));
    }

    private String keyValue(String source, int i) {
        return "(" + source + "->>" + i + ")::" + key.get(i).type();
    }

    static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
