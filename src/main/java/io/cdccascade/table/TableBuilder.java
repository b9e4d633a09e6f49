package io.cdccascade.table;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes a {@link ServedTable} from a file and the catalog, or says what is wrong with the file. */
final class TableBuilder {

    /** Names of query parameters that are not columns. */
    private static final Set<String> PARAMETERS = Set.of("limit", "after", "key");

    private final CachedTable file;
    private final Map<TableName, Table> catalog;
    private final String publication;
    private final CaptureContent content;

    /**
     * @param catalog     every table that the file names, as far as it exists
     * @param publication the publication's name, for messages
     * @param content     what it publishes
     */
    TableBuilder(CachedTable file, Map<TableName, Table> catalog, String publication, CaptureContent content) {
        this.file = file;
        this.catalog = catalog;
        this.publication = publication;
        this.content = content;
    }

    /** The tables that a file names. */
    static Set<TableName> names(CachedTable file) {
        Set<TableName> names = changing(file);
        names.add(file.view());
        return names;
    }

    /** The tables of a file whose changes count, which therefore have to be published. */
    static Set<TableName> changing(CachedTable file) {
        Set<TableName> names =
                file.dependsOn().stream().map(Dependency::source).collect(Collectors.toCollection(HashSet::new));
        names.add(file.table());
        return names;
    }

    /**
     * Makes the table.
     *
     * @throws TableFileException if the file or the catalog does not allow it
     */
    ServedTable build() throws TableFileException {
        return build(null);
    }

    /**
     * Makes the table, or keeps it as it is, so that its statements are made once.
     *
     * @param before the table as it was made last, or null
     * @return {@code before} itself if it came from the same file and has the same fingerprint
     * @throws TableFileException if the file or the catalog does not allow it
     */
    ServedTable build(ServedTable before) throws TableFileException {
        if (file.path().isBlank() || file.path().contains("/")) {
            throw new TableFileException(
                    "path: the table's name, " + file.path() + ", cannot be a segment of a path: set path");
        }
        Table table = existing("table", file.table());
        Table view = existing("view", file.view());
        for (TableName changing : changing(file)) {
            published(catalog.get(changing));
        }
        List<Column> key = key(table, view);
        List<Column> columns = columns(view, key);
        for (String list : file.lists()) {
            listable(table, view, list);
            if (key.size() == 1 && key.get(0).name().equals(list)) {
                throw new TableFileException(
                        "lists: " + list + " is the key, by which rows are read anyway: leave it out");
            }
        }
        Map<TableName, Table> sources = new TreeMap<>();
        for (Dependency dependency : file.dependsOn()) {
            sources.put(dependency.source(), source(dependency, key));
        }
        for (TableName read : view.reads()) {
            if (!changing(file).contains(read)) {
                throw new TableFileException("view: " + view.tableName() + " reads " + read
                        + ", and nothing says what a change there changes here: add " + read
                        + "(columns that hold the key) to dependsOn, or " + read
                        + "() to drop every entry");
            }
        }
        String fingerprint = SchemaFingerprint.of(file, key, table, view, sources);
        return before != null && before.file() == file && before.fingerprint().equals(fingerprint)
                ? before
                : new ServedTable(file, table, columns, key, sources, computed(table, view, key), fingerprint);
    }

    /** The columns of key and lists of which the view does not certainly show what events carry. */
    private Set<String> computed(Table table, Table view, List<Column> key) {
        return Stream.concat(key.stream().map(Column::name), file.lists().stream())
                .filter(name -> {
                    String origin = table.column(name).orElseThrow().origin();
                    return origin.isEmpty()
                            || !origin.equals(view.column(name).orElseThrow().origin());
                })
                .collect(Collectors.toSet());
    }

    private Table existing(String property, TableName name) throws TableFileException {
        Table table = catalog.get(name);
        if (table == null) {
            throw new TableFileException(property + ": there is no table " + name
                    + " in the database, or not for this role: create it, or correct the name");
        }
        if (table.obstacle() != null) {
            throw new TableFileException(property + ": " + obstacle(table));
        }
        if (!table.readable()) {
            throw new TableFileException(property + ": this role may not read " + name + ": run GRANT SELECT ON "
                    + name.quoted() + " (and USAGE on its schema) for it");
        }
        return table;
    }

