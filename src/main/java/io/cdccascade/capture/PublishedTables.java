package io.cdccascade.capture;

import io.cdccascade.table.TableName;
import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * The tables of a connector's publication. What the publication contains is streamed, without a list in the connector's
 * settings, so that tables may be added while it runs. Only a snapshot needs a list.
 */
final class PublishedTables {

    private static final String NOTHING = "(?!)";

    private PublishedTables() {}

    /**
     * The tables as {@code snapshot.include.collection.list} takes them: expressions that match {@code schema.table}.
     *
     * @param settings the connector's settings
     * @throws SQLException if PostgreSQL cannot be asked
     */
    static String expressions(Properties settings) throws SQLException {
        var connector = new PostgresConnectorConfig(Configuration.from(settings));
        List<String> tables = new ArrayList<>();
        try (var database = new PostgresConnection(connector.getJdbcConfig(), "cdc-cascade publication")) {
            database.prepareQuery(
                    "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = ?",
                    statement -> statement.setString(1, connector.publicationName()),
                    rows -> {
                        while (rows.next()) {
                            TableName table = new TableName(rows.getString(1), rows.getString(2));
                            // A table that somebody else has published and that cannot be read must not stop the
                            // others.
                            if (table.isCapturable()) {
                                tables.add(table.expression());
                            }
                        }
                    });
        }
        // An empty list would mean every table of the database.
        return tables.isEmpty() ? NOTHING : String.join(",", tables);
    }
}
