package io.cdccascade.capture;

import io.debezium.annotation.ConnectorSpecific;
import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.snapshot.spi.SnapshotQuery;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads no row in a snapshot. The snapshot of a table then consists of the TRUNCATE event of {@link SnapshotTruncate}, which
 * is all that the cache needs.
 *
 * <p>Debezium chooses it by {@code snapshot.query.mode=custom} and {@code snapshot.query.mode.custom.name=no_rows}.
 */
@ConnectorSpecific(connector = PostgresConnector.class)
public final class NoRows implements SnapshotQuery {

    static final String NAME = "no_rows";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void configure(Map<String, ?> settings) {
        // Nothing to set.
    }

    /** Not empty: a table without a query would be left out of the snapshot, and nothing would say so. */
    @Override
    public Optional<String> snapshotQuery(String table, List<String> columns) {
        return Optional.of(
                columns.stream().collect(Collectors.joining(", ", "SELECT ", " FROM " + table + " WHERE false")));
    }
}
