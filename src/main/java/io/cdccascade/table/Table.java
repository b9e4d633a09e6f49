package io.cdccascade.table;

import java.util.List;
import java.util.Optional;

/**
 * A table or view as PostgreSQL's catalog describes it.
 *
 * @param tableName   its name
 * @param columns     all columns in the table's order
 * @param primaryKey  the names of the primary key's columns in the key's order, empty where there is none
 * @param uniqueKeys  the columns of every other unique key that has no nullable column and no condition
 * @param identity    the columns whose old values a change event carries, by the weakest replica identity of its
 *                    partitions, or else its own; empty
 *                    where there is none: PostgreSQL then refuses updates as long as the table is published
 * @param fullIdentity whether these are all columns: {@code REPLICA IDENTITY FULL}
 * @param reads       the tables that a view reads, directly or through other views; a table reads itself
 * @param definition  what else decides what rows look like and may change without a change event
 * @param readable    whether this role may read it
 * @param published   differs whenever it was added to the publication again; null when it is not in it
 * @param restricted  whether the publication leaves out rows, columns or operations of it
 * @param oid         the relation's identity, new whenever it is dropped and created
 * @param partitioned whether its rows are in partitions, each with a replica identity of its own
 * @param ruled       whether a rule ({@code CREATE RULE}) replaces some inserts: PostgreSQL then returns no row from an insert
 * @param obstacle    why it cannot be cached: {@code children}, other tables inherit from it; {@code policies}, row-level
 *                    security decides what is read; null if nothing stands in the way
 * @param generated   {@code identity} if the replica identity contains a generated column that the publication leaves
 *                    out: PostgreSQL 18 then refuses updates as long as the table is published; {@code column} if it
 *                    would under {@code REPLICA IDENTITY FULL}; null otherwise
 * @param unpublishable why its changes cannot be published as it is: {@code view}, {@code materialized} view, {@code foreign}
 *                    table, {@code unlogged} table; {@code leaves}, the publication would publish its partitions instead;
 *                    {@code index} and the name of a unique index that could stand in for the missing primary key;
 *                    {@code deferrable} and what ALTER TABLE would have to do to its primary key. Null if nothing is known
 *                    against it
 * @param columnList  of which columns the values are published, or can be
 */
public record Table(
        TableName tableName,
        List<Column> columns,
        List<String> primaryKey,
        List<List<String>> uniqueKeys,
        List<String> identity,
        boolean fullIdentity,
        List<TableName> reads,
        String definition,
        boolean readable,
        String published,
        boolean restricted,
        long oid,
        boolean partitioned,
        boolean ruled,
        String obstacle,
        String generated,
        String unpublishable,
        ColumnList columnList) {

    public Table {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        uniqueKeys = List.copyOf(uniqueKeys);
        identity = List.copyOf(identity);
        reads = List.copyOf(reads);
    }

    /** Whether PostgreSQL refuses updates and deletes of the table as long as it is published. */
    public boolean readOnlyWhilePublished() {
        return identity.isEmpty() || "identity".equals(generated) || columnList.refusesUpdates(this);
    }

    /** The column of that name, if the table has it. */
    public Optional<Column> column(String wanted) {
        return columns.stream().filter(column -> column.name().equals(wanted)).findFirst();
    }
}
