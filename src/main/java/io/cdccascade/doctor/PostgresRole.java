package io.cdccascade.doctor;

import io.cdccascade.table.TableCheck;
import io.cdccascade.table.TableName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.jdbc.core.JdbcTemplate;

/** What the role may do. */
final class PostgresRole implements PostgresCheck {

    private static final String ROLE = """
            SELECT quote_ident(rolname) AS role, rolsuper OR rolreplication OR EXISTS (
                       SELECT FROM pg_roles g WHERE g.rolname = 'rds_replication' AND pg_has_role(g.oid, 'USAGE'))
                   AS replication,
                   EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication') AS rds,
                   has_function_privilege('pg_control_system()', 'EXECUTE') AS control,
                   pg_has_role('pg_read_all_stats', 'USAGE') AS stats
            FROM pg_roles WHERE rolname = current_user""";

    /** The tables of the publication, named one by one or not, and those of the files; without waiting for locks. */
    private static final String UNREADABLE = """
            WITH wanted AS (
                SELECT r.prrelid AS oid FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
                WHERE p.pubname = ?
                UNION SELECT c.oid FROM pg_publication p, pg_class c
                WHERE p.pubname = ? AND p.puballtables AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
                  AND c.oid >= 16384
                UNION SELECT c.oid FROM unnest(?::text[], ?::text[]) w (schema, name)
                JOIN pg_namespace n ON n.nspname = w.schema
                JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name),
            rights AS (
                SELECT n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE') AS usable,
                       has_table_privilege(c.oid, 'SELECT') AS readable
                FROM wanted w JOIN pg_class c ON c.oid = w.oid JOIN pg_namespace n ON n.oid = c.relnamespace)
            SELECT nspname || '.' || relname AS name,
                   concat_ws(' ', CASE WHEN NOT usable THEN format('GRANT USAGE ON SCHEMA %I TO %I;', nspname, current_user) END,
                       CASE WHEN NOT readable THEN format('GRANT SELECT ON %I.%I TO %I;', nspname, relname, current_user) END)
                   AS fix
            FROM rights WHERE NOT (usable AND readable) ORDER BY 1""";

    private final DoctorSettings settings;
    private final TableCheck tables;

    PostgresRole(DoctorSettings settings, TableCheck tables) {
        this.settings = settings;
        this.tables = tables;
    }

    @Override
    public void examine(JdbcTemplate sql, Findings findings) {
        findings.attempt("role", () -> role(sql, findings));
        findings.attempt("SELECT", () -> unreadable(sql, findings));
    }

    private static void role(JdbcTemplate sql, Findings findings) {
        Map<String, Object> row = sql.queryForMap(ROLE);
        String role = (String) row.get("role");
        if (Boolean.TRUE.equals(row.get("replication"))) {
            findings.ok("REPLICATION", role + " may replicate");
        } else {
            findings.error(
                    "REPLICATION",
                    "the role " + role + " may not read the log: no change is captured",
                    Boolean.TRUE.equals(row.get("rds"))
                            ? "GRANT rds_replication TO " + role + ";"
                            : "ALTER ROLE " + role + " REPLICATION;");
        }
        if (!Boolean.TRUE.equals(row.get("control"))) {
            findings.error(
                    "pg_control_system",
                    "the role " + role + " may not call pg_control_system(), by which one server is told from another",
                    "GRANT EXECUTE ON FUNCTION pg_control_system() TO " + role + ";");
        }
        if (!Boolean.TRUE.equals(row.get("stats"))) {
            findings.note(
                    "pg_read_all_stats",
                    "the role " + role
                            + " does not see the transactions of other roles, so that those were not checked",
                    "GRANT pg_read_all_stats TO " + role + ";");
        }
    }

    private void unreadable(JdbcTemplate sql, Findings findings) {
        Set<TableName> read = tables.read();
        List<Map<String, Object>> unreadable = sql.queryForList(
                UNREADABLE,
                settings.publication(),
                settings.publication(),
                read.stream().map(TableName::schema).toArray(String[]::new),
                read.stream().map(TableName::name).toArray(String[]::new));
        unreadable.forEach(row -> findings.error(
                "SELECT " + row.get("name"),
                "the role may not read " + row.get("name")
                        + ": it is not served, and a snapshot of capture fails if it is published",
                (String) row.get("fix")));
        if (unreadable.isEmpty()) {
            findings.ok("SELECT", "the role may read all tables that are published or served");
        }
    }
}
