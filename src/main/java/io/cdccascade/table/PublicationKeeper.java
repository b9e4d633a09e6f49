package io.cdccascade.table;

import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Adds to the publication the tables whose changes count, as far as the role may. Takes out again what it added once
 * PostgreSQL refuses other programs' writes because of it, and nothing else.
 *
 * <p>Under {@link CaptureContent#KEYS} it adds them with a list of columns. A list follows the files, but only grows: another
 * instance may need what is in it. What is published with whole rows is left alone.
 */
final class PublicationKeeper {

    /** SQLSTATE {@code insufficient_privilege}. */
    private static final String NOT_ALLOWED = "42501";

    private static final Logger LOG = LoggerFactory.getLogger(PublicationKeeper.class);

    private final Catalog catalog;
    private final CheckedTables checked;
    private final Set<TableName> refused = new HashSet<>();
    private final Set<TableName> added = new HashSet<>();

    PublicationKeeper(Catalog catalog, CheckedTables checked) {
        this.catalog = catalog;
        this.checked = checked;
    }

    /**
     * Publishes what the files need and the publication lacks.
     *
     * @param known what the catalog says about the tables that the files name
     * @return the same, with what was published described again
     * @throws DataAccessException if PostgreSQL cannot be asked
     */
    Map<TableName, Table> publish(Collection<CachedTable> files, Map<TableName, Table> known) {
        Set<TableName> changed = files.stream()
                .flatMap(file -> TableBuilder.changing(file).stream())
                .filter(name -> lacks(known.get(name)) && !refused.contains(name))
                .filter(name -> !keysOnly() || known.get(name).columnList().isAllowed(known.get(name)))
                .collect(Collectors.toCollection(TreeSet::new));
        changed.forEach(name -> publish(name, keysOnly() ? ColumnList.of(known.get(name), files) : List.of()));
        if (keysOnly()) {
            changed.addAll(extend(files, known));
        }
        Set<TableName> harmful = known.values().stream()
                .filter(table -> table.published() != null && table.readOnlyWhilePublished())
                // Whoever else has made the list: under this setting it is made for us.
                .filter(table -> added.contains(table.tableName())
                        || keysOnly() && table.columnList().published() != null)
                .map(Table::tableName)
                .collect(Collectors.toSet());
        harmful.forEach(this::withdraw);
        changed.addAll(harmful);
        if (changed.isEmpty()) {
            return known;
        }
        Map<TableName, Table> described = new HashMap<>(known);
        described.putAll(checked.describe(changed));
        return described;
    }

    private boolean keysOnly() {
        return catalog.content() == CaptureContent.KEYS;
    }

    /** Adds columns to the lists that lack some. Returns the tables. */
    private Set<TableName> extend(Collection<CachedTable> files, Map<TableName, Table> known) {
        Set<TableName> extended = new TreeSet<>();
        for (Table table : known.values()) {
            List<String> published = table.columnList().published();
            List<String> columns = ColumnList.of(table, files);
            TableName name = table.tableName();
            if (published != null
                    && table.columnList().isAllowed(table)
                    && !published.containsAll(columns)
                    && !refused.contains(name)
                    && attempt(name, () -> catalog.publishAgain(name, columns))) {
                LOG.info("The publication {} contains {} of {} now", catalog.publication(), columns, name);
                extended.add(name);
            }
        }
        return extended;
    }

    private static boolean lacks(Table table) {
        return table != null
                && table.published() == null
                && !table.primaryKey().isEmpty()
                && table.unpublishable() == null
                && table.tableName().isCapturable()
                && !table.readOnlyWhilePublished();
    }

    private void withdraw(TableName name) {
        try {
            catalog.withdraw(name);
            added.remove(name);
            LOG.warn(
                    "{} was taken out of the publication {}: PostgreSQL refused its updates because of its replica identity",
                    name,
                    catalog.publication());
        } catch (DataAccessException e) {
            LOG.warn("{} could not be taken out of the publication {}", name, catalog.publication(), e);
        }
    }

    private void publish(TableName name, List<String> columns) {
        if (attempt(name, () -> catalog.publish(name, columns))) {
            added.add(name);
            LOG.info("{} was added to the publication {}", name, catalog.publication());
        }
    }

    /** Whether the publication could be changed. */
    private boolean attempt(TableName name, Runnable change) {
        try {
            change.run();
            return true;
        } catch (DataAccessException e) {
            if (e.getMostSpecificCause() instanceof SQLException cause && NOT_ALLOWED.equals(cause.getSQLState())) {
                // Not tried again every second. The file's problem names the statement for somebody who may run it.
                refused.add(name);
            }
            LOG.debug("{} was not added to the publication", name, e);
            return false;
        }
    }
}