    private static String obstacle(Table table) {
        return switch (table.obstacle()) {
            case "children" ->
                table.tableName()
                        + " is read together with tables that inherit from it (INHERITS), whose changes are not "
                        + "published as its own: make it a partitioned table, or run ALTER TABLE … NO INHERIT";
            case "policies" ->
                "row-level security decides which rows of " + table.tableName()
                        + " this role sees, and a policy may change "
                        + "that without any row changing: give the role BYPASSRLS, or do not cache the table";
            default -> table.tableName() + " cannot be cached: " + table.obstacle();
        };
    }

    private String unpublishable(Table table) {
        TableName name = table.tableName();
        String[] kind = table.unpublishable().split(" ", 2);
        return switch (kind[0]) {
            case "view" -> name + " is a view: name it as view, and the table whose key it has as table";
            case "materialized" ->
                name + " is a materialized view, and PostgreSQL publishes no changes of it: cache a view with the same "
                        + "query instead";
            case "foreign" ->
                name + " is a foreign table, whose changes are in another server's log: cache it by an instance that "
                        + "reads that server";
            case "unlogged" ->
                name + " is unlogged, so its changes are in no log: run ALTER TABLE " + name.quoted() + " SET LOGGED;";
            case "index" ->
                name + " has no primary key: add one, or let its unique index stand in for it: run ALTER TABLE "
                        + name.quoted() + " REPLICA IDENTITY USING INDEX " + kind[1] + ";";
            case "deferrable" ->
                name + " has a deferrable primary key, by which PostgreSQL does not identify changed rows, and refuses "
                        + "updates of such a table as long as it is published: run ALTER TABLE " + name.quoted() + " "
                        + kind[1] + ";";
            default ->
                "the publication " + publication + " publishes the partitions of " + name
                        + ", each under its own name: run ALTER PUBLICATION " + TableName.Names.quote(publication)
                        + " SET (publish_via_partition_root = true);";
        };
    }

    private void published(Table table) throws TableFileException {
        if (table == null) {
            return;
        }
        if (!table.tableName().isCapturable()) {
            throw new TableFileException(
                    "table: the connector cannot capture a table whose name, or whose schema's name, is "
                            + "blank or contains a double quote, two single quotes or backticks in a row, or a line break: "
                            + "rename it");
        }
        if (table.unpublishable() != null) {
            throw new TableFileException("table: " + unpublishable(table));
        }
        if (table.primaryKey().isEmpty()) {
            throw new TableFileException("table: " + table.tableName() + " has no primary key: add one");
        }
        if (table.identity().isEmpty()) {
            throw new TableFileException(
                    "table: " + table.tableName() + " has no replica identity, so that its changes cannot be "
                            + "captured: run ALTER TABLE " + table.tableName().quoted() + " REPLICA IDENTITY DEFAULT;");
        }
        String listProblem = content == CaptureContent.KEYS ? ColumnList.problem(table, publication) : null;
        if (listProblem != null) {
            throw new TableFileException("table: " + listProblem);
        }
        if (table.restricted()
                || content == CaptureContent.ROWS && table.columnList().published() != null) {
            throw new TableFileException("table: the publication " + publication
                    + " leaves out rows, columns or operations of "
                    + table.tableName() + ": add it without WHERE and without a list of columns, and publish insert, "
                    + "update, delete and truncate");
        }
        if (table.readOnlyWhilePublished()) {
            throw new TableFileException("table: the replica identity of " + table.tableName()
                    + " contains a generated column, which its publication leaves out, and PostgreSQL refuses updates of such "
                    + "a table as long as it is published: run ALTER TABLE "
                    + table.tableName().quoted()
                    + " REPLICA IDENTITY DEFAULT, for a partitioned table for each partition"
                    + (table.published() == null
                            ? ""
                            : ", or ALTER PUBLICATION " + TableName.Names.quote(publication) + " DROP TABLE "
                                    + table.tableName().quoted()));
        }
        if (table.published() == null) {
            throw new TableFileException("table: the publication " + publication + " does not contain "
                    + table.tableName()
                    + ": run, as the owner of both, ALTER PUBLICATION " + TableName.Names.quote(publication)
                    + " ADD TABLE " + table.tableName().quoted()
                    + (content == CaptureContent.KEYS ? ColumnList.sql(ColumnList.of(table, List.of(file))) : "")
                    + ";");
        }
    }

