package io.cdccascade.table;

import io.cdccascade.cache.CacheInvalidator;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.redisson.client.RedisException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;

/**
 * Makes what is served agree with the table files and the catalog. Both may change at any time, so {@link #follow} is
 * called again and again.
 *
 * <p>The entries of a table have a {@linkplain ServedTable#fingerprint() schema fingerprint}, a digest of the file and
 * of the catalog. Wherever it changes, by a column, a rule, a table that was dropped and created, or its place in the
 * publication, the table's entries are forgotten. Forgetting also makes every fill wait for a snapshot that sees each
 * transaction that had begun by then ({@link CacheInvalidator#forget}). So no entry can miss a change that was written
 * before the table was captured, or under rules that said less.
 *
 * <p>Safe for use by many threads.
 */
public final class TableFollower implements CamelContextAware {

    private static final Logger LOG = LoggerFactory.getLogger(TableFollower.class);

    static final String LOCKED = "table: another session holds a lock (LOCK TABLE, ALTER TABLE) on the table, a "
            + "partition of it, or what it depends on or is read through, so PostgreSQL cannot describe it: wait for that "
            + "session, or see pg_locks and end it";
    private static final String UNCHECKED = LOCKED + "; until then nothing is answered from the cache";

    private final Catalog catalog;
    private final CheckedTables checked;
    private final PublicationKeeper publication;
    private final FingerprintAdoption fingerprints;
    private final Consumer<Collection<TableName>> announced;
    private CamelContext context;
    private TableFileReader reader;
    private Map<String, ServedTable> built = Map.of();
    private volatile ServedTables current = new ServedTables(List.of(), List.of(), Set.of());
    private volatile TableFileReport report = new TableFileReport(Map.of(), Map.of(), null);
    private volatile boolean hasLooked;
    private volatile boolean hasReadCatalog;

    /**
     * @param catalog       what PostgreSQL knows
     * @param invalidations the cache, by a client that waits for Redis
     * @param announced     is told which tables' changes are captured, before a table is served that they concern
     * @param uncheckedMillis how long a table that the catalog cannot describe, because it is locked, is answered from the
     *                      cache
     */
    public TableFollower(
            Catalog catalog,
            CacheInvalidator invalidations,
            Consumer<Collection<TableName>> announced,
            long uncheckedMillis) {
        this.catalog = catalog;
        this.checked = new CheckedTables(catalog, uncheckedMillis);
        this.publication = new PublicationKeeper(catalog, checked);
        this.fingerprints = new FingerprintAdoption(invalidations);
        this.announced = announced;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.context = camelContext;
        this.reader = new TableFileReader(camelContext);
    }

    /** The tables as they were found last. The first call looks, if {@link #follow} was never called. */
    ServedTables current() {
        if (!hasLooked) {
            lookFirst();
        }
        return current;
    }

    /** The same without looking, so without waiting. */
    ServedTables known() {
        return current;
    }

    /** What was found wrong with the files last. */
    TableFileReport report() {
        return report;
    }

    /** Whether PostgreSQL could be asked at least once. */
    boolean hasReadCatalog() {
        return hasReadCatalog;
    }

    /** Looks once only: while PostgreSQL is unreachable, requests must not queue up here. */
    private synchronized void lookFirst() {
        if (!hasLooked) {
            try {
                follow();
            } catch (NestedRuntimeException | RedisException e) {
                LOG.debug("The tables could not be read yet", e);
            }
        }
    }

    /**
     * Reads files and catalog, and serves what they say now.
     *
     * @throws NestedRuntimeException if PostgreSQL cannot be asked: the tables stay as they were, except those whose file
     *                                is gone
     * @throws RedisException         if Redis cannot be told: what it was not told is not cached until it is
     */
    public synchronized void follow() {
        try {
            look();
        } catch (RuntimeException e) {
            report(report.failed(reason(e)));
            throw e;
        } finally {
            hasLooked = true;
        }
        fingerprints.adopt(current);
        Set<String> disputed = fingerprints.disputed(current);
        // Shown before anything is forgotten: every change that follows the forgetting has to forget again.
        current = current.disputing(disputed);
        fingerprints.settle(disputed, current);
    }

