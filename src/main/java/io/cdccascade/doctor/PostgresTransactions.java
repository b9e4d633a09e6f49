package io.cdccascade.doctor;

import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;

/** Transactions that are open for long: they hold back snapshots, the slot's place in the log, and row locks. */
final class PostgresTransactions implements PostgresCheck {

    /** A transaction of another database matters only if it has an xid: a new slot waits for it. */
    private static final String OPEN = """
            SELECT pid, coalesce(usename, '?') AS usename, coalesce(application_name, '') AS application,
                   state LIKE 'idle in transaction%' AS idle, extract(epoch FROM now() - xact_start)::bigint AS seconds
            FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
              AND (backend_xid IS NOT NULL OR datname = current_database())
              AND xact_start < now() - make_interval(secs => ?) ORDER BY xact_start""";

    private static final String PREPARED = """
            SELECT quote_literal(gid) AS gid, database, extract(epoch FROM now() - prepared)::bigint AS seconds
            FROM pg_prepared_xacts WHERE prepared < now() - make_interval(secs => ?) ORDER BY prepared""";

    private static final String CONSEQUENCE =
            ": until it ends, a new slot or snapshot of capture waits, the slot keeps the log from its start on, and rows"
                    + " that it changed are not cached";

    private final DoctorSettings settings;

    PostgresTransactions(DoctorSettings settings) {
        this.settings = settings;
    }

    @Override
    public void examine(JdbcTemplate sql, Findings findings) {
        findings.attempt("transactions", () -> open(sql, findings));
        findings.attempt("prepared transactions", () -> prepared(sql, findings));
    }

    private void open(JdbcTemplate sql, Findings findings) {
        List<Map<String, Object>> open =
                sql.queryForList(OPEN, (double) settings.limits().transactionSeconds());
        open.forEach(session -> {
            boolean idle = Boolean.TRUE.equals(session.get("idle"));
            findings.warning(
                    "transaction of session " + session.get("pid"),
                    "a transaction of " + session.get("usename") + " (" + session.get("application") + ") is "
                            + session.get("seconds") + " s old" + (idle ? " and idle" : "") + CONSEQUENCE,
                    "end it: SELECT pg_terminate_backend(" + session.get("pid") + ");"
                            + (idle ? " and set idle_in_transaction_session_timeout for that role" : ""));
        });
        if (open.isEmpty()) {
            findings.ok(
                    "transactions", "none is older than " + settings.limits().transactionSeconds() + " s");
        }
    }

    private void prepared(JdbcTemplate sql, Findings findings) {
        sql.queryForList(PREPARED, (double) settings.limits().transactionSeconds())
                .forEach(prepared -> findings.warning(
                        "prepared transaction " + prepared.get("gid"),
                        "a transaction of the database " + prepared.get("database") + " was prepared "
                                + prepared.get("seconds") + " s ago and is still open" + CONSEQUENCE,
                        "ROLLBACK PREPARED " + prepared.get("gid") + "; or COMMIT PREPARED, if its transaction manager"
                                + " has decided so"));
    }
}
