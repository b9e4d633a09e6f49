package io.cdccascade.doctor;

import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;

/** The settings of the server: what its log holds, and whether what was committed stays. */
final class PostgresServerSettings implements PostgresCheck {

    private static final String RELOAD = " SELECT pg_reload_conf();";

    /** In bytes; the setting is in kilobytes. */
    private static final String SPILLED = """
            SELECT coalesce(sum(spill_bytes), 0)::bigint AS spilled, pg_size_pretty(sum(spill_bytes)) AS pretty,
                   (SELECT setting::bigint << 10 FROM pg_settings WHERE name = 'logical_decoding_work_mem') AS memory,
                   current_setting('logical_decoding_work_mem') AS setting
            FROM pg_stat_replication_slots""";

    private static final int ENOUGH_MB = 256;

    private final DoctorSettings settings;

    PostgresServerSettings(DoctorSettings settings) {
        this.settings = settings;
    }

    @Override
    public void examine(JdbcTemplate sql, Findings findings) {
        findings.attempt("wal_level", () -> walLevel(sql, findings));
        findings.attempt("fsync", () -> durable(sql, findings, "fsync"));
        findings.attempt("full_page_writes", () -> durable(sql, findings, "full_page_writes"));
        findings.attempt("synchronous_commit", () -> synchronousCommit(sql, findings));
        findings.attempt("synchronous_standby_names", () -> synchronousStandby(sql, findings));
        findings.attempt("logical_decoding_work_mem", () -> decodingMemory(sql, findings));
    }

    private static String setting(JdbcTemplate sql, String name) {
        return sql.queryForObject("SELECT reset_val FROM pg_settings WHERE name = ?", String.class, name);
    }

    private static void walLevel(JdbcTemplate sql, Findings findings) {
        String level = setting(sql, "wal_level");
        if ("logical".equals(level)) {
            findings.ok("wal_level", "logical");
        } else {
            findings.error(
                    "wal_level",
                    "wal_level is " + level + ", and only with logical does the log hold what capture reads: no change"
                            + " is captured",
                    "ALTER SYSTEM SET wal_level = 'logical'; then restart PostgreSQL");
        }
    }

    private static void durable(JdbcTemplate sql, Findings findings, String name) {
        if ("off".equals(setting(sql, name))) {
            findings.warning(
                    name,
                    name + " is off: after a crash the database may be damaged, or lack transactions whose changes were"
                            + " applied",
                    "ALTER SYSTEM SET " + name + " = on;" + RELOAD);
        } else {
            findings.ok(name, "on");
        }
    }

    private static void synchronousCommit(JdbcTemplate sql, Findings findings) {
        if ("off".equals(setting(sql, "synchronous_commit"))) {
            findings.warning(
                    "synchronous_commit",
                    "synchronous_commit is off: a crash may lose writes that were answered, and changes are captured only"
                            + " when the log is flushed, later than they are visible",
                    "ALTER SYSTEM SET synchronous_commit = on;" + RELOAD
                            + " (or ALTER ROLE … RESET synchronous_commit, if it is the role's setting)");
        } else {
            findings.ok("synchronous_commit", setting(sql, "synchronous_commit"));
        }
    }

    private static void synchronousStandby(JdbcTemplate sql, Findings findings) {
        String names = setting(sql, "synchronous_standby_names");
        Long connected = sql.queryForObject(
                "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')", Long.class);
        if (names != null && !names.isEmpty() && Long.valueOf(0).equals(connected)) {
            findings.error(
                    "synchronous_standby_names",
                    "no standby of synchronous_standby_names (" + names
                            + ") is connected: every commit waits for one, and"
                            + " its change is captured before it is visible",
                    "start the standby, or do without it: ALTER SYSTEM SET synchronous_standby_names = '';" + RELOAD);
        } else {
            findings.ok(
                    "synchronous_standby_names",
                    names == null || names.isEmpty() ? "none, commits wait for no standby" : connected + " connected");
        }
    }

    private void decodingMemory(JdbcTemplate sql, Findings findings) {
        Map<String, Object> row = sql.queryForMap(SPILLED);
        // Only who has large transactions gains anything by more memory.
        if ((long) row.get("spilled") > settings.limits().spilledBytes()
                && (long) row.get("memory") < (long) ENOUGH_MB << 20) {
            findings.note(
                    "logical_decoding_work_mem",
                    row.get("pretty") + " of large transactions did not fit " + row.get("setting")
                            + " and went through the disk before they were captured",
                    "ALTER SYSTEM SET logical_decoding_work_mem = '" + ENOUGH_MB + "MB';" + RELOAD);
        }
    }
}
