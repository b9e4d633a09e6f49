package io.cdccascade.capture;

import io.debezium.connector.postgresql.connection.PostgresConnection;
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
record CaptureSlot(
        String system, String serverStart, long logEnd, boolean exists, String foreign, boolean lost, long confirmed) {

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
            FROM (SELECT 1) one LEFT JOIN pg_replication_slots slot ON slot.slot_name = '%s'""";

    static CaptureSlot read(PostgresConnection database, String name) throws SQLException {
        return database.queryAndMap(QUERY.formatted(name.replace("'", "''")), rows -> {
            rows.next();
            return new CaptureSlot(
                    rows.getString(1),
                    rows.getString(2),
                    rows.getLong(3),
                    rows.getBoolean(4),
                    rows.getString(5),
                    rows.getBoolean(6),
                    rows.getLong(7));
        });
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
