package io.cdccascade.invalidation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import javax.sql.DataSource;

/** PostgreSQL's log, and how far it has been captured through a replication slot. */
public final class CapturedLog {

    private static final String MARK = """
            SELECT clock_timestamp(), pg_logical_emit_message(true, 'cdc-cascade', '') - '0/0'::pg_lsn,
                   coalesce((SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots
                             WHERE slot_name = ? AND database = current_database()), 0)""";
    private static final String CAPTURED = "SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots "
            + "WHERE slot_name = ? AND database = current_database()";

    /**
     * A mark in the log.
     *
     * @param place every transaction that was committed before the mark was made has an earlier one
     * @param time  PostgreSQL's clock just before that
     * @param kept  how much log PostgreSQL keeps for the slot, in bytes; 0 if there is no slot
     */
    record Mark(long place, Instant time, long kept) {}

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

    /** Writes a logical message, which carries nothing. */
    Mark mark() throws SQLException {
        try (Connection connection = primary.getConnection();
                PreparedStatement mark = connection.prepareStatement(MARK)) {
            mark.setString(1, slot);
            try (ResultSet place = mark.executeQuery()) {
                place.next();
                return new Mark(
                        place.getLong(2),
                        place.getObject(1, OffsetDateTime.class).toInstant(),
                        place.getLong(3));
            }
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
