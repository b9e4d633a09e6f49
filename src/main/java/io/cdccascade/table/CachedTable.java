package io.cdccascade.table;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.util.TimeUtils;

/**
 * A table that is served and cached: one bean of this class in a file of {@code routes/tables/}. A JavaBean, because
 * Camel sets a YAML bean's properties one by one; {@link TableFollower} reads it and never changes it.
 *
 * <p>Each setter throws {@link IllegalArgumentException} with a message for the file's author.
 */
public final class CachedTable {

    /** The properties that a file may set. */
    static final Set<String> PROPERTIES = Set.of(
            "table",
            "path",
            "view",
            "key",
            "columns",
            "lists",
            "dependsOn",
            "ttl",
            "negativeTtl",
            "maxStaleness",
            "staleIfError",
            "onChange",
            "warm",
            "read",
            "list",
            "create",
            "update",
            "delete");

    private TableName table;
    private String path;
    private TableName view;
    private List<String> key = List.of();
    private List<String> columns = List.of();
    private List<String> lists = List.of();
    private List<Dependency> dependsOn = List.of();
    private Duration ttl = Duration.ofMinutes(10);
    private Duration negativeTtl = Duration.ofMinutes(1);
    private Duration maxStaleness;
    private Duration staleIfError = Duration.ZERO;
    private boolean refreshes;
    private String warm;
    private String read = "direct:read-row";
    private String list = "direct:read-rows";
    private String create = "direct:create-row";
    private String update = "direct:update-row";
    private String delete = "direct:delete-row";

    /** The table that is written to, null until it is set. */
    public TableName table() {
        return table;
    }

    /** {@code orders}, {@code sales.orders} or {@code sales."Order Items"}. The only property that has no default. */
    public void setTable(String table) {
        this.table = TableName.parse(table);
    }

    /** The path segment under {@code /api/v1} that serves the table, null until path or table is set. */
    public String path() {
        return path == null && table != null ? table.name() : path;
    }

    /** The path segment, by default the table's name. */
    public void setPath(String path) {
        if (path.isBlank() || path.contains("/")) {
            throw new IllegalArgumentException("path must be one segment, such as orders, but is '" + path + "'");
        }
        this.path = path;
    }

    /** The view or table that rows are read from, null until the table is set. */
    public TableName view() {
        return view == null ? table : view;
    }

    /** A view to read rows from that has the table's key columns; writes go to the table. By default the table. */
    public void setView(String view) {
        this.view = TableName.parse(view);
    }

    /** The columns of the key, empty for those of the primary key. */
    public List<String> key() {
        return key;
    }

    /** The columns of another unique key, separated by commas. By default the primary key's. */
    public void setKey(String key) {
        this.key = TableName.Names.split(key, ',');
    }

    /** The columns that are served, empty for all. */
    public List<String> columns() {
        return columns;
    }

    /** The columns that are served besides those of the key, separated by commas. By default all. */
    public void setColumns(String columns) {
        this.columns = TableName.Names.split(columns, ',');
    }

    /** The columns by which lists are read and cached. */
    public List<String> lists() {
        return lists;
    }

    /** The columns by whose value rows can be listed, from the cache, separated by commas. By default none. */
    public void setLists(String lists) {
        this.lists = TableName.Names.split(lists, ',');
    }

    /** The rules of derived keys. */
    public List<Dependency> dependsOn() {
        return dependsOn;
    }

    /** Other tables whose changes change what is read here: {@code order_items(order_id)}, separated by commas. */
    public void setDependsOn(String dependsOn) {
        this.dependsOn = Dependency.parse(dependsOn);
    }

    /**
     * How long an entry may live.
     *
     * @param absent whether the entry says that there is no such row
     */
    public Duration ttl(boolean absent) {
        return absent ? negativeTtl : ttl;
    }

