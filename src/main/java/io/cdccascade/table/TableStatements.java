package io.cdccascade.table;

import io.cdccascade.table.Statements.Condition;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The SQL of one table, made when the table is built and not for each request. {@link Statements} says what each
 * statement takes and returns.
 *
 * <p>Safe for use by many threads.
 */
public final class TableStatements {

    /** How many texts are kept that depend on a request; beyond that, they are made for each request. */
    private static final int MAX_KEPT = 100;

    private record PageKind(boolean after, String column) {}

    private record WholeList(String column, int rows) {}

    private record Insert(List<String> fields) {}

    private record Update(List<String> fields, Condition condition) {}

    private final ServedTable table;
    private final String load;
    private final String loadAll;
    private final Map<Condition, String> deletes = new EnumMap<>(Condition.class);
    private final Map<PageKind, String> pages = new HashMap<>();
    private final Map<Object, String> kept = new ConcurrentHashMap<>();

    /** @param table the table, complete but for its statements */
    TableStatements(ServedTable table) {
        this.table = table;
        this.load = Statements.load(table);
        this.loadAll = Statements.loadAll(table);
        for (Condition condition : Condition.values()) {
            deletes.put(condition, Statements.delete(table, condition));
        }
        for (boolean after : new boolean[] {false, true}) {
            pages.put(new PageKind(after, null), Statements.page(table, after, null));
            table.file()
                    .lists()
                    .forEach(column -> pages.put(new PageKind(after, column), Statements.page(table, after, column)));
        }
    }

    /** One row by its key. */
    public String load() {
        return load;
    }

    /** Several rows by their keys, under one snapshot. */
    public String loadAll() {
        return loadAll;
    }

    /**
     * All rows that have a value in a column, as one list.
     *
     * @param column one of the file's {@link CachedTable#lists()}
     * @param rows   how many rows a list may hold
     */
    public String loadList(String column, int rows) {
        return keep(new WholeList(column, rows), () -> Statements.loadList(table, column, rows));
    }

    /**
     * A page of rows in key order.
     *
     * @param after  whether a key is given after which the page starts
     * @param column one of the file's {@link CachedTable#lists()} that must have a value, or null for all rows
     * @param rows   how many rows at the most
     */
    public String page(boolean after, String column, int rows) {
        return pages.get(new PageKind(after, column)) + rows;
    }

    /** A page of the keys that {@link CachedTable#warm()} names. */
    public String warm(int rows) {
        return Statements.warm(table, table.file().warm()) + rows;
    }

    /** Stores a row with these fields. */
    public String insert(Collection<String> fields) {
        return keep(new Insert(List.copyOf(fields)), () -> Statements.insert(table, fields));
    }

    /** Reads what an insert has stored that could not return it. */
    public String created() {
        return Statements.created(table);
    }

    /** Replaces these fields of a row. */
    public String update(Collection<String> fields, Condition condition) {
        return keep(new Update(List.copyOf(fields), condition), () -> Statements.update(table, fields, condition));
    }

    /** Deletes a row by its key. */
    public String delete(Condition condition) {
        return deletes.get(condition);
    }

    /** Callers choose the fields and their order, so what is kept has to have a bound. */
    private String keep(Object what, Supplier<String> sql) {
        String known = kept.get(what);
        if (known != null) {
            return known;
        }
        String made = sql.get();
        if (kept.size() < MAX_KEPT) {
            kept.put(what, made);
        }
        return made;
    }
}
