package io.cdccascade.table;

import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives up one load: its statement if that runs, or before that starts. Safe for use by many threads. */
public final class Cancellation {

    private static final Logger LOG = LoggerFactory.getLogger(Cancellation.class);
    /** PostgreSQL's code for a statement that was cancelled. */
    private static final String QUERY_CANCELED = "57014";

    private Statement running;
    private boolean cancelled;

    /** Cancels the statement that runs, or the next one. Blocks while PostgreSQL is told so. */
    public synchronized void cancel() {
        cancelled = true;
        if (running != null) {
            try {
                running.cancel();
            } catch (SQLException e) {
                LOG.debug("A statement that nobody waits for goes on to its end", e);
            }
        }
    }

    /** @throws SQLException if the load was cancelled before */
    synchronized void started(Statement statement) throws SQLException {
        if (cancelled) {
            throw new SQLException("Nobody waits for this load any more", QUERY_CANCELED);
        }
        running = statement;
    }

    /** From here on a cancel would hit somebody else's statement on the same connection. */
    synchronized void ended() {
        running = null;
    }
}
