package io.cdccascade.capture;

import io.debezium.annotation.ConnectorSpecific;
import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.snapshot.spi.SnapshotQuery;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the rows of a snapshot, but for those of some tables. The snapshot of such a table consists of the TRUNCATE event of
 * {@link SnapshotTruncate}, which is all that the cache needs.
 *
 * <p>Debezium chooses it by {@code snapshot.query.mode=custom} and {@code snapshot.query.mode.custom.name}.
 */
@ConnectorSpecific(connector = PostgresConnector.class)
public final class SnapshotRows implements SnapshotQuery {

    static final String NAME = "cascade";
    /** The connector's setting: {@code schema.table} of the tables without rows, each on a line; {@link #NONE} for all. */
    static final String ROWLESS = "cascade.snapshot.rowless";

    static final String NONE = "*";

    private Set<String> rowless = Set.of();

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void configure(Map<String, ?> settings) {
        Object tables = settings.get(ROWLESS);
        rowless = tables == null ? Set.of() : Set.of(tables.toString().split("\n"));
    }

    /**
     * Never empty: a table without a query would be left out of the snapshot, and nothing would say so. Where no row is read,
     * the table is not named either, so that no right on it is needed.
     *
     * @param table   schema and table in double quotes
     * @param columns in double quotes
     */
    @Override
    public Optional<String> snapshotQuery(String table, List<String> columns) {
        String name = table.replaceAll("^\"|\"$", "").replace("\".\"", ".");
        return Optional.of(
                rowless.contains(NONE) || rowless.contains(name)
                        ? "SELECT "
                                + String.join(
                                        ", ",
                                        columns.stream()
                                                .map(column -> "NULL AS " + column)
                                                .toList()) + " WHERE false"
                        : "SELECT " + String.join(", ", columns) + " FROM " + table);
    }
}
