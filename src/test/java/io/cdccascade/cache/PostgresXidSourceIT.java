package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

class PostgresXidSourceIT {

    @Test
    void theNextXidIsAboveTransactionsInProgressThatNoSnapshotNames(@TempDir Path folder) throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().setDataDirectory(folder.resolve("data"))
                .setOverrideWorkingDirectory(folder.toFile()).start();
                Connection writer = postgres.getPostgresDatabase().getConnection();
                Connection reader = postgres.getPostgresDatabase().getConnection()) {
            writer.setAutoCommit(false);
            long inProgress = Xid.parse(text(writer, "SELECT pg_current_xact_id()::text"));

            Snapshot snapshot = Snapshot.parse(text(reader, "SELECT pg_current_snapshot()::text"));
            assertThat(snapshot.xmax()).as("one past the highest completed").isLessThanOrEqualTo(inProgress);
            long floor = new PostgresXidSource(postgres.getPostgresDatabase()).nextXid();
            assertThat(floor).isGreaterThan(inProgress);
            assertThat(Snapshot.parse(text(reader, "SELECT pg_current_snapshot()::text")).xmin())
                    .as("fills wait for it").isLessThan(floor);

            writer.commit();
            assertThat(Snapshot.parse(text(reader, "SELECT pg_current_snapshot()::text")).xmin())
                    .as("fills go on").isGreaterThanOrEqualTo(floor);
        }
    }

    @Test
    void aPrimaryThatIsAwayGivesNoXid() {
        PGSimpleDataSource away = new PGSimpleDataSource();
        away.setPortNumbers(new int[] {1});
        assertThatIllegalStateException().isThrownBy(() -> new PostgresXidSource(away).nextXid());
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement(); var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