    /** How long an entry may live, e.g. {@code 30s}, {@code 10m} or {@code 1h}. By default 10 minutes. */
    public void setTtl(String ttl) {
        this.ttl = duration("ttl", ttl);
    }

    /** How long it may be cached that a row does not exist. By default one minute. */
    public void setNegativeTtl(String negativeTtl) {
        this.negativeTtl = duration("negativeTtl", negativeTtl);
    }

    /** For how long changes may not have been applied while entries are answered, zero for any time; null if not set. */
    public Duration maxStaleness() {
        return maxStaleness;
    }

    /** E.g. {@code 2s}; 0 for any time. By default what {@code cascade.cache.max-staleness} says. */
    public void setMaxStaleness(String maxStaleness) {
        this.maxStaleness = maxStaleness.strip().equals("0") ? Duration.ZERO : duration("maxStaleness", maxStaleness);
    }

    /** For how long after that entries are answered all the same when PostgreSQL does not answer; by default zero. */
    public Duration staleIfError() {
        return staleIfError;
    }

    /** E.g. {@code 10m}. By default an entry that is too old is never answered. */
    public void setStaleIfError(String staleIfError) {
        this.staleIfError = duration("staleIfError", staleIfError);
    }

    /** Whether an entry is loaded again when a change touches it, rather than dropped. */
    public boolean refreshes() {
        return refreshes;
    }

    /** {@code drop}, the default, or {@code refresh}. */
    public void setOnChange(String onChange) {
        if (!onChange.equals("drop") && !onChange.equals("refresh")) {
            throw new IllegalArgumentException("onChange must be drop or refresh, but is " + onChange);
        }
        this.refreshes = onChange.equals("refresh");
    }

    /** The SQL condition of the rows that are loaded unasked, null for none. */
    public String warm() {
        return warm;
    }

    /** A condition on the columns of the table, or of the view: {@code status = 'open'}, or {@code true} for all rows. */
    public void setWarm(String warm) {
        if (warm.isBlank()) {
            throw new IllegalArgumentException("warm must be an SQL condition such as status = 'open', or true");
        }
        this.warm = warm;
    }

    /** The endpoint of the route that carries out an operation: read, list, create, update or delete. */
    public String route(Operation operation) {
        return switch (operation) {
            case READ -> read;
            case LIST -> list;
            case CREATE -> create;
            case UPDATE -> update;
            case DELETE -> delete;
        };
    }

    /** The endpoints by the name of their property. */
    Map<String, String> routes() {
        return Map.of("read", read, "list", list, "create", create, "update", update, "delete", delete);
    }

    /** The endpoint that reads one row, {@code direct:…}; by default the common route. */
    public void setRead(String read) {
        this.read = endpoint("read", read);
    }

    /** The endpoint that reads several rows. */
    public void setList(String list) {
        this.list = endpoint("list", list);
    }

    /** The endpoint that stores a new row. */
    public void setCreate(String create) {
        this.create = endpoint("create", create);
    }

    /** The endpoint that replaces fields of a row. */
    public void setUpdate(String update) {
        this.update = endpoint("update", update);
    }

    /** The endpoint that deletes a row. */
    public void setDelete(String delete) {
        this.delete = endpoint("delete", delete);
    }

    private static String endpoint(String name, String uri) {
        if (!uri.startsWith("direct:")) {
            throw new IllegalArgumentException(name + " must be a route's direct: endpoint, but is " + uri);
        }
        return uri;
    }

    private static Duration duration(String name, String text) {
        Duration duration;
        try {
            duration = Duration.ofMillis(TimeUtils.toMilliSeconds(text));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            // Without the cause: its message would be shown instead of this one.
            throw new IllegalArgumentException(name + " must be a time such as 30s, 10m or 1h, but is " + text);
        }
        if (duration.isZero() || duration.isNegative()) {
            throw new IllegalArgumentException(name + " must be longer than 0, but is " + text);
        }
        return duration;
    }
}
