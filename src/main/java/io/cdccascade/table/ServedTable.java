package io.cdccascade.table;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A cached table as its file and the catalog together make it.
 *
 * @param file     what the file says
 * @param table    the table that is written to and whose changes count
 * @param columns  the columns that are served, in the table's order
 * @param key      the key's columns in the key's order, never empty
 * @param sources  the tables of the file's dependencies
 * @param shape    a digest of all that decides what an entry looks like and what drops it
 */
public record ServedTable(
        CachedTable file,
        Table table,
        List<Column> columns,
        List<Column> key,
        Map<TableName, Table> sources,
        String shape) {

    public ServedTable {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        sources = Map.copyOf(sources);
    }

    /** The name under which the cache and the metrics know the rows: {@code public.sinners}. */
    public String name() {
        return name(file);
    }

    /** The name under which the cache knows the lists by a column: {@code public.orders?customer_id}. */
    public String listName(String column) {
        return listName(file, column);
    }

    /** The names of all that the cache holds of the table. */
    public List<String> names() {
        return names(file);
    }

    /** The same names, known from the file alone. */
    public static List<String> names(CachedTable file) {
        return Stream.concat(Stream.of(name(file)), file.lists().stream().map(column -> listName(file, column)))
                .toList();
    }

    private static String name(CachedTable file) {
        String id = file.table().id();
        // Two files may serve one table, each in its own way.
        return file.path().equals(file.table().name()) ? id : id + "@" + TableName.Names.show(file.path());
    }

    private static String listName(CachedTable file, String column) {
        return name(file) + "?" + TableName.Names.show(column);
    }

    /** What a person calls it. */
    public String title() {
        return table.tableName().name();
    }

    /** The column of that name, if it is served. */
    public Optional<Column> column(String wanted) {
        return columns.stream().filter(column -> column.name().equals(wanted)).findFirst();
    }

    /** The columns of that name that lists can be read by. */
    public Column listColumn(String name) {
        return table.column(name).or(() -> column(name)).orElseThrow();
    }

    /** Whether only some of the table's columns are served. */
    public boolean partial() {
        return !file.columns().isEmpty();
    }

    /** The names of the key's columns with commas between. */
    public String keyNames() {
        return key.stream().map(Column::name).collect(Collectors.joining(","));
    }
}
