package io.cdccascade.cache;

import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Takes an xid from a PostgreSQL primary. Uses one up, which happens only when a cache begins, is forgotten or has lost
 * its memory. A hot standby cannot assign xids and fails, which is as it should be: it does not know what is in
 * progress on the primary.
 */
public final class PostgresXidSource implements XidSource {

    private final DataSource dataSource;

    /** @param dataSource connections to the primary, in auto-commit mode */
    public PostgresXidSource(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public long nextXid() {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT pg_current_xact_id()::text")) {
            rows.next();
            return Xid.parse(rows.getString(1));
        } catch (SQLException e) {
            throw new IllegalStateException("the primary gave no transaction id", e);
        }
    }
}
