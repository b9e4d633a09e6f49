package io.cdccascade.doctor;

import io.cdccascade.capture.CaptureSlot;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/** Replication slots: whether there are enough, and what they make PostgreSQL keep. */
final class PostgresSlots implements PostgresCheck {

    private static final String PLACES = """
            SELECT current_setting('max_replication_slots')::int AS slots,
                   (SELECT count(*) FROM pg_replication_slots)::int AS used,
                   (SELECT count(*) FROM pg_replication_slots WHERE slot_name = ? OR slot_name ~ ?)::int AS own,
                   (SELECT count(*) FROM pg_replication_slots WHERE slot_name = ? AND active)::int AS active,
                   current_setting('max_wal_senders')::int AS senders,
                   (SELECT count(*) FROM pg_stat_replication)::int AS sending""";

    /** Sizes in bytes. The reason is a column of PostgreSQL 17 and newer. */
    private static final String SLOT = """
            SELECT s.active, coalesce(s.wal_status, '') AS status, s.restart_lsn IS NOT NULL AS keeps,
                   coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint AS retained,
                   pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)) AS pretty,
                   coalesce(to_jsonb(s)->>'invalidation_reason', '') AS reason, s.slot_name AS name,
                   (SELECT setting::bigint << 20 FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep
            FROM pg_replication_slots s""";

    private static final String RELOAD = " SELECT pg_reload_conf();";

    private final DoctorSettings settings;

    PostgresSlots(DoctorSettings settings) {
        this.settings = settings;
    }

    @Override
    public void examine(JdbcTemplate sql, Findings findings) {
        findings.attempt("max_replication_slots", () -> places(sql, findings));
        findings.attempt("slot " + settings.slot(), () -> slot(sql, findings));
        findings.attempt("other slots", () -> others(sql, findings));
        findings.attempt("max_slot_wal_keep_size", () -> keepSize(sql, findings));
        findings.attempt("idle_replication_slot_timeout", () -> idleTimeout(sql, findings));
    }

    private void places(JdbcTemplate sql, Findings findings) {
        String slot = settings.slot();
        Map<String, Object> row = sql.queryForMap(PLACES, slot, CaptureSlot.marks(slot), slot);
        int slots = (int) row.get("slots");
        int used = (int) row.get("used");
        int needed = used - (int) row.get("own") + CaptureSlot.NEEDED;
        if (needed > slots) {
            findings.error(
                    "max_replication_slots",
                    used + " of " + slots + " replication slots are used, and capture needs " + CaptureSlot.NEEDED
                            + " of its own: it cannot start",
                    "ALTER SYSTEM SET max_replication_slots = " + (needed + 2) + "; then restart PostgreSQL");
        } else {
            findings.ok("max_replication_slots", used + " of " + slots + " used");
        }
        int senders = (int) row.get("senders");
        int sending = (int) row.get("sending");
        if ((int) row.get("active") == 0 && sending >= senders) {
            findings.error(
                    "max_wal_senders",
                    "all " + senders + " WAL senders are used: capture cannot start",
                    "ALTER SYSTEM SET max_wal_senders = " + (senders + 3) + "; then restart PostgreSQL");
        } else {
            findings.ok("max_wal_senders", sending + " of " + senders + " used");
        }
    }

    private void slot(JdbcTemplate sql, Findings findings) {
        String check = "slot " + settings.slot();
        CaptureSlot slot = sql.execute(
                (ConnectionCallback<CaptureSlot>) connection -> CaptureSlot.read(connection, settings.slot()));
        if (slot == null || !slot.exists()) {
            findings.warning(
                    check,
                    "there is no such slot yet: the log is not kept for capture",
                    "start the application, which creates it; if it runs, its health check capture says why it does not");
        } else if (slot.foreign() != null) {
            findings.error(
                    check,
                    slot.refusal(settings.slot()),
                    "SELECT pg_drop_replication_slot('" + settings.slot() + "'); if nobody needs it");
        } else {
            own(sql.queryForMap(SLOT + " WHERE s.slot_name = ?", settings.slot()), check, findings);
        }
    }

