package io.cdccascade.table;

import io.cdccascade.cache.CacheReader;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A cached table as its file and the catalog together make it. Immutable. What a request asks for is computed once,
 * here.
 */
public final class ServedTable {

    private final CachedTable file;
    private final Table table;
    private final List<Column> columns;
    private final List<Column> key;
    private final Map<TableName, Table> sources;
    private final Set<String> computed;
    private final String fingerprint;
    private final String name;
    private final List<String> names;
    private final Map<String, String> listNames = new LinkedHashMap<>();
    private final Map<String, Column> columnsByName = new HashMap<>();
    private final Map<String, Column> listColumns = new HashMap<>();
    private final String keyNames;
    private final TableStatements statements;

    ServedTable(
            CachedTable file,
            Table table,
            List<Column> columns,
            List<Column> key,
            Map<TableName, Table> sources,
            Set<String> computed,
            String fingerprint) {
        this.file = file;
        this.table = table;
        this.columns = List.copyOf(columns);
        this.key = List.copyOf(key);
        this.sources = Map.copyOf(sources);
        this.computed = Set.copyOf(computed);
        this.fingerprint = fingerprint;
        this.name = name(file);
        this.names = names(file);
        this.columns.forEach(column -> columnsByName.put(column.name(), column));
        for (String list : file.lists()) {
            listNames.put(list, listName(file, list));
            listColumns.put(list, table.column(list).or(() -> column(list)).orElseThrow());
        }
        this.keyNames = key.stream().map(Column::name).collect(Collectors.joining(","));
        this.statements = new TableStatements(this);
    }

    /** What the file says. */
    public CachedTable file() {
        return file;
    }

    /** The table that is written to and whose changes count. */
    public Table table() {
        return table;
    }

    /** The columns that are served, in the order of the table or view that is read. */
    public List<Column> columns() {
        return columns;
    }

    /** The key's columns in the key's order, never empty. */
    public List<Column> key() {
        return key;
    }

    /** The tables of the file's dependencies. */
    public Map<TableName, Table> sources() {
        return sources;
    }

    /**
     * The columns of key and lists whose values in a change event are not those by which entries are named, because the
     * view computes them, or may.
     */
    public Set<String> computed() {
        return computed;
    }

    /**
     * The schema fingerprint: a digest of everything that decides what an entry contains and which change drops it.
     * Eleven characters of base64url; {@link CacheReader#UNCHECKED} for a table that could not be checked for too long.
     */
    public String fingerprint() {
        return fingerprint;
    }

    /** The same table while nothing may be answered from the cache. */
    ServedTable unchecked() {
        return new ServedTable(file, table, columns, key, sources, computed, CacheReader.UNCHECKED);
    }

    /** Whether the catalog could be compared with this table lately. */
    boolean isChecked() {
        return !fingerprint.equals(CacheReader.UNCHECKED);
    }

    /** The SQL that reads and writes the table's rows. */
    public TableStatements statements() {
        return statements;
    }

    /** The name under which the cache and the metrics know the rows: {@code public.sinners}. */
    public String name() {
        return name;
    }

    /**
     * The name under which the cache knows the lists by a column: {@code public.orders?customer_id}.
     *
     * @param column one of the file's {@link CachedTable#lists()}
     * @throws IllegalArgumentException if it is not
     */
    public String listName(String column) {
        return required(listNames, column);
    }

    /**
     * The column of a list.
     *
     * @param listName as {@link #listName} returned it
     * @throws IllegalArgumentException if it is the name of no list of this table
     */
    public String listColumnOf(String listName) {
        return listNames.entrySet().stream()
                .filter(list -> list.getValue().equals(listName))
                .map(Map.Entry::getKey)
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException("no list of this table: " + listName));
    }

    /** The names of everything that the cache holds of the table. */
    public List<String> names() {
        return names;
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

    /** The table's name for messages to callers. */
    public String title() {
        return table.tableName().name();
    }

    /** The column of that name, if it is served. */
    public Optional<Column> column(String wanted) {
        return Optional.ofNullable(columnsByName.get(wanted));
    }

    /**
     * A column that lists are read by. It may be one that is not served.
     *
     * @param column one of the file's {@link CachedTable#lists()}
     * @throws IllegalArgumentException if it is not
     */
    public Column listColumn(String column) {
        return required(listColumns, column);
    }

    /** Whether only some of the columns are served. */
    public boolean partial() {
        return !file.columns().isEmpty();
    }

    /** The names of the key's columns with commas between. */
    public String keyNames() {
        return keyNames;
    }

    private <T> T required(Map<String, T> byColumn, String column) {
        T value = byColumn.get(column);
        if (value == null) {
            throw new IllegalArgumentException("There are no lists of " + name + " by " + column);
        }
        return value;
    }
}
