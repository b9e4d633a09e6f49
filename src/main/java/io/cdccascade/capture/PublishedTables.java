package io.cdccascade.capture;

import io.cdccascade.table.TableName;
import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * The tables of a connector's publication, as far as the connector can capture them. What the publication contains is streamed,
 * without a list in the connector's settings, so that tables may be added while it runs. Only a snapshot needs a list.
 *
 * @param tables     all of them
 * @param unreadable those whose rows this role may not read: they are streamed, and only a snapshot has to do without the rows
 */
record PublishedTables(List<TableName> tables, List<TableName> unreadable) {

    private static final String NOTHING = "(?!)";

    /**
     * Asks PostgreSQL.
     *
     * @param settings the connector's settings
     * @throws SQLException if PostgreSQL cannot be asked
     */
    static PublishedTables read(Properties settings) throws SQLException {
        var connector = new PostgresConnectorConfig(Configuration.from(settings));
        List<TableName> tables = new ArrayList<>();
        List<TableName> unreadable = new ArrayList<>();
        try (var database = new PostgresConnection(connector.getJdbcConfig(), "cdc-cascade publication")) {
            database.prepareQuery(
                    """
                    SELECT schemaname, tablename, has_schema_privilege(schemaname, 'USAGE')
                           AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT')
                    FROM pg_publication_tables WHERE pubname = ?""",
                    statement -> statement.setString(1, connector.publicationName()), rows -> {
                        while (rows.next()) {
                            TableName table = new TableName(rows.getString(1), rows.getString(2));
                            // A table that somebody else has published and that cannot be read must not stop the
                            // others.
                            if (table.isCapturable()) {
                                tables.add(table);
                                if (!rows.getBoolean(3)) {
                                    unreadable.add(table);
                                }
                            }
                        }
                    });
        }
        return new PublishedTables(tables, unreadable);
    }

    /** The tables as {@code snapshot.include.collection.list} takes them: expressions that match {@code schema.table}. */
    String expressions() {
        // An empty list would mean every table of the database.
        return tables.isEmpty()
                ? NOTHING
                : tables.stream().map(TableName::expression).collect(Collectors.joining(","));
    }

    /** The unreadable tables as {@link SnapshotRows} takes them. */
    String rowless() {
        return unreadable.stream().map(TableName::unquoted).collect(Collectors.joining("\n"));
    }
}
