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
import java.util.List;
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
            long floor = new PostgresXidSource(dataSource(postgres)).nextXid().xid();
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
    void thePrimaryHasComeAsFarAsEveryWriteThatHasReturned(@TempDir Path folder) throws Exception {
        try (EmbeddedPostgres postgres = started(folder);
                Connection writer = postgres.connect()) {
            XidSource primary = new PostgresXidSource(dataSource(postgres));
            text(writer, "SET synchronous_commit = off; CREATE TABLE written (id int); SELECT ''");
            WritePoint token = WritePoint.parse(text(writer, """
                    INSERT INTO written VALUES (1) RETURNING pg_current_xact_id()::text || '-'
                        || (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint || '-' || """ + " " + History.SQL));

            ReadPoint position = primary.position();

            assertThat(position.reaches(token)).isTrue();
            assertThat(position.history())
                    .isEqualTo(token.history())
                    .isEqualTo(primary.nextXid().history())
                    .isEqualTo(text(writer, History.SET_SYSTEM) + ".1")
                    .isEqualTo(text(writer, "SELECT " + History.SQL));
            for (WritePoint madeUp : List.of(
                    new WritePoint(token.history(), position.snapshot().xmax(), 1),
                    new WritePoint(token.history(), 1, position.lsn()),
                    new WritePoint(token.history().replaceAll("1$", "2"), 1, 1))) {
                assertThat(position.reaches(madeUp)).as(madeUp.toString()).isFalse();
            }
        }
    }

    @Test
    void anOrdinaryUserIsToldTheHistory(@TempDir Path folder) throws Exception {
        try (EmbeddedPostgres postgres = started(folder);
                Connection connection = postgres.connect()) {
            String history = text(connection, "SELECT " + History.SQL);
            text(connection, "CREATE ROLE nobody; SET ROLE nobody; SELECT ''");
            assertThat(text(connection, "SELECT " + History.SQL)).isEqualTo(history);
            text(connection, History.SET_SYSTEM);
            assertThat(text(connection, "SELECT " + History.SQL)).isEqualTo(history);
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
        try (var statement = connection.createStatement()) {
            // The result of the last of several statements.
            boolean isResult = statement.execute(sql);
            while (!isResult) {
                isResult = statement.getMoreResults();
            }
            var rows = statement.getResultSet();
            rows.next();
            return rows.getString(1);
        }
    }
}
