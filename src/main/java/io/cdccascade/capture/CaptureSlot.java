package io.cdccascade.capture;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * The capture's replication slot as PostgreSQL shows it.
 *
 * @param system      the database system's identifier and timeline
 * @param serverStart when the server was started
 * @param logEnd      the LSN at which the flushed log ends
 * @param exists      whether there is such a slot; what is below means nothing where there is none
 * @param foreign     whose the slot is, if it is not this capture's; else null
 * @param lost        whether the log that the slot needs has been removed
 * @param confirmed   the LSN up to which the slot has been confirmed
 */
public record CaptureSlot(
        String system, String serverStart, long logEnd, boolean exists, String foreign, boolean lost, long confirmed) {

    /** How many slots capture needs: its own, and two {@linkplain #marks marks}. */
    public static final int NEEDED = 3;

    private static final String QUERY = """
            SELECT (SELECT system_identifier FROM pg_control_system())
                       || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
                   pg_postmaster_start_time()::text,
                   pg_current_wal_flush_lsn() - '0/0'::pg_lsn,
                   slot.slot_name IS NOT NULL,
                   CASE WHEN slot.database <> current_database() THEN 'of the database ' || slot.database
                        WHEN slot.slot_type <> 'logical' THEN 'not for logical decoding'
                        WHEN slot.plugin <> 'pgoutput' THEN 'for the plug-in ' || slot.plugin END,
                   coalesce(slot.wal_status, '') = 'lost',
                   slot.confirmed_flush_lsn - '0/0'::pg_lsn
            FROM (SELECT 1) one LEFT JOIN pg_replication_slots slot ON slot.slot_name = ?""";

    /**
     * Asks a primary.
     *
     * @param name the slot's name
     */
    public static CaptureSlot read(Connection database, String name) throws SQLException {
        try (var query = database.prepareStatement(QUERY)) {
            query.setString(1, name);
            try (var rows = query.executeQuery()) {
                rows.next();
                return new CaptureSlot(
                        rows.getString(1),
                        rows.getString(2),
                        rows.getLong(3),
                        rows.getBoolean(4),
                        rows.getString(5),
                        rows.getBoolean(6),
                        rows.getLong(7));
            }
        }
    }

    /** A regular expression that matches the names of the marks of a slot, which are slots that keep no log. */
    public static String marks(String name) {
        return HistoryMarks.expression(name);
    }

    /** What to say and do about a slot that is {@link #foreign()}. */
    public String refusal(String name) {
        return "The replication slot " + name + " is " + foreign
                + ". Set cascade.capture.slot to a name that no other slot of this server has, or drop that slot";
    }

    /** Whether the stream from this slot has every change after the offset, which is Debezium's and not null. */
    boolean continues(Map<String, Object> offset) {
        boolean snapshotBrokenOff = offset.containsKey("snapshot")
                && !Boolean.TRUE.equals(offset.get("snapshot_completed"))
                && !Boolean.TRUE.equals(offset.get("last_snapshot_record"));
        long position = position(offset);
        return exists && !lost && !snapshotBrokenOff && confirmed <= position && position <= logEnd;
    }

    /** What Debezium confirms for this offset: the last commit, or where a snapshot stands. */
    private static long position(Map<String, Object> offset) {
        for (String key : List.of("lsn_commit", "lsn_proc", "lsn")) {
            if (offset.get(key) instanceof Number lsn) {
                return lsn.longValue();
            }
        }
        return -1;
    }
}
