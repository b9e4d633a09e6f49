package io.cdccascade.consistency;

import static org.awaitility.Awaitility.await;

import io.cdccascade.dev.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A transaction whose commit can be decoded and is not yet visible: it waits for the answer of a standby that does not
 * exist. {@link #close} lets it become visible.
 *
 * @see <a href="https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION">PostgreSQL:
 *      Synchronous Replication</a>
 */
final class HiddenCommit implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final EmbeddedPostgres postgres;
    private final Connection connection;
    private final int backend;
    private final CompletableFuture<Void> commit;

    /** Carries out one SQL statement and returns when its commit waits. {@link #makePossible} comes first. */
    static HiddenCommit of(EmbeddedPostgres postgres, String sql) throws SQLException {
        HiddenCommit commit = new HiddenCommit(postgres, sql);
        if (!commit.hides()) {
            commit.close();
            throw new IllegalStateException("The commit did not wait");
        }
        return commit;
    }

    private HiddenCommit(EmbeddedPostgres postgres, String sql) throws SQLException {
        this.postgres = postgres;
        connection = postgres.connect();
        Statement statement = connection.createStatement();
        statement.execute("SET synchronous_commit = on");
        try (ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            backend = row.getInt(1);
        }
        commit = CompletableFuture.runAsync(
                () -> {
                    try {
                        statement.execute(sql);
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                },
                work -> new Thread(work, "hidden-commit").start());
    }

    /** Whether it still waits. */
    boolean isHidden() {
        return !commit.isDone();
    }

    /** Waits until the commit waits, or has been made at once. */
    private boolean hides() {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(PATIENCE)
                .until(() -> !isHidden() || waits());
        return isHidden();
    }

    private boolean waits() throws SQLException {
        return ask(postgres, "SELECT wait_event = 'SyncRep' FROM pg_stat_activity WHERE pid = " + backend);
    }

    /** From here on commits may be hidden; those of all other connections go on as ever. */
    static void makePossible(EmbeddedPostgres postgres) throws SQLException {
        run(
                postgres,
                "ALTER SYSTEM SET synchronous_commit = 'local'",
                "ALTER SYSTEM SET synchronous_standby_names = 'ghost'",
                "SELECT pg_reload_conf()");
        // Commits begin to wait when PostgreSQL's checkpointer has noticed. A logical message is a change of no row.
        await().atMost(PATIENCE).until(() -> {
            try (HiddenCommit probe = new HiddenCommit(postgres, "SELECT pg_logical_emit_message(true, 'probe', '')")) {
                return probe.hides();
            }
        });
    }

    /** The opposite of {@link #makePossible}: whatever waits becomes visible. */
    static void makeImpossible(EmbeddedPostgres postgres) throws SQLException {
        run(
                postgres,
                "ALTER SYSTEM RESET synchronous_standby_names",
                "ALTER SYSTEM RESET synchronous_commit",
                "SELECT pg_reload_conf()");
    }

    /** Lets the commit become visible, and returns when it is. */
    @Override
    public void close() throws SQLException {
        try (connection) {
            if (isHidden()) {
                run(postgres, "SELECT pg_cancel_backend(" + backend + ")");
            }
            commit.join();
        }
    }

    private static void run(EmbeddedPostgres postgres, String... statements) throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static boolean ask(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() && row.getBoolean(1);
        }
    }
}
