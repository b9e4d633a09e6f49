package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.cdccascade.dev.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

class PostgresXidSourceIT {

    @Test
    void theNextXidIsAboveTransactionsInProgressThatNoSnapshotNames(@TempDir Path folder) throws Exception {
        try (EmbeddedPostgres postgres = started(folder);
                Connection writer = postgres.connect();
                Connection reader = postgres.connect()) {
            writer.setAutoCommit(false);
            long inProgress = Xid.parse(text(writer, "SELECT pg_current_xact_id()::text"));

            Snapshot snapshot = Snapshot.parse(text(reader, "SELECT pg_current_snapshot()::text"));
            assertThat(snapshot.xmax()).as("one past the highest completed").isLessThanOrEqualTo(inProgress);
            long floor = new PostgresXidSource(dataSource(postgres)).nextXid();
            assertThat(floor).isGreaterThan(inProgress);
            assertThat(Snapshot.parse(text(reader, "SELECT pg_current_snapshot()::text"))
                            .xmin())
                    .as("fills wait for it")
                    .isLessThan(floor);

            writer.commit();
            assertThat(Snapshot.parse(text(reader, "SELECT pg_current_snapshot()::text"))
                            .xmin())
                    .as("fills go on")
                    .isGreaterThanOrEqualTo(floor);
        }
    }

    @Test
    void aPrimaryThatIsAwayGivesNoXid() {
        PGSimpleDataSource away = new PGSimpleDataSource();
        away.setPortNumbers(new int[] {1});
        assertThatIllegalStateException().isThrownBy(() -> new PostgresXidSource(away).nextXid());
    }

    private static EmbeddedPostgres started(Path folder) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            EmbeddedPostgres postgres =
                    new EmbeddedPostgres(folder, free.getLocalPort(), "sinners", "admin", "adminpw", null);
            free.close();
            postgres.start();
            return postgres;
        }
    }

    private static PGSimpleDataSource dataSource(EmbeddedPostgres postgres) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(postgres.jdbcUrl());
        dataSource.setUser("admin");
        dataSource.setPassword("adminpw");
        return dataSource;
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
