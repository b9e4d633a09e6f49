package io.cdccascade.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What PostgreSQL knows about tables, and the publication that they have to be in for their changes to be captured. The
 * statement is in {@code catalog.sql} beside this class.
 */
public final class Catalog {

    /** How long a statement waits for the lock of a table, in milliseconds. */
    private static final int LOCK_MILLIS = 50;

    /** SQLSTATE {@code lock_not_available}. */
    private static final String LOCKED = "55P03";

    private static final JsonMapper JSON = new JsonMapper();

    private final JdbcTemplate jdbc;
    private final TransactionTemplate transactions;
    private final String publication;
    private final CaptureContent content;
    private final String describe;

    /**
     * @param dataSource  connections to the primary
     * @param publication the publication that capture reads
     * @param content     what it publishes of the tables that are added to it
     */
    public Catalog(DataSource dataSource, String publication, CaptureContent content) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.transactions = new TransactionTemplate(new DataSourceTransactionManager(dataSource));
        this.publication = publication;
        this.content = content;
        // Under the Camel CLI, classes and resources have two class loaders; the thread's one finds both.
        String name = Catalog.class.getPackageName().replace('.', '/') + "/catalog.sql";
        try (InputStream resource =
                Thread.currentThread().getContextClassLoader().getResourceAsStream(name)) {
            this.describe = new String(
                    Objects.requireNonNull(resource, name + " is not on the class path")
                            .readAllBytes(),
                    StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The publication's name. */
    String publication() {
        return publication;
    }

    /** What the publication publishes of the tables that are added to it. */
    CaptureContent content() {
        return content;
    }

    /**
     * Describes tables, in one statement.
     *
     * @return what is known, without the tables that do not exist
     * @throws DataAccessException if PostgreSQL cannot be asked, or one of the tables is {@linkplain #isLocked locked}
     */
    Map<TableName, Table> describe(Collection<TableName> wanted) {
        ArrayNode names = JSON.createArrayNode();
        wanted.forEach(table -> names.addArray().add(table.schema()).add(table.name()));
        Map<TableName, Table> tables = new HashMap<>();
        patiently(() -> jdbc.query(
                describe,
                row -> {
                    Table table = table(row);
                    tables.put(table.tableName(), table);
                },
                publication,
                publication,
                publication,
                publication,
                names.toString()));
        return tables;
    }

    /** Whether a statement failed because a lock was not given in time. */
    static boolean isLocked(DataAccessException failure) {
        return failure.getMostSpecificCause() instanceof SQLException cause && LOCKED.equals(cause.getSQLState());
    }

    private void patiently(Runnable statements) {
        transactions.executeWithoutResult(transaction -> {
            jdbc.execute("SET LOCAL lock_timeout = " + LOCK_MILLIS);
            statements.run();
        });
    }

    /**
     * Adds a table to the publication, which is made if there is none.
     *
     * @param columns the columns that are published, empty for all
     * @throws DataAccessException if PostgreSQL cannot be asked, this role does not own table and publication, or the table
     *                             is locked
     */
    void publish(TableName table, List<String> columns) {
        String entry = table.quoted() + (columns.isEmpty() ? "" : ColumnList.sql(columns));
        String name = TableName.Names.quote(publication);
        Boolean exists = jdbc.queryForObject(
                "SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = ?)", Boolean.class, publication);
        patiently(() -> jdbc.execute(
                Boolean.TRUE.equals(exists)
                        ? "ALTER PUBLICATION " + name + " ADD TABLE " + entry
                        // A partition's changes under the name of its table, which is the one that is read.
                        : "CREATE PUBLICATION " + name + " FOR TABLE " + entry
                                + " WITH (publish_via_partition_root = true)"));
    }

    /**
     * Publishes other columns of a table that is in the publication. Every change is published with the old columns or with
     * the new ones, because nobody sees the table out of the publication.
     *
     * @throws DataAccessException as {@link #publish}
     */
    void publishAgain(TableName table, List<String> columns) {
        String alter = "ALTER PUBLICATION " + TableName.Names.quote(publication);
        patiently(() -> {
            jdbc.execute(alter + " DROP TABLE " + table.quoted());
            jdbc.execute(alter + " ADD TABLE " + table.quoted() + ColumnList.sql(columns));
        });
    }

    /**
     * Takes a table out of the publication.
     *
     * @throws DataAccessException if PostgreSQL cannot be asked, or the table is locked
     */
    void withdraw(TableName table) {
        patiently(() -> jdbc.execute(
                "ALTER PUBLICATION " + TableName.Names.quote(publication) + " DROP TABLE " + table.quoted()));
    }

    private static Table table(ResultSet row) throws SQLException {
        List<Column> columns = new ArrayList<>();
        Map<Long, String> actions = new HashMap<>();
        json(row.getString("queries"))
                .forEach(query ->
                        actions.put(query.get(0).longValue(), query.get(1).textValue()));
        ViewQueries queries = new ViewQueries(actions);
        long oid = row.getLong("oid");
        json(row.getString("columns"))
                .forEach(column -> columns.add(new Column(
                        column.get("name").textValue(),
                        column.get("type").textValue(),
                        column.get("base").textValue(),
                        column.get("cast").textValue(),
                        column.get("category").textValue().charAt(0),
                        column.get("scale").intValue(),
                        column.get("nullable").booleanValue(),
                        column.get("required").booleanValue(),
                        column.get("computed").booleanValue(),
                        column.get("exact").booleanValue(),
                        queries.origin(oid, column.get("number").intValue()).orElse(""))));
        List<String> primaryKey = new ArrayList<>();
        List<List<String>> uniqueKeys = new ArrayList<>();
        List<String> identity = new ArrayList<>();
        List<TableName> reads = new ArrayList<>();
        json(row.getString("tables"))
                .forEach(name -> reads.add(
                        new TableName(name.get(0).textValue(), name.get(1).textValue())));
        String replicaIdentity = row.getString("identity");
        boolean full = replicaIdentity.equals("f");
        for (JsonNode key : json(row.getString("keys"))) {
            List<String> names = new ArrayList<>();
            key.get("columns").forEach(name -> names.add(name.textValue()));
            if (key.get("primary").booleanValue()) {
                primaryKey.addAll(names);
            } else {
                uniqueKeys.add(names);
            }
            if (replicaIdentity.equals("i") && key.get("identity").booleanValue()) {
                identity.addAll(names);
            }
        }
        if (primaryKey.isEmpty()) {
            // A unique index that the replica identity names does what a primary key does.
            primaryKey.addAll(identity);
        }
        if (full) {
            columns.forEach(column -> identity.add(column.name()));
        } else if (replicaIdentity.equals("d")) {
            identity.addAll(primaryKey);
        }
        return new Table(
                new TableName(row.getString("schema"), row.getString("name")),
                columns,
                primaryKey,
                uniqueKeys,
                identity,
                full,
                reads,
                row.getString("made"),
                row.getBoolean("readable"),
                row.getString("published"),
                row.getBoolean("restricted"),
                oid,
                row.getBoolean("partitioned"),
                row.getBoolean("ruled"),
                row.getString("obstacle"),
                row.getString("generated"),
                row.getString("unpublishable"),
                new ColumnList(
                        row.getString("listed") == null ? null : names(row.getString("listed")),
                        names(row.getString("listable")),
                        row.getString("unlistable")));
    }

    private static List<String> names(String json) {
        List<String> names = new ArrayList<>();
        json(json).forEach(name -> names.add(name.textValue()));
        return names;
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
