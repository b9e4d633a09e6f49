package io.cdccascade.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

/** What PostgreSQL knows of tables, and the publication that they have to be in for their changes to be captured. */
public final class Catalog {

    private static final JsonMapper JSON = new JsonMapper();

    private static final String TABLES = """
            SELECT n.nspname AS schema, c.relname AS name, c.oid::bigint AS oid,
                   has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
                   c.relreplident = 'f' AS full_identity,
                   CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) ELSE '' END AS definition,
                   (WITH RECURSIVE used (oid) AS (
                        SELECT c.oid
                        UNION SELECT d.refobjid FROM used u JOIN pg_rewrite w ON w.ev_class = u.oid
                              JOIN pg_depend d ON d.objid = w.oid AND d.classid = 'pg_rewrite'::regclass
                                              AND d.refclassid = 'pg_class'::regclass)
                    SELECT coalesce(json_agg(json_build_array(m.nspname, x.relname) ORDER BY m.nspname, x.relname), '[]')
                    FROM used u JOIN pg_class x ON x.oid = u.oid JOIN pg_namespace m ON m.oid = x.relnamespace
                    WHERE x.relkind <> 'v')::text AS tables,
                   CASE WHEN EXISTS (SELECT FROM pg_publication_tables t WHERE t.pubname = ? AND t.schemaname = n.nspname
                                     AND t.tablename = c.relname)
                        THEN coalesce((SELECT r.oid::text FROM pg_publication_rel r
                                       JOIN pg_publication p ON p.oid = r.prpubid
                                       WHERE p.pubname = ? AND r.prrelid = c.oid), 'all') END AS published,
                   EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
                           WHERE p.pubname = ? AND r.prrelid = c.oid AND (r.prqual IS NOT NULL OR r.prattrs IS NOT NULL))
                       AS restricted,
                   (SELECT coalesce(json_agg(json_build_object(
                               'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                               'base', b.typname, 'cast', format_type(b.oid, -1), 'category', t.typcategory::text,
                               'scale', CASE WHEN b.typname = 'numeric' AND a.atttypmod > 4
                                             THEN (a.atttypmod - 4) & 2047 ELSE -1 END,
                               'nullable', NOT a.attnotnull,
                               'required', a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
                                           AND t.typdefault IS NULL,
                               'computed', a.attgenerated <> '' OR a.attidentity = 'a',
                               'exact', coalesce(l.collisdeterministic, true)) ORDER BY a.attnum), '[]')
                    FROM pg_attribute a
                    JOIN pg_type t ON t.oid = a.atttypid
                    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
                    LEFT JOIN pg_collation l ON l.oid = a.attcollation
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns,
                   (SELECT coalesce(json_agg(json_build_object(
                               'primary', i.indisprimary, 'identity', i.indisreplident,
                               'columns', (SELECT json_agg(a.attname ORDER BY k.place)
                                           FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
                                           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                                           WHERE k.place <= i.indnkeyatts)) ORDER BY i.indexrelid), '[]')
                    FROM pg_index i
                    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
                      AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) k (attnum)
                                      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                                      WHERE a.attnotnull IS NOT TRUE))::text AS keys
            FROM json_array_elements(?::json) w
            JOIN pg_namespace n ON n.nspname = w->>0
            JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w->>1 AND c.relkind IN ('r', 'p', 'v')""";

    private final JdbcTemplate jdbc;
    private final String publication;

    /**
     * @param dataSource  connections to the primary
     * @param publication the publication that capture reads
     */
    public Catalog(DataSource dataSource, String publication) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.publication = publication;
    }

    /** The publication's name. */
    String publication() {
        return publication;
    }

    /**
     * Describes tables, in one statement.
     *
     * @return what is known, without the tables that do not exist
     * @throws DataAccessException if PostgreSQL cannot be asked
     */
    Map<TableName, Table> describe(Collection<TableName> wanted) {
        ArrayNode names = JSON.createArrayNode();
        wanted.forEach(table -> names.addArray().add(table.schema()).add(table.name()));
        Map<TableName, Table> tables = new HashMap<>();
        jdbc.query(TABLES, row -> {
            Table table = table(row);
            tables.put(table.tableName(), table);
        }, publication, publication, publication, names.toString());
        return tables;
    }

    /**
     * Adds a table to the publication, which is made if there is none.
     *
     * @throws DataAccessException if PostgreSQL cannot be asked, or this role does not own table and publication
     */
    void publish(TableName table) {
        String name = TableName.Names.quote(publication);
        Boolean exists = jdbc.queryForObject("SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = ?)",
                Boolean.class, publication);
        jdbc.execute(Boolean.TRUE.equals(exists) ? "ALTER PUBLICATION " + name + " ADD TABLE " + table.quoted()
                : "CREATE PUBLICATION " + name + " FOR TABLE " + table.quoted());
    }

    private static Table table(ResultSet row) throws SQLException {
        List<Column> columns = new ArrayList<>();
        json(row.getString("columns")).forEach(column -> columns.add(new Column(column.get("name").textValue(),
                column.get("type").textValue(), column.get("base").textValue(), column.get("cast").textValue(),
                column.get("category").textValue().charAt(0), column.get("scale").intValue(),
                column.get("nullable").booleanValue(), column.get("required").booleanValue(),
                column.get("computed").booleanValue(), column.get("exact").booleanValue())));
        List<String> primaryKey = new ArrayList<>();
        List<List<String>> uniqueKeys = new ArrayList<>();
        List<String> identity = new ArrayList<>();
        List<TableName> reads = new ArrayList<>();
        json(row.getString("tables")).forEach(name -> reads.add(
                new TableName(name.get(0).textValue(), name.get(1).textValue())));
        boolean full = row.getBoolean("full_identity");
        boolean chosen = false;
        for (JsonNode key : json(row.getString("keys"))) {
            List<String> names = new ArrayList<>();
            key.get("columns").forEach(name -> names.add(name.textValue()));
            if (key.get("primary").booleanValue()) {
                primaryKey.addAll(names);
            } else {
                uniqueKeys.add(names);
            }
            if (key.get("identity").booleanValue()) {
                identity.addAll(names);
                chosen = true;
            }
        }
        if (full) {
            columns.forEach(column -> identity.add(column.name()));
        } else if (!chosen) {
            identity.addAll(primaryKey);
        }
        return new Table(new TableName(row.getString("schema"), row.getString("name")), columns, primaryKey, uniqueKeys,
                identity, full, reads, row.getString("definition"), row.getBoolean("readable"),
                row.getString("published"), row.getBoolean("restricted"), row.getLong("oid"));
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
