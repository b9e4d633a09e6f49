package io.cdccascade.invalidation;

import com.fasterxml.jackson.databind.JsonNode;
import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.Fence;
import io.cdccascade.table.CachedTable;
import io.cdccascade.table.Column;
import io.cdccascade.table.Dependency;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.ServedTables;
import io.cdccascade.table.Table;
import io.cdccascade.table.TableName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Works out which cached rows and lists a change touches. When in doubt, all of them: where an event does not say
 * which key a row had before, every entry that the rule covers is forgotten.
 *
 * <p>What an event says of a row before depends on the table's <a
 * href="https://www.postgresql.org/docs/current/logical-replication-publication.html#LOGICAL-REPLICATION-PUBLICATION-REPLICA-IDENTITY">replica
 * identity</a>: an update's {@code before} is null when no column of the identity has changed, and otherwise holds the
 * identity's columns alone; under FULL it always holds all.
 */
final class TouchedEntries {

    /** What Debezium writes for a large value that an update did not change, because the log does not hold it. */
    private static final String UNAVAILABLE = "__debezium_unavailable_value";

    /**
     * The types whose values events write without loss, whatever the connector's settings, beside enums. Of every other
     * type a value counts as changed: of numerics and times, which a setting may round, of floats, intervals, bits, arrays,
     * and of whatever an extension brings. A domain over one of these types is of it.
     */
    private static final Set<String> EXACT = Set.of(
            "int2", "int4", "int8", "bool", "text", "varchar", "bpchar", "uuid", "date", "bytea", "json", "jsonb");

    private final ServedTables tables;
    private final List<Fence> fences = new ArrayList<>();
    private final Set<String> forgotten = new LinkedHashSet<>();

    /** @param tables what is cached now */
    TouchedEntries(ServedTables tables) {
        this.tables = tables;
    }

    List<Fence> fences() {
        return fences;
    }

    Set<String> forgotten() {
        return forgotten;
    }

    /** Adds what an event touches. */
    void add(ChangeEvent event) {
        if (event instanceof ChangeEvent.Nothing) {
            return;
        }
        forgotten.addAll(tables.disputed());
        if (event instanceof ChangeEvent.Everything everything) {
            forget(everything.table());
        } else if (event instanceof ChangeEvent.Row row) {
            tables.unserved().forEach(file -> unknown(file, row.table()));
            for (ServedTable served : tables.touched(row.table())) {
                if (served.table().tableName().equals(row.table())) {
                    own(served, row);
                }
                served.file().dependsOn().stream()
                        .filter(rule -> rule.source().equals(row.table()))
                        .forEach(rule -> derived(served, rule, row));
            }
        }
    }

    /**
     * Forgets all that a change of the table could touch, or of another one whose name differs only in where the schema ends:
     * the event that a snapshot begins with does not tell them apart.
     */
    void forget(TableName table) {
        tables.unserved().forEach(file -> unknown(file, table));
        tables.served().stream()
                .filter(served -> concerns(served.file(), table))
                .forEach(served -> forgotten.addAll(served.names()));
    }

    private void unknown(CachedTable file, TableName table) {
        if (concerns(file, table)) {
            forgotten.addAll(ServedTable.names(file));
        }
    }

    private static boolean concerns(CachedTable file, TableName table) {
        String name = table.unquoted();
        return file.table().unquoted().equals(name)
                || file.dependsOn().stream()
                        .anyMatch(rule -> rule.source().unquoted().equals(name));
    }

    private void own(ServedTable served, ChangeEvent.Row row) {
        if (unchanged(served, row)) {
            return;
        }
        fence(served.name(), named(served) ? keys(served.table(), served.key(), row) : Optional.empty(), row);
        for (String list : served.file().lists()) {
            if (served.computed().contains(list)) {
                forgotten.add(served.listName(list));
                continue;
            }
            fence(served.listName(list), keys(served.table(), List.of(served.listColumn(list)), row), row);
        }
    }

