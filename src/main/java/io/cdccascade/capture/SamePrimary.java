package io.cdccascade.capture;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Whether rows are read from the PostgreSQL whose changes are captured. One address may lead to two servers, one after the
 * other, and a connection stays where it was made.
 *
 * <p>A server is known by its system identifier, its timeline, and when it was started: a copy has the first two. Each new
 * connection says which server it is on {@linkplain #watch before it is used}. Another one than before ends the
 * {@linkplain #agrees agreement}, until all connections are on one server and capture's slot is active there; who reads
 * the slot does not matter, so this holds for Kafka Connect too. A server on which the slot was active once is taken for
 * the captured one also while capture is down.
 *
 * <p>Before a new agreement nobody has disagreed for the length of a lease, and everything is forgotten, so that no lease from
 * before it fills anything. Part of readiness. Safe for use by many threads.
 */
public final class SamePrimary extends AbstractHealthCheck {

    private static final Logger LOG = LoggerFactory.getLogger(SamePrimary.class);

    private static final String SERVER = """
            SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                       CASE WHEN pg_is_in_recovery() THEN 'standby'
                            ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END,
                       extract(epoch FROM pg_postmaster_start_time())),
                   EXISTS (SELECT FROM pg_replication_slots
                           WHERE slot_name = ? AND database = current_database() AND active)""";

    /** @param captured whether the slot is active on it */
    private record Server(String id, boolean captured) {}

    private final String slot;
    private final long startNanos;
    private final long leaseNanos;
    private final Runnable forget;
    private final long madeNanos = System.nanoTime();
    private String connectedTo;
    private String captured;
    private boolean mixed;
    private long changedNanos;
    private volatile String trouble;

    /**
     * @param slot        the capture's replication slot
     * @param startMillis how long after the start of this process it may take until the slot is active
     * @param leaseMillis how long a lease lives that is not renewed
     * @param forget      forgets what is cached of every table; may throw, and is then called again
     */
    public SamePrimary(String slot, long startMillis, long leaseMillis, Runnable forget) {
        super("cdc-cascade", "primary");
        this.slot = slot;
        this.startNanos = TimeUnit.MILLISECONDS.toNanos(startMillis);
        this.leaseNanos = TimeUnit.MILLISECONDS.toNanos(leaseMillis);
        this.forget = forget;
    }

    /** Whether the cache may answer, and be filled. */
    public boolean agrees() {
        return trouble == null;
    }

    /** The same connections, each of which says where it leads before anybody has it; none to a server that is too old. */
    public DataSource watch(DataSource connections) {
        return new DelegatingDataSource(connections) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection connection = super.getConnection();
                try {
                    SupportedServer.require(connection);
                    connected(ask(connection).id());
                    return connection;
                } catch (SQLException | RuntimeException e) {
                    connection.close();
                    throw e;
                }
            }
        };
    }

    private synchronized void connected(String server) {
        if (connectedTo != null && !connectedTo.equals(server)) {
            mixed = true;
            disagree("new connections lead to another PostgreSQL, " + server + " instead of " + connectedTo);
        }
        connectedTo = server;
    }

    /**
     * Compares. To be called again and again.
     *
     * @param pool  the connections that rows are read with
     * @param renew makes the pool replace its connections
     */
    public void check(DataSource pool, Runnable renew) {
        Server server;
        try (Connection connection = pool.getConnection()) {
            server = ask(connection);
        } catch (SQLException e) {
            LOG.debug("PostgreSQL could not be asked which one it is", e);
            return;
        }
        boolean renewing;
        synchronized (this) {
            renewing = mixed || !server.id().equals(connectedTo);
            mixed = false;
            if (!renewing) {
                compare(server);
            }
        }
        if (renewing) {
            renew.run();
        }
    }

    private void compare(Server server) {
        if (server.captured()) {
            agree(server);
        } else if (captured == null && System.nanoTime() - madeNanos < startNanos) {
            LOG.debug("Capture has not started yet");
        } else if (!server.id().equals(captured)) {
            disagree("rows are read from PostgreSQL " + server.id() + ", and the replication slot " + slot
                    + " is not active there");
        }
    }

    private void agree(Server server) {
        if (trouble != null) {
            if (System.nanoTime() - changedNanos < leaseNanos) {
                return;
            }
            forget.run();
            LOG.info("Rows are read from the PostgreSQL that is captured: the cache is used again");
        }
        captured = server.id();
        trouble = null;
    }

    private void disagree(String why) {
        changedNanos = System.nanoTime();
        if (!Objects.equals(trouble, why)) {
            LOG.warn("The cache is not used: {}", why);
        }
        trouble = why;
    }

    private Server ask(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement(SERVER)) {
            statement.setString(1, slot);
            try (var row = statement.executeQuery()) {
                row.next();
                return new Server(row.getString(1), row.getBoolean(2));
            }
        }
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        String now = trouble;
        if (now == null) {
            builder.up();
        } else {
            builder.down()
                    .message("The cache is not used: " + now
                            + ". It is used again when the API and capture are connected to the same primary; if an"
                            + " address has moved, stop the old primary or restart capture");
        }
    }
}
