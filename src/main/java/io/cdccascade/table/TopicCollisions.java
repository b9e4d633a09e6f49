package io.cdccascade.table;

import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Tables whose topics Kafka does not let exist beside each other: names that differ only in dots and underscores, such as those of
 * {@code sales.eu_orders} and {@code sales_eu.orders}. Capture would fail with the changes of the second one.
 */
final class TopicCollisions {

    private final Map<String, TableName> tables = new HashMap<>();
    private final Map<CachedTable, TableName> collisions = new IdentityHashMap<>();

    /**
     * @param served what is served, which stays so
     * @param files  all files; of two that collide, the first one is served
     */
    TopicCollisions(Collection<ServedTable> served, Collection<TableFile> files) {
        Stream.concat(
                        served.stream().map(ServedTable::file),
                        files.stream().map(TableFile::table).filter(file -> file.table() != null))
                .forEach(this::add);
    }

    private void add(CachedTable file) {
        for (TableName table : TableBuilder.changing(file)) {
            TableName other = tables.putIfAbsent(table.topic("").replace('.', '_'), table);
            // Tables may share a topic, which several tables' events can be told apart on.
            if (other != null && !other.topic("").equals(table.topic(""))) {
                collisions.put(file, other);
            }
        }
    }

    boolean contains(CachedTable file) {
        return collisions.containsKey(file);
    }

    /** @throws TableFileException if the topic of the file's table, or of one that it depends on, cannot exist */
    void require(CachedTable file) throws TableFileException {
        TableName other = collisions.get(file);
        if (other != null) {
            throw new TableFileException(
                    "table: Kafka lets no topics exist beside each other whose names differ only in dots"
                            + " and underscores, and one of " + other
                            + " is there: rename a table, or capture it elsewhere");
        }
    }
}
