package io.cdccascade.invalidation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** PostgreSQL's log, and how far it has been captured through a replication slot. */
public final class CapturedLog {

    private static final String MARK = "SELECT pg_logical_emit_message(true, 'cdc-cascade', '') - '0/0'::pg_lsn";
    private static final String CAPTURED = "SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots "
            + "WHERE slot_name = ? AND database = current_database()";

    private final DataSource primary;
    private final String slot;

    /**
     * @param primary connections to the primary
     * @param slot    the slot's name
     */
    public CapturedLog(DataSource primary, String slot) {
        this.primary = primary;
        this.slot = slot;
    }

    /**
     * Writes a logical message, which carries nothing.
     *
     * @return its place in the log: every transaction that was committed before the call has an earlier one
     */
    long mark() throws SQLException {
        try (Connection connection = primary.getConnection();
                PreparedStatement mark = connection.prepareStatement(MARK);
                ResultSet place = mark.executeQuery()) {
            place.next();
            return place.getLong(1);
        }
    }

    /**
     * Whether Kafka has everything that was committed before a place in the log.
     *
     * @throws SQLException also when there is no such slot
     */
    boolean isCaptured(long place) throws SQLException {
        try (Connection connection = primary.getConnection();
                PreparedStatement captured = connection.prepareStatement(CAPTURED)) {
            captured.setString(1, slot);
            try (ResultSet confirmed = captured.executeQuery()) {
                if (!confirmed.next()) {
                    throw new SQLException("there is no replication slot " + slot + " in this database");
                }
                return confirmed.getLong(1) >= place;
            }
        }
    }
}
