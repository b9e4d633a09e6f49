package io.cdccascade.table;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What PostgreSQL says about the columns of a table that a publication contains.
 *
 * @param published the columns whose values are published, null when it is all of them or none
 * @param possible  the columns that may be in such a list: a generated one may not
 * @param obstacle  why the table must not be published with a list: {@code version}, PostgreSQL is older than 15;
 *                  {@code full}, its replica identity is FULL; {@code partitions}, a partition has another replica identity than
 *                  the default one. In the last two cases PostgreSQL would refuse other programs' updates. Null if nothing
 *                  stands in the way
 */
public record ColumnList(List<String> published, List<String> possible, String obstacle) {

    /** Of a table that is published with whole rows, or not at all. */
    public static final ColumnList NONE = new ColumnList(null, List.of(), null);

    public ColumnList {
        published = published == null ? null : List.copyOf(published);
        possible = List.copyOf(possible);
    }

    /** Whether a list that is published lacks a column of the replica identity: PostgreSQL then refuses updates. */
    boolean refusesUpdates(Table table) {
        return published != null && (obstacle != null || !published.containsAll(table.identity()));
    }

    /** Whether the table can be published with a list. */
    boolean isAllowed(Table table) {
        return obstacle == null && possible.containsAll(table.identity());
    }

    /**
     * The columns by which the entries are found that a change of a table touches, and those that are published already, for
     * which another instance may have a reason. In the table's order.
     */
    static List<String> of(Table table, Collection<CachedTable> files) {
        Set<String> wanted = new HashSet<>(table.primaryKey());
        wanted.addAll(table.identity());
        if (table.columnList().published() != null) {
            wanted.addAll(table.columnList().published());
        }
        for (CachedTable file : files) {
            if (table.tableName().equals(file.table())) {
                wanted.addAll(file.key());
                wanted.addAll(file.lists());
            }
            file.dependsOn().stream()
                    .filter(rule -> rule.source().equals(table.tableName()))
                    .forEach(rule -> wanted.addAll(rule.columns()));
        }
        List<String> columns = new ArrayList<>(table.columnList().possible());
        columns.retainAll(wanted);
        return columns;
    }

    /** Why a table cannot be served under {@code cascade.capture.content=keys}, or null. */
    static String problem(Table table, String publication) {
        String name = table.tableName().quoted();
        String dropped = "ALTER PUBLICATION " + TableName.Names.quote(publication) + " DROP TABLE " + name;
        ColumnList list = table.columnList();
        String setting = "cascade.capture.content=keys ";
        if ("version".equals(list.obstacle())) {
            return setting + "needs PostgreSQL 15, whose publications have lists of columns: upgrade it, or set rows";
        }
        if (!list.isAllowed(table)) {
            return setting + "publishes " + table.tableName()
                    + " with a list of columns, and PostgreSQL refuses updates of "
                    + "such a table if its replica identity, or that of a partition, is "
                    + (list.obstacle() == null ? "a generated column" : "FULL")
                    + ": run ALTER TABLE " + name + " REPLICA IDENTITY DEFAULT"
                    + (table.partitioned() ? " for the table and each partition" : "")
                    + (list.published() == null ? "" : ", or " + dropped);
        }
        if (table.published() != null && list.published() == null) {
            return setting + "is set, but the publication " + publication + " contains whole rows of "
                    + table.tableName()
                    + ", added by somebody or by a run without this setting: run " + dropped
                    + "; it is added again with the columns that are needed. A publication of all tables, or of a schema's, "
                    + "has to be replaced";
        }
        return null;
    }

    /** The list as SQL has it, with parentheses. */
    static String sql(List<String> columns) {
        return columns.stream().map(TableName.Names::quote).collect(Collectors.joining(", ", " (", ")"));
    }
}
