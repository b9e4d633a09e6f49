package io.cdccascade.table;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.springframework.dao.DataAccessException;

/**
 * Describes tables, and remembers which ones it could not: a lock that another session holds keeps PostgreSQL from
 * describing its table, but not the others.
 *
 * <p>Not safe for use by several threads.
 */
final class CheckedTables {

    /** How many tables that were locked before may cost time again in one reading. */
    private static final int WAITS = 10;

    private final Catalog catalog;
    private final long boundNanos;
    private final Set<TableName> locked = new HashSet<>();
    private final Map<TableName, Long> checked = new HashMap<>();

    /** @param boundMillis how long a table may be left unchecked */
    CheckedTables(Catalog catalog, long boundMillis) {
        this.catalog = catalog;
        this.boundNanos = TimeUnit.MILLISECONDS.toNanos(boundMillis);
    }

    /**
     * Describes tables.
     *
     * @return what is known, without those that do not exist or are locked
     * @throws DataAccessException if PostgreSQL cannot be asked
     */
    Map<TableName, Table> describe(Collection<TableName> wanted) {
        long now = System.nanoTime();
        List<TableName> others = new ArrayList<>(wanted);
        others.removeAll(locked);
        List<TableName> lockedBefore = new ArrayList<>(wanted);
        lockedBefore.retainAll(locked);
        // Each has its turn, however many there are.
        Collections.shuffle(lockedBefore);
        Map<TableName, Table> known = new HashMap<>();
        read(others, known);
        int waits = 0;
        for (TableName name : lockedBefore) {
            if (waits < WAITS) {
                locked.remove(name);
                read(List.of(name), known);
                waits += locked.contains(name) ? 1 : 0;
            }
        }
        for (TableName name : wanted) {
            if (locked.contains(name)) {
                checked.putIfAbsent(name, now);
            } else {
                checked.put(name, now);
            }
        }
        return known;
    }

    private void read(List<TableName> names, Map<TableName, Table> known) {
        if (names.isEmpty()) {
            return;
        }
        try {
            known.putAll(catalog.describe(names));
        } catch (DataAccessException e) {
            if (!Catalog.isLocked(e)) {
                throw e;
            }
            if (names.size() == 1) {
                locked.add(names.get(0));
            } else {
                int half = names.size() / 2;
                read(names.subList(0, half), known);
                read(names.subList(half, names.size()), known);
            }
        }
    }

    /** Whether one of these tables could not be described last. */
    boolean isLocked(Set<TableName> names) {
        return !Collections.disjoint(names, locked);
    }

    /** Whether one of these tables has been locked for longer than the bound. */
    boolean isOverdue(Set<TableName> names) {
        long now = System.nanoTime();
        return names.stream().anyMatch(name -> locked.contains(name) && now - checked.get(name) > boundNanos);
    }
}