    private List<Column> key(Table table, Table view) throws TableFileException {
        List<String> names = file.key().isEmpty() ? table.primaryKey() : file.key();
        Set<String> wanted = new HashSet<>(names);
        if (wanted.size() < names.size()) {
            throw new TableFileException("key: " + String.join(", ", names) + " names a column twice");
        }
        if (!wanted.equals(new HashSet<>(table.primaryKey()))
                && table.uniqueKeys().stream().noneMatch(unique -> wanted.equals(new HashSet<>(unique)))) {
            throw new TableFileException(
                    "key: " + String.join(", ", names) + " is not a unique key of " + table.tableName()
                            + " without nullable columns: name the columns of one, or leave key out for the primary "
                            + "key");
        }
        List<Column> key = new ArrayList<>();
        for (String name : names) {
            Column column = table.column(name).orElseThrow();
            if (KeyType.of(column).isEmpty()) {
                throw new TableFileException("key: " + name + " is of type " + column.type()
                        + ", which cannot be a key here: name another unique key");
            }
            shown(view, column, "which belongs to the key");
            key.add(column);
        }
        return key;
    }

    private static void shown(Table view, Column column, String why) throws TableFileException {
        Column same = view.column(column.name())
                .orElseThrow(() -> new TableFileException(
                        "view: " + view.tableName() + " has no column " + column.name() + ", " + why));
        if (!same.base().equals(column.base())) {
            throw new TableFileException(
                    "view: the column " + column.name() + " of " + view.tableName() + ", " + why + ", is of "
                            + "type " + same.type() + ", but the table's is of type " + column.type()
                            + ": cast it in the view");
        }
    }

    private List<Column> columns(Table view, List<Column> key) throws TableFileException {
        if (file.columns().isEmpty()) {
            return view.columns();
        }
        for (String name : file.columns()) {
            column("columns", view, name);
        }
        Set<String> served = new HashSet<>(file.columns());
        key.forEach(column -> served.add(column.name()));
        return view.columns().stream()
                .filter(column -> served.contains(column.name()))
                .toList();
    }

    private static void listable(Table table, Table view, String name) throws TableFileException {
        if (PARAMETERS.contains(name)) {
            throw new TableFileException(
                    "lists: " + name + " is the name of a query parameter: lists cannot be read by such a column");
        }
        Column column = column("lists", table, name);
        shown(view, column, "by which lists are read");
        if (KeyType.of(column).isEmpty()) {
            throw new TableFileException("lists: " + name + " is of type " + column.type()
                    + ", by which lists cannot be read: leave it out");
        }
    }

    private Table source(Dependency dependency, List<Column> key) throws TableFileException {
        Table source = existing("dependsOn", dependency.source());
        if (!dependency.columns().isEmpty() && dependency.columns().size() != key.size()) {
            throw new TableFileException("dependsOn: " + dependency + " names "
                    + dependency.columns().size() + " columns, but the key has " + key.size());
        }
        for (int i = 0; i < dependency.columns().size(); i++) {
            String name = dependency.columns().get(i);
            Column column = column("dependsOn", source, name);
            if (KeyType.of(column).isEmpty()) {
                throw new TableFileException(
                        "dependsOn: " + name + " is of type " + column.type() + ", which cannot be a key: name "
                                + source.tableName() + "() to drop every entry at each of its changes");
            }
            if (!KeyType.of(column).get().comparable(KeyType.of(key.get(i)).orElseThrow())) {
                throw new TableFileException("dependsOn: " + name + " is of type " + column.type() + ", but the key's "
                        + key.get(i).name() + " is of type " + key.get(i).type() + ": name " + source.tableName()
                        + "() to drop every entry at each of its changes");
            }
        }
        return source;
    }

    private static Column column(String property, Table table, String name) throws TableFileException {
        return table.column(name)
                .orElseThrow(() -> new TableFileException(property + ": " + table.tableName() + " has no column " + name
                        + "; it has "
                        + table.columns().stream().map(Column::name).collect(Collectors.joining(", "))));
    }
}
