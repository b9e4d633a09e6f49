package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.cdccascade.dev.EmbeddedPostgres;
import io.cdccascade.table.SampleTables;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.Statements.Condition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A PostgreSQL that is killed gives xids again that it had not yet flushed. Here one is given to a transaction that
 * changes a row, after having been that of one that rolled back and that everybody saw to be over.
 */
class PrimaryCrashIT {

    private static final ServedTable SINNERS = SampleTables.sinners();
    private static final CacheKey CACHED = new CacheKey("public.sinners", "14");
    private static final CacheKey LOADING = new CacheKey("public.sinners", "17");
    private static final long MINUTE = 60_000;
    private static final String EVENTS = """
            SELECT xid::text || '-' || (lsn - '0/0'::pg_lsn)::bigint
            FROM pg_logical_slot_peek_binary_changes('here', NULL, NULL,
                                                     'proto_version', '1', 'publication_names', 'cascade')
            WHERE get_byte(data, 0) = ascii('U')
            ORDER BY lsn""";

    @TempDir
    private Path folder;

    private EmbeddedPostgres postgres;
    private TestRedis redis;
    private SyncCache cache;

    private record Loaded(ReadPoint point, String row) {}

    @BeforeEach
    void start() throws Exception {
        postgres = new EmbeddedPostgres(
                folder.resolve("postgres"), freePort(), "sinners", "admin", "adminpw", Path.of("scripts/init.sql"));
        postgres.start();
        texts("SELECT pg_create_logical_replication_slot('here', 'pgoutput')::text");
        redis = new TestRedis(folder);
        cache = new SyncCache(
                redis,
                () -> 1,
                new SimpleMeterRegistry(),
                new CacheSettings("test", 64, false, 10 * MINUTE, 0, 10 * MINUTE));
    }

    @AfterEach
    void stop() {
        redis.close();
        postgres.stop();
    }

    @Test
    void anXidThatIsGivenAgainIsNotTakenForTheOneThatWasSeen() throws Exception {
        Lease quick = lease(CACHED);
        Lease slow = lease(LOADING);
        stopWalWriter();
        Set<Long> rolledBack = rollBackFive();
        Loaded old = load(CACHED);
        Loaded oldOther = load(LOADING);
        postgres.kill();
        assertThat(cache.fill(quick, old.point(), old.row(), MINUTE)).isEqualTo(FillResult.STORED);

        postgres.start();
        WritePoint token = update(CACHED);
        update(LOADING);

        List<WritePoint> events = texts(EVENTS).stream().map(WritePoint::parse).toList();
        assertThat(events)
                .hasSize(2)
                .extracting(WritePoint::xid)
                .as("given again")
                .isSubsetOf(rolledBack)
                .allMatch(old.point().snapshot()::sees, "seen by the old snapshot, by its xid");
        assertThat(token.xid())
                .as("the same transaction")
                .isEqualTo(events.get(0).xid());

        WritePoint xidAlone = new WritePoint(token.xid(), 0);
        assertThat(cache.lookup(CACHED, xidAlone)).as("without the log").isInstanceOf(Lookup.Hit.class);
        assertThat(cache.invalidate(List.of(new Fence(CACHED, xidAlone))))
                .as("without the log")
                .containsExactly(Verdict.KEPT);

        assertThat(cache.lookup(CACHED, token)).isEqualTo(new Lookup.Bypass(Lookup.Reason.UNSEEN));
        assertThat(cache.invalidate(List.of(new Fence(CACHED, events.get(0)), new Fence(LOADING, events.get(1)))))
                .containsExactly(Verdict.DROPPED, Verdict.FENCED);
        assertThat(cache.fill(slow, oldOther.point(), oldOther.row(), MINUTE)).isEqualTo(FillResult.FENCED);

        for (CacheKey key : List.of(CACHED, LOADING)) {
            Loaded now = load(key);
            assertThat(cache.fill(lease(key), now.point(), now.row(), MINUTE)).isEqualTo(FillResult.STORED);
        }
        assertThat(cache.invalidate(List.of(new Fence(CACHED, events.get(0)), new Fence(CACHED, token))))
                .as("late events cost nothing")
                .containsExactly(Verdict.KEPT, Verdict.KEPT);
        assertThat(cache.lookup(CACHED, token))
                .asInstanceOf(type(Lookup.Hit.class))
                .satisfies(hit -> assertThat(hit.entry().row()).contains("\"libram\":\"Envy\""));
    }

    /** What only rolled back is flushed by the WAL writer at its next turn: it shall not have one before the kill. */
    private void stopWalWriter() throws Exception {
        String pid = texts("SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'walwriter'")
                .get(0);
        assertThat(new ProcessBuilder("kill", "-STOP", pid).start().waitFor()).isZero();
    }

    /** Returns the xids of transactions that are over and have left nothing in the flushed log. */
    private Set<Long> rollBackFive() throws SQLException {
        List<Long> xids = new ArrayList<>();
        try (Connection connection = postgres.connect();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < 5; i++) {
                try (var rows = statement.executeQuery("SELECT pg_current_xact_id()::text")) {
                    rows.next();
                    xids.add(Xid.parse(rows.getString(1)));
                }
                connection.rollback();
            }
        }
        return Set.copyOf(xids);
    }

    private Loaded load(CacheKey key) throws SQLException {
        try (Connection connection = postgres.connect();
                var statement = connection.prepareStatement(SINNERS.statements().load())) {
            statement.setString(1, "[\"" + key.key() + "\"]");
            try (var rows = statement.executeQuery()) {
                rows.next();
                return new Loaded(
                        new ReadPoint(Snapshot.parse(rows.getString("snapshot")), rows.getLong("lsn")),
                        rows.getString("row"));
            }
        }
    }

    private WritePoint update(CacheKey key) throws SQLException {
        try (Connection connection = postgres.connect();
                var statement =
                        connection.prepareStatement(SINNERS.statements().update(List.of("libram"), Condition.NONE))) {
            statement.setString(1, "[\"" + key.key() + "\"]");
            statement.setString(2, "[]");
            statement.setString(3, "{\"libram\":\"Envy\"}");
            try (var rows = statement.executeQuery()) {
                rows.next();
                return WritePoint.parse(rows.getString("token"));
            }
        }
    }

    private List<String> texts(String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Connection connection = postgres.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }

    private Lease lease(CacheKey key) {
        Lookup lookup = cache.lookup(key, null);
        assertThat(lookup).isInstanceOf(Lookup.Leased.class);
        return ((Lookup.Leased) lookup).lease();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
