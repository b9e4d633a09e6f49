package io.cdccascade.cache;

import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Asks a PostgreSQL primary. {@link #nextXid} uses an xid up, which happens only when a cache begins, is forgotten or has
 * lost its memory. A hot standby cannot assign xids and fails, which is as it should be: it does not know what is in
 * progress on the primary.
 */
public final class PostgresXidSource implements XidSource {

    private static final String NEXT_XID = "SELECT pg_current_xact_id()::text, " + History.SQL;
    private static final String POSITION = "SELECT " + History.SQL
            + ", pg_current_snapshot()::text, (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint";

    private final DataSource dataSource;

    /** Reads the one row of a result. */
    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** @param dataSource connections to the primary, in auto-commit mode */
    public PostgresXidSource(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public Floor nextXid() {
        return query(NEXT_XID, row -> new Floor(Xid.parse(row.getString(1)), row.getString(2)));
    }

    @Override
    public ReadPoint position() {
        return query(
                POSITION, row -> new ReadPoint(row.getString(1), Snapshot.parse(row.getString(2)), row.getLong(3)));
    }

    private <T> T query(String sql, RowReader<T> reader) {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return reader.read(rows);
        } catch (SQLException e) {
            throw new IllegalStateException("the primary did not say where it stands", e);
        }
    }
}
