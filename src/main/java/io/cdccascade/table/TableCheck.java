package io.cdccascade.table;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.springframework.dao.DataAccessException;

/**
 * What {@link TableFollower} would say about the table files of a context, without changing anything: no table is
 * published, nothing is forgotten.
 */
public final class TableCheck {

    /**
     * The answer.
     *
     * @param problems why a table is not served, with the remedy, by file
     * @param hints    what works, but would be faster otherwise, by file
     */
    public record Result(Map<String, String> problems, Map<String, String> hints) {}

    private final CamelContext context;
    private final String publication;
    private final CaptureContent content;

    /**
     * @param context     holds the {@link CachedTable} beans, and the routes that they name
     * @param publication the publication that capture reads
     * @param content     what change events carry
     */
    public TableCheck(CamelContext context, String publication, CaptureContent content) {
        this.context = context;
        this.publication = publication;
        this.content = content;
    }

    /** The tables whose changes have to be captured, by what the files say. */
    public Set<TableName> captured() {
        return tables().stream()
                .flatMap(file -> TableBuilder.changing(file).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The tables and views that are read, by what the files say. */
    public Set<TableName> read() {
        return tables().stream()
                .flatMap(file -> TableBuilder.names(file).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private List<CachedTable> tables() {
        return files().stream()
                .map(TableFile::table)
                .filter(table -> table.table() != null)
                .toList();
    }

    private Collection<TableFile> files() {
        return new TableFileReader(context).read(Map.of()).values();
    }

    /** What is wrong with the files whatever PostgreSQL says, by file. */
    public Map<String, String> problems() {
        Map<String, String> problems = new TreeMap<>();
        files().stream()
                .filter(file -> file.problem() != null)
                .forEach(file -> problems.put(file.place(), file.problem()));
        return problems;
    }

    /**
     * Compares the files with the catalog.
     *
     * @param connections to the primary; a read-only session will do
     * @throws DataAccessException if PostgreSQL cannot be asked
     */
    public Result check(DataSource connections) {
        CheckedTables checked = new CheckedTables(new Catalog(connections, publication, content), Long.MAX_VALUE);
        Map<TableName, Table> known = checked.describe(read());
        Map<String, String> problems = new TreeMap<>();
        Map<String, String> hints = new TreeMap<>();
        Collection<TableFile> files = files();
        TopicCollisions collisions = new TopicCollisions(List.of(), files);
        for (TableFile file : files) {
            try {
                ServedTable table = build(file, collisions, checked, known);
                List<String> found = ReplicaIdentityHints.of(table);
                if (!found.isEmpty()) {
                    hints.put(file.place(), String.join("; ", found));
                }
            } catch (TableFileException e) {
                problems.put(file.place(), e.getMessage());
            }
        }
        return new Result(problems, hints);
    }

    private ServedTable build(
            TableFile file, TopicCollisions collisions, CheckedTables checked, Map<TableName, Table> known)
            throws TableFileException {
        if (file.problem() != null) {
            throw new TableFileException(file.problem());
        }
        collisions.require(file.table());
        if (checked.isLocked(TableBuilder.names(file.table()))) {
            throw new TableFileException(TableFollower.LOCKED);
        }
        ServedTable table = new TableBuilder(file.table(), known, publication, content).build();
        new TableFileReader(context).requireRoutes(file.table());
        return table;
    }
}
