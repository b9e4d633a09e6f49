package io.cdccascade.table;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The tables at one moment: each file's table is either served or not. Immutable. */
public final class ServedTables {

    private final Map<String, ServedTable> served = new TreeMap<>();
    private final Map<String, CachedTable> unserved = new TreeMap<>();
    private final Map<TableName, Set<ServedTable>> touched = new HashMap<>();
    private final Map<String, ServedTable> refreshed = new HashMap<>();
    private final Set<String> disputed;

    /**
     * @param served   the tables that are served, each under a path of its own
     * @param unserved the files whose table cannot be served; of several with one path the first counts
     * @param disputed the names of what another instance caches by rules that this one does not know, and which it
     *                 therefore cannot apply to a change
     */
    public ServedTables(Collection<ServedTable> served, Collection<CachedTable> unserved, Set<String> disputed) {
        served.forEach(table -> this.served.put(table.file().path(), table));
        for (ServedTable table : this.served.values()) {
            touchedBy(table.table().tableName()).add(table);
            table.file().dependsOn().forEach(rule -> touchedBy(rule.source()).add(table));
            if (table.file().refreshes()) {
                table.names().forEach(name -> refreshed.put(name, table));
            }
        }
        unserved.forEach(file -> this.unserved.putIfAbsent(file.path(), file));
        this.disputed = Set.copyOf(disputed);
    }

    /** The table that is served under this path segment. */
    public Optional<ServedTable> at(String path) {
        return Optional.ofNullable(served.get(path));
    }

    /** Whether a file claims this path segment, but its table cannot be served. */
    public boolean unserved(String path) {
        return unserved.containsKey(path);
    }

    /** The tables that are served, in the order of their paths. */
    public Collection<ServedTable> served() {
        return Collections.unmodifiableCollection(served.values());
    }

    private Set<ServedTable> touchedBy(TableName table) {
        return touched.computeIfAbsent(table, any -> new LinkedHashSet<>());
    }

    /** The tables that are served and whose entries a change of this table may touch, in the order of their paths. */
    public Collection<ServedTable> touched(TableName changed) {
        return Collections.unmodifiableCollection(touched.getOrDefault(changed, Set.of()));
    }

    /** The tables whose entries are loaded again when a change touches them, by the names of their entries. */
    public Map<String, ServedTable> refreshed() {
        return Collections.unmodifiableMap(refreshed);
    }

    /** The files whose table cannot be served. */
    public Collection<CachedTable> unserved() {
        return Collections.unmodifiableCollection(unserved.values());
    }

    /** The names of what another instance caches by rules that this one does not know. */
    public Set<String> disputed() {
        return disputed;
    }

    /** The files of all these tables, whether they are served or not. */
    public Stream<CachedTable> files() {
        return Stream.concat(served.values().stream().map(ServedTable::file), unserved.values().stream());
    }

    /** The same tables with other disputes. */
    ServedTables disputing(Set<String> names) {
        return new ServedTables(served.values(), unserved.values(), names);
    }

    /** Whether entries of this name belong to a table that is served. */
    boolean serves(String name) {
        return served.values().stream().anyMatch(table -> table.names().contains(name));
    }
}
