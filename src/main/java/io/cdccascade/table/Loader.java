package io.cdccascade.table;

import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.RowVersion;
import io.cdccascade.cache.Snapshot;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Runs the statements that load rows from the primary, on the calling thread. */
public final class Loader {

    private final DataSource primary;

    /** @param primary connections to the primary, in auto-commit mode, with a limit on how long a statement may take */
    public Loader(DataSource primary) {
        this.primary = primary;
    }

    /**
     * A row of a page.
     *
     * @param row the row as PostgreSQL wrote it, JSON in UTF-8
     * @param key its key, a JSON array of texts
     */
    public record PageRow(byte[] row, String key) {}

    /** Reads one result row. */
    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /**
     * Runs a statement of {@link Statements} whose columns are {@code snapshot}, {@code lsn}, {@code history}, {@code row} and
     * {@code writer}.
     *
     * @param cancellation lets another thread give the statement up
     * @return one element for each result row, in their order
     * @throws SQLException if PostgreSQL refuses the statement, cannot be reached, or the statement was cancelled
     */
    public List<Loaded> load(String sql, List<String> parameters, Cancellation cancellation) throws SQLException {
        return query(sql, parameters, cancellation, row -> loaded(row, Snapshot.parse(row.getString(1))));
    }

    /**
     * PostgreSQL's clock: what was committed before it is seen by every later statement.
     *
     * @throws SQLException as for {@link #load}
     */
    public Instant clock(Cancellation cancellation) throws SQLException {
        return query(
                        "SELECT clock_timestamp()",
                        List.of(),
                        cancellation,
                        row -> row.getObject(1, OffsetDateTime.class).toInstant())
                .get(0);
    }

    private static Loaded loaded(ResultSet row, Snapshot snapshot) throws SQLException {
        long xmin = row.getLong(5);
        return new Loaded(
                new ReadPoint(row.getString(3), snapshot, row.getLong(2)),
                row.getBytes(4),
                row.wasNull() ? RowVersion.UNKNOWN : RowVersion.writer(xmin, snapshot));
    }

    /**
     * Runs a statement of {@link Statements} whose columns are {@code row} and {@code key}.
     *
     * @param parameters the statement's parameters, some of which may be null
     * @throws SQLException as for {@link #load}
     */
    public List<PageRow> page(String sql, List<String> parameters, Cancellation cancellation) throws SQLException {
        return query(sql, parameters, cancellation, row -> new PageRow(row.getBytes(1), row.getString(2)));
    }

    private <T> List<T> query(String sql, List<String> parameters, Cancellation cancellation, RowReader<T> reader)
            throws SQLException {
        try (var connection = primary.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.size(); i++) {
                statement.setString(i + 1, parameters.get(i));
            }
            cancellation.started(statement);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> read = new ArrayList<>();
                while (rows.next()) {
                    read.add(reader.read(rows));
                }
                return read;
            } finally {
                cancellation.ended();
            }
        }
    }
}