    private void look() {
        Map<String, TableFile> files = reader.read(built);
        Map<String, ServedTable> tables = new LinkedHashMap<>(built);
        tables.keySet().retainAll(files.keySet());
        // Before the catalog is asked: a file that is gone takes effect even if PostgreSQL is unreachable.
        serve(tables, files, report.problems(), report.failure());
        TopicCollisions collisions = new TopicCollisions(built.values(), files.values());
        Map<TableName, Table> known = describe(files, collisions);
        Map<String, String> problems = new TreeMap<>();
        files.forEach((bean, file) -> {
            try {
                if (file.problem() != null) {
                    throw new TableFileException(file.problem());
                }
                collisions.require(file.table());
                tables.put(bean, build(file.table(), built.get(bean), known));
            } catch (TableFileException e) {
                problems.put(file.place(), e.getMessage());
                tables.remove(bean);
                rebuild(bean, known).ifPresent(table -> tables.put(bean, table));
            }
        });
        tables.forEach((bean, table) -> {
            if (checked.isOverdue(TableBuilder.names(table.file()))) {
                problems.putIfAbsent(files.get(bean).place(), UNCHECKED);
            }
        });
        announced.accept(tables.values().stream()
                .flatMap(table -> TableBuilder.changing(table.file()).stream())
                .collect(Collectors.toSet()));
        serve(tables, files, problems, null);
        hasReadCatalog = true;
    }

    private Map<TableName, Table> describe(Map<String, TableFile> files, TopicCollisions collisions) {
        List<CachedTable> definitions = new ArrayList<>();
        files.values().stream()
                .map(TableFile::table)
                .filter(file -> file.table() != null && !collisions.contains(file))
                .forEach(definitions::add);
        built.values().forEach(table -> definitions.add(table.file()));
        Set<TableName> names = definitions.stream()
                .flatMap(file -> TableBuilder.names(file).stream())
                .collect(Collectors.toCollection(TreeSet::new));
        return publication.publish(definitions, checked.describe(names));
    }

    private ServedTable build(CachedTable file, ServedTable before, Map<TableName, Table> known)
            throws TableFileException {
        if (checked.isLocked(TableBuilder.names(file))) {
            if (before == null || before.file() != file) {
                throw new TableFileException(LOCKED);
            }
            return before;
        }
        ServedTable table = new TableBuilder(file, known, catalog.publication(), catalog.content()).build(before);
        reader.requireRoutes(file);
        return table;
    }

    /** What a file said before a wrong edit stays in force, if it is still right. */
    private Optional<ServedTable> rebuild(String bean, Map<TableName, Table> known) {
        ServedTable before = built.get(bean);
        try {
            return before == null ? Optional.empty() : Optional.of(build(before.file(), before, known));
        } catch (TableFileException e) {
            return Optional.empty();
        }
    }

    private void serve(
            Map<String, ServedTable> tables,
            Map<String, TableFile> files,
            Map<String, String> problems,
            String failure) {
        built.forEach((bean, table) -> {
            if (!tables.containsKey(bean)) {
                fingerprints.interrupt(table.names());
            }
        });
        built = Map.copyOf(tables);
        List<CachedTable> unserved = new ArrayList<>();
        Map<String, String> hints = new TreeMap<>();
        Set<String> paths =
                built.values().stream().map(table -> table.file().path()).collect(Collectors.toSet());
        files.forEach((bean, file) -> {
            ServedTable table = built.get(bean);
            if (table != null) {
                List<String> found = ReplicaIdentityHints.of(table);
                if (!found.isEmpty()) {
                    hints.put(file.place(), String.join("; ", found));
                }
            } else if (file.table().table() != null
                    && !paths.contains(file.table().path())) {
                unserved.add(file.table());
            }
        });
        List<ServedTable> served = built.values().stream()
                .map(table -> checked.isOverdue(TableBuilder.names(table.file())) ? table.unchecked() : table)
                .toList();
        current = new ServedTables(served, unserved, current.disputed());
        report(new TableFileReport(problems, hints, failure));
    }

    private void report(TableFileReport now) {
        TableFileReport before = report;
        report = now;
        now.logChanges(before);
    }

    /** What PostgreSQL or its driver said; the pool's own words change with every attempt. */
    private static String reason(RuntimeException failure) {
        String reason = failure.toString();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                reason = "no connection was free in time";
            } else if (cause instanceof SQLException) {
                reason = String.valueOf(cause.getMessage()).replaceAll("\\s*\\R\\s*", " ");
            }
        }
        return reason;
    }
}
