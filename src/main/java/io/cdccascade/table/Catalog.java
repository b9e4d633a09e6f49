package io.cdccascade.table;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

/** What is known of the cached tables: the {@link CachedTable} beans and, once read, PostgreSQL's catalog. */
public final class Catalog implements CamelContextAware {

    private static final String COLUMNS = """
            SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, t.typcategory::text AS category,
                   a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS required,
                   array_position(i.indkey::int2[], a.attnum) AS key_position
            FROM pg_attribute a
            JOIN pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
            WHERE a.attrelid = (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p'))
              AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum""";

    private final JdbcTemplate jdbc;
    private final Map<String, Table> tables = new ConcurrentHashMap<>();

    private CamelContext context;

    public Catalog(DataSource dataSource) {
        this.jdbc = new JdbcTemplate(dataSource);
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.context = camelContext;
    }

    /** The cached table that is served under this path segment. */
    public Optional<CachedTable> servedAt(String path) {
        return cached().stream().filter(table -> table.path().equals(path)).findFirst();
    }

    /** Every cached table. */
    public List<CachedTable> cached() {
        return List.copyOf(context.getRegistry().findByType(CachedTable.class));
    }

    /**
     * The table's description, read from PostgreSQL the first time it is asked for.
     *
     * @throws IllegalStateException if there is no such table, the role may not see it, or it has no primary key
     * @throws DataAccessException   if PostgreSQL cannot be asked
     */
    public Table describe(CachedTable cached) {
        // Not computeIfAbsent: while PostgreSQL is away, requests would wait for one another in a row.
        Table known = tables.get(cached.table());
        if (known == null) {
            known = read(cached.table());
            tables.put(cached.table(), known);
        }
        return known;
    }

    /** Reads the descriptions of all cached tables, so that requests find them known. */
    public void describeAll() {
        cached().forEach(this::describe);
    }

    private Table read(String id) {
        int dot = id.indexOf('.');
        String schema = dot < 0 ? "public" : id.substring(0, dot);
        String name = id.substring(dot + 1);
        List<Positioned> rows = jdbc.query(COLUMNS, (row, number) -> new Positioned(
                new Column(row.getString("attname"), row.getString("type"), row.getString("category").charAt(0),
                        row.getBoolean("required")),
                row.getObject("key_position", Integer.class)), schema, name);
        if (rows.isEmpty()) {
            throw new IllegalStateException("There is no table " + id + " that this role can see");
        }
        List<Column> key = rows.stream().filter(row -> row.keyPosition() != null)
                .sorted((a, b) -> a.keyPosition().compareTo(b.keyPosition())).map(Positioned::column).toList();
        if (key.isEmpty()) {
            throw new IllegalStateException("Table " + id + " has no primary key");
        }
        return new Table(schema, name, rows.stream().map(Positioned::column).toList(), key);
    }

    private record Positioned(Column column, Integer keyPosition) {
    }
}