    private void derived(ServedTable served, Dependency rule, ChangeEvent.Row row) {
        if (rule.columns().isEmpty() || !named(served)) {
            forgotten.addAll(served.names());
            return;
        }
        Table source = served.sources().get(rule.source());
        List<Column> columns = rule.columns().stream()
                .map(name -> source.column(name).orElseThrow())
                .toList();
        fence(served.name(), keys(source, columns, row), row);
        // Which lists show the rows of that key is not in the event.
        served.file().lists().forEach(list -> forgotten.add(served.listName(list)));
    }

    /** Whether rows are named by values that events carry. */
    private static boolean named(ServedTable served) {
        return served.key().stream().map(Column::name).noneMatch(served.computed()::contains);
    }

    private void fence(String name, Optional<Collection<RowKey>> keys, ChangeEvent.Row row) {
        if (keys.isEmpty()) {
            forgotten.add(name);
        } else {
            keys.get().forEach(key -> fences.add(new Fence(new CacheKey(name, key.text()), row.change())));
        }
    }

    /**
     * The values that these columns had before and have after, null left out.
     *
     * @return empty when the event does not say
     */
    private static Optional<Collection<RowKey>> keys(Table table, List<Column> columns, ChangeEvent.Row row) {
        try {
            if (carries(row.key(), columns) && (row.operation() == 'c' || identifies(table, columns))) {
                return RowKey.ofEvent(columns, row.key()).map(Set::of);
            }
            Set<RowKey> keys = new LinkedHashSet<>();
            boolean said = row.operation() == 'd' || add(keys, table, columns, row.after());
            return said && (row.operation() == 'c' || addBefore(keys, table, columns, row))
                    ? Optional.of(keys)
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean addBefore(Set<RowKey> keys, Table table, List<Column> columns, ChangeEvent.Row row) {
        if (!identifies(table, columns)) {
            return false;
        }
        return row.before().isObject()
                ? add(keys, table, columns, row.before())
                // Nothing of the identity has changed: the values before are those after.
                : row.operation() == 'u' && !table.fullIdentity();
    }

    /** Whether events hold these columns as they were before. The key of an update's or delete's event is made of them. */
    private static boolean identifies(Table table, List<Column> columns) {
        return columns.stream().allMatch(column -> table.identity().contains(column.name()));
    }

    private static boolean carries(JsonNode values, List<Column> columns) {
        return columns.stream()
                .allMatch(column -> values.has(column.name())
                        && !UNAVAILABLE.equals(values.get(column.name()).textValue()));
    }

    private static boolean add(Set<RowKey> keys, Table table, List<Column> columns, JsonNode values) {
        for (Column column : columns) {
            JsonNode value = values.path(column.name());
            // A null in a column that cannot be null means that the event does not carry the column.
            if (value.isMissingNode()
                    || value.isNull() && !column.nullable()
                    || UNAVAILABLE.equals(value.textValue())) {
                return false;
            }
        }
        RowKey.ofEvent(columns, values).ifPresent(keys::add);
        return true;
    }

    /** Whether events certainly tell values of a column apart wherever PostgreSQL shows them differently. */
    private static boolean exact(ServedTable served, Column column) {
        // With a point: a type of the same name in another schema.
        return (column.category() == 'E'
                        || EXACT.contains(column.base()) && !column.cast().contains("."))
                // Events may lack a generated column, or hold a null or a default in its place.
                && (!column.computed() || served.key().contains(column));
    }

    /** Whether an update certainly left every served column, and the row's place in every list, as it was. */
    private static boolean unchanged(ServedTable served, ChangeEvent.Row row) {
        return row.operation() == 'u'
                && served.partial()
                && served.table().fullIdentity()
                && served.file().view().equals(served.file().table())
                && row.before().isObject()
                && Stream.concat(
                                served.columns().stream(),
                                served.file().lists().stream().map(served::listColumn))
                        .allMatch(column -> unchanged(served, column, row));
    }

    /** Whether an update under full replica identity certainly left a column as it was. */
    static boolean unchanged(ServedTable served, Column column, ChangeEvent.Row row) {
        JsonNode after = row.after().path(column.name());
        return exact(served, column)
                && !after.isMissingNode()
                && !UNAVAILABLE.equals(after.textValue())
                && after.equals(row.before().path(column.name()));
    }
}
