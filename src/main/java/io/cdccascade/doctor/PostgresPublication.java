package io.cdccascade.doctor;

import io.cdccascade.table.TableCheck;
import io.cdccascade.table.TableName;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.JdbcTemplate;

/** The publication, and whether it makes PostgreSQL refuse other programs' writes. What a table file needs of it is said of the file. */
final class PostgresPublication implements PostgresCheck {

    private static final String PUBLICATION = """
            SELECT quote_ident(pubname) AS name, pubinsert AND pubupdate AND pubdelete AND pubtruncate AS everything,
                   concat_ws(', ', CASE WHEN NOT pubinsert THEN 'insert' END, CASE WHEN NOT pubupdate THEN 'update' END,
                       CASE WHEN NOT pubdelete THEN 'delete' END, CASE WHEN NOT pubtruncate THEN 'truncate' END) AS missing,
                   puballtables AS alltables
            FROM pg_publication WHERE pubname = ?""";

    /** The tables and partitions whose updates are refused because nothing identifies their rows. */
    private static final String REFUSED = """
            WITH published AS (
                SELECT r.prrelid AS oid FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
                WHERE p.pubname = ? AND (p.pubupdate OR p.pubdelete)
                UNION SELECT c.oid FROM pg_publication p, pg_class c
                WHERE p.pubname = ? AND p.puballtables AND (p.pubupdate OR p.pubdelete) AND c.relkind = 'r'
                  AND c.relpersistence = 'p' AND c.oid >= 16384)
            SELECT DISTINCT format('%I.%I', n.nspname, c.relname) AS name,
                   EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate) AS key
            FROM published p
            -- A table without partitions is a tree of its own.
            JOIN pg_class c ON c.oid = p.oid OR c.oid IN (SELECT t.relid FROM pg_partition_tree(p.oid) t WHERE t.isleaf)
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND (c.relreplident = 'n' OR c.relreplident = 'd' AND NOT EXISTS (
                      SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate)
                  OR c.relreplident = 'i' AND NOT EXISTS (
                      SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident))
            ORDER BY 1""";

    private final DoctorSettings settings;
    private final TableCheck tables;

    PostgresPublication(DoctorSettings settings, TableCheck tables) {
        this.settings = settings;
        this.tables = tables;
    }

    @Override
    public void examine(JdbcTemplate sql, Findings findings) {
        String check = "publication " + settings.publication();
        findings.attempt(check, () -> publication(sql, check, findings));
        findings.attempt("replica identities", () -> identities(sql, findings));
    }

    private void publication(JdbcTemplate sql, String check, Findings findings) {
        List<Map<String, Object>> rows = sql.queryForList(PUBLICATION, settings.publication());
        if (rows.isEmpty()) {
            String wanted = tables.captured().stream().map(TableName::quoted).collect(Collectors.joining(", "));
            findings.error(
                    check,
                    "there is no such publication: no change is captured",
                    "start the application, whose role may create it if it owns the tables; or, as a superuser: CREATE"
                            + " PUBLICATION \"" + settings.publication().replace("\"", "\"\"") + "\""
                            + (wanted.isEmpty() ? "" : " FOR TABLE " + wanted)
                            + " WITH (publish_via_partition_root = true);");
        } else if (!Boolean.TRUE.equals(rows.get(0).get("everything"))) {
            findings.error(
                    check,
                    "it leaves out " + rows.get(0).get("missing")
                            + ": those changes would make stale rows, so no table of it" + " is served",
                    "ALTER PUBLICATION " + rows.get(0).get("name")
                            + " SET (publish = 'insert, update, delete, truncate');");
        } else {
            findings.ok(check, "publishes every kind of change");
        }
    }

    private void identities(JdbcTemplate sql, Findings findings) {
        List<Map<String, Object>> refused = sql.queryForList(REFUSED, settings.publication(), settings.publication());
        refused.forEach(table -> findings.error(
                "replica identity of " + table.get("name"),
                "PostgreSQL refuses every UPDATE and DELETE of this table, by any program, because it is published and"
                        + " nothing identifies its rows",
                "ALTER TABLE " + table.get("name") + " REPLICA IDENTITY "
                        + (Boolean.TRUE.equals(table.get("key")) ? "DEFAULT;" : "FULL; or give it a primary key")));
        if (refused.isEmpty()) {
            findings.ok("replica identities", "every published table identifies its rows");
        }
    }
}