    private void own(Map<String, Object> slot, String check, Findings findings) {
        long retained = (long) slot.get("retained");
        long keep = (long) slot.get("keep");
        String status = (String) slot.get("status");
        String kept = "it keeps " + slot.get("pretty") + " of log";
        if (status.equals("lost")) {
            findings.error(
                    check,
                    "it has lost the log that it needs (" + slot.get("reason") + "): capture replaces it and reads the"
                            + " tables again, and the cache starts cold",
                    "start the application, or restart capture; then raise max_slot_wal_keep_size: ALTER SYSTEM SET"
                            + " max_slot_wal_keep_size = '" + megabytes(Math.max(4 * keep, 1L << 30)) + "MB';"
                            + RELOAD);
        } else if (!Boolean.TRUE.equals(slot.get("active"))) {
            findings.error(
                    check,
                    "nobody reads it: no change is captured, and " + kept + ", which grows",
                    "start the application; if it runs, its health check capture says why it does not read. To stop"
                            + " capturing for good: SELECT pg_drop_replication_slot('" + settings.slot() + "');");
        } else if (status.equals("unreserved") || keep > 0 && retained > keep / 2) {
            findings.warning(
                    check,
                    kept + " and loses it beyond max_slot_wal_keep_size, " + megabytes(keep)
                            + " MB: then the tables are" + " read again, and the cache starts cold",
                    "see why capture is behind (metric cascade_capture_lag_seconds); meanwhile ALTER SYSTEM SET"
                            + " max_slot_wal_keep_size = '" + megabytes(4 * Math.max(keep, retained)) + "MB';"
                            + RELOAD);
        } else if (retained > settings.limits().retainedBytes()) {
            findings.warning(
                    check,
                    kept + ", more than usual: capture is behind, or a transaction has been open for long",
                    "see metric cascade_capture_lag_seconds, and the findings about transactions");
        } else {
            findings.ok(check, "active, " + kept);
        }
    }

    private void others(JdbcTemplate sql, Findings findings) {
        List<Map<String, Object>> slots = sql.queryForList(
                SLOT + " WHERE s.slot_name <> ? AND s.slot_name !~ ? AND NOT s.active AND s.restart_lsn IS NOT NULL"
                        + " AND pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) > ? ORDER BY s.slot_name",
                settings.slot(),
                CaptureSlot.marks(settings.slot()),
                settings.limits().retainedBytes());
        slots.forEach(slot -> findings.warning(
                "slot " + slot.get("name"),
                "nobody reads this slot, and PostgreSQL keeps " + slot.get("pretty")
                        + " of log for it, which grows until" + " the disk is full",
                "start whoever reads it; or, if nobody needs it: SELECT pg_drop_replication_slot('" + slot.get("name")
                        + "');"));
    }

    private static void keepSize(JdbcTemplate sql, Findings findings) {
        long megabytes = sql.queryForObject(
                "SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size'", Long.class);
        if (megabytes < 0) {
            findings.warning(
                    "max_slot_wal_keep_size",
                    "it is not limited how much log PostgreSQL keeps for slots: if capture stands still, the disk fills and"
                            + " the database stops",
                    "ALTER SYSTEM SET max_slot_wal_keep_size = '20GB';" + RELOAD
                            + " (or what the disk can spare; a slot that loses its log costs a cold cache)");
        } else {
            findings.ok("max_slot_wal_keep_size", megabytes + " MB");
        }
    }

    private void idleTimeout(JdbcTemplate sql, Findings findings) throws SQLException, DataAccessException {
        // PostgreSQL 18 and newer.
        List<Long> seconds = sql.queryForList(
                "SELECT extract(epoch FROM current_setting(name)::interval)::bigint FROM pg_settings"
                        + " WHERE name = 'idle_replication_slot_timeout'",
                Long.class);
        if (!seconds.isEmpty()
                && seconds.get(0) > 0
                && seconds.get(0) < settings.outage().toSeconds()) {
            findings.warning(
                    "idle_replication_slot_timeout",
                    "a slot that nobody reads is given up after " + seconds.get(0)
                            + " s, sooner than the longest outage,"
                            + " cascade.invalidate.outage-ms: then the cache starts cold",
                    "ALTER SYSTEM SET idle_replication_slot_timeout = 0;" + RELOAD);
        }
    }

    private static long megabytes(long bytes) {
        return bytes >> 20;
    }
}
