package io.cdccascade.table;

import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/** Adds to the publication the tables whose changes count, as far as the role may. Takes nothing out of it. */
final class PublicationKeeper {

    /** SQLSTATE {@code insufficient_privilege}. */
    private static final String NOT_ALLOWED = "42501";

    private static final Logger LOG = LoggerFactory.getLogger(PublicationKeeper.class);

    private final Catalog catalog;
    private final Set<TableName> refused = new HashSet<>();

    PublicationKeeper(Catalog catalog) {
        this.catalog = catalog;
    }

    /**
     * Publishes what the files need and the publication lacks.
     *
     * @param known what the catalog says about the tables that the files name
     * @return the same, with what was published described again
     * @throws DataAccessException if PostgreSQL cannot be asked
     */
    Map<TableName, Table> publish(Collection<CachedTable> files, Map<TableName, Table> known) {
        Set<TableName> missing = files.stream()
                .flatMap(file -> TableBuilder.changing(file).stream())
                .filter(name -> lacks(known.get(name)) && !refused.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
        if (missing.isEmpty()) {
            return known;
        }
        missing.forEach(this::publish);
        Map<TableName, Table> described = new HashMap<>(known);
        described.putAll(catalog.describe(missing));
        return described;
    }

    /** Once a table without a key is published, PostgreSQL refuses its updates: such a table is left alone. */
    private static boolean lacks(Table table) {
        return table != null
                && table.published() == null
                && !table.primaryKey().isEmpty()
                && !table.identity().isEmpty();
    }

    private void publish(TableName name) {
        try {
            catalog.publish(name);
            LOG.info("{} was added to the publication {}", name, catalog.publication());
        } catch (DataAccessException e) {
            if (e.getMostSpecificCause() instanceof SQLException cause && NOT_ALLOWED.equals(cause.getSQLState())) {
                // Not tried again every second. The file's problem names the statement for somebody who may run it.
                refused.add(name);
            }
            LOG.debug("{} was not added to the publication", name, e);
        }
    }
}
