package io.cdccascade.table;

import io.cdccascade.cache.FencedCache;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.model.BeanFactoryDefinition;
import org.apache.camel.model.Model;
import org.redisson.client.RedisException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * The tables that are served: the {@link CachedTable} beans of the route files, as far as the catalog bears them out.
 * Files and catalog may change at any time; {@link #follow} is called again and again and makes what is served follow.
 *
 * <p>What is cached of a table has a {@linkplain ServedTable#shape() shape}, a digest of the file and of the catalog.
 * Wherever the shape changes, a column, a rule, the table made anew, its place in the publication, the table's entries
 * are forgotten. Forgetting also makes every fill wait for a snapshot that sees each transaction that had begun by then
 * ({@link FencedCache#forget}); so no entry can miss a change that was written before the table was captured, or under
 * rules that said less.
 *
 * <p>Safe for use by many threads.
 */
public final class Tables implements CamelContextAware {

    /** What {@link FencedCache} is told of a table that nobody serves any more. No digest is that short. */
    private static final String NOT_SERVED = "-";

    /** No table's shape: whatever is adopted next is another. */
    private static final String NO_SHAPE = "";

    /** How long another instance's shape is respected, in nanoseconds; an instance that is gone does not take it back. */
    private static final long RESPECT = TimeUnit.MINUTES.toNanos(1);

    private static final Logger LOG = LoggerFactory.getLogger(Tables.class);

    private record Source(CachedTable file, String place, String mistake) {}

    /**
     * What is served at a moment.
     *
     * @param byPath    what answers, by path
     * @param unsound   the files that name a table but cannot be served, by path
     * @param mistakes  what is wrong, by file
     * @param hints     what would be faster otherwise, by file
     */
    private record State(
            Map<String, ServedTable> byPath,
            Map<String, CachedTable> unsound,
            Map<String, String> mistakes,
            Map<String, String> hints) {}

    private final Catalog catalog;
    private final FencedCache cache;
    private CamelContext context;
    private volatile State state = new State(Map.of(), Map.of(), Map.of(), Map.of());
    private volatile boolean looked;
    private volatile boolean followed;
    private volatile Set<String> disputed = Set.of();
    private final Map<String, String> adopted = new HashMap<>();
    private final Set<TableName> refused = new HashSet<>();
    private final Map<String, Long> foreign = new HashMap<>();
    private Map<String, ServedTable> built = Map.of();

    /**
     * @param catalog       what PostgreSQL knows
     * @param invalidations the cache, by a client that waits for Redis
     */
    public Tables(Catalog catalog, FencedCache invalidations) {
        this.catalog = catalog;
        this.cache = invalidations;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.context = camelContext;
    }

    /** The table that is served under this path segment. */
    public Optional<ServedTable> at(String path) {
        return Optional.ofNullable(state().byPath().get(path));
    }

    /** Whether a file claims this path segment, though its table cannot be served now. */
    public boolean unsound(String path) {
        return state().unsound().containsKey(path);
    }

    /** Every table that is served, in the order of the paths. */
    public Collection<ServedTable> served() {
        return state().byPath().values();
    }

    /** All of that at one moment, in which a file's table is either served or not. */
    public Now now() {
        State now = state();
        return new Now(now.byPath().values(), now.unsound().values(), disputed);
    }

    /**
     * What the files come to at a moment.
     *
     * @param served   every table that is served
     * @param unsound  the files whose table cannot be served
     * @param disputed what another instance caches by rules that this one does not know, and so cannot apply to a change
     */
    public record Now(Collection<ServedTable> served, Collection<CachedTable> unsound, Set<String> disputed) {

        public Now {
            served = List.copyOf(served);
            unsound = List.copyOf(unsound);
            disputed = Set.copyOf(disputed);
        }

        /** The files of all these tables, whether they are served or not. */
        public Stream<CachedTable> files() {
            return Stream.concat(served.stream().map(ServedTable::file), unsound.stream());
        }
    }

    /** What is wrong with which file. */
    public Map<String, String> mistakes() {
        return state().mistakes();
    }

    /** What is right but could be better, by file. */
    public Map<String, String> hints() {
        return state().hints();
    }

    /**
     * The tables whose changes count, as a connector's list of tables takes them.
     *
     * @throws IllegalStateException if PostgreSQL could not be asked yet
     */
    public String captured() {
        if (served().isEmpty() && !followed) {
            throw new IllegalStateException("PostgreSQL could not be asked yet which tables there are");
        }
        return now().files()
                .flatMap(file -> TableBuilder.changing(file).stream())
                .distinct()
                .sorted()
                .map(TableName::expression)
                .collect(Collectors.joining(","));
    }

    /** What is served; looked for if that was never done, so that no change event comes too early to be seen. */
    private State state() {
        if (!looked) {
            lookFirst();
        }
        return state;
    }

    /** Once: while PostgreSQL is away, requests must not wait for it here in a row. */
    private synchronized void lookFirst() {
        if (!looked) {
            try {
                follow();
            } catch (DataAccessException | RedisException e) {
                LOG.debug("Not yet known", e);
            }
        }
    }

    /**
     * Looks what the files and the catalog say now, and makes it so.
     *
     * @throws DataAccessException if PostgreSQL cannot be asked: what was served goes on, but for files that are gone
     * @throws RedisException      if Redis cannot be told: what it was not told is not cached until it is
     */
    public synchronized void follow() {
        try {
            look();
        } finally {
            looked = true;
        }
        adopt();
    }

    private void look() {
        Map<String, String> mistakes = new TreeMap<>();
        Map<String, Source> sources = sources();
        Map<String, ServedTable> sound = new LinkedHashMap<>(built);
        sound.keySet().retainAll(sources.keySet());
        lose(sound);
        built = Map.copyOf(sound);
        show(sources, state.mistakes());
        List<CachedTable> files = new ArrayList<>();
        sources.values().stream()
                .filter(source -> source.file().table() != null)
                .forEach(source -> files.add(source.file()));
        built.values().forEach(table -> files.add(table.file()));
        Map<TableName, Table> known = published(
                files,
                catalog.describe(files.stream()
                        .flatMap(file -> TableBuilder.names(file).stream())
                        .collect(Collectors.toCollection(TreeSet::new))));
        sources.forEach((bean, source) -> {
            try {
                if (source.mistake() != null) {
                    throw new Mistake(source.mistake());
                }
                sound.put(bean, build(source.file(), known));
            } catch (Mistake e) {
                mistakes.put(source.place(), e.getMessage());
                sound.remove(bean);
                before(bean, known).ifPresent(table -> sound.put(bean, table));
            }
        });
        lose(sound);
        built = Map.copyOf(sound);
        show(sources, mistakes);
        followed = true;
    }

    /** While a table is not served, changes pass by unseen: should it come back, even as it was, it begins anew. */
    private void lose(Map<String, ServedTable> remaining) {
        built.forEach((bean, table) -> {
            if (!remaining.containsKey(bean)) {
                table.names().forEach(name -> adopted.computeIfPresent(name, (same, shape) -> NO_SHAPE));
            }
        });
    }

    private ServedTable build(CachedTable file, Map<TableName, Table> known) throws Mistake {
        ServedTable table = new TableBuilder(file, known, catalog.publication()).build();
        routes(file);
        return table;
    }

    /** What a file said before it was edited wrongly goes on, if it still holds. */
    private Optional<ServedTable> before(String bean, Map<TableName, Table> known) {
        ServedTable before = built.get(bean);
        try {
            return before == null ? Optional.empty() : Optional.of(build(before.file(), known));
        } catch (Mistake e) {
            return Optional.empty();
        }
    }

    private Map<String, Source> sources() {
        Map<String, BeanFactoryDefinition<?>> definitions = new HashMap<>();
        context.getCamelContextExtension()
                .getContextPlugin(Model.class)
                .getCustomBeans()
                .forEach(definition -> definitions.put(definition.getName(), definition));
        Map<String, CachedTable> files = new TreeMap<>(context.getRegistry().findByTypeWithName(CachedTable.class));
        Map<String, String> paths = new HashMap<>();
        built.forEach((bean, table) -> {
            if (files.containsKey(bean)) {
                paths.put(table.file().path(), bean);
            }
        });
        Map<String, Source> sources = new TreeMap<>();
        files.forEach((bean, file) -> {
            BeanFactoryDefinition<?> definition = definitions.get(bean);
            sources.put(bean, new Source(file, place(bean, definition), mistake(bean, file, definition, paths)));
        });
        return sources;
    }

    private static String place(String bean, BeanFactoryDefinition<?> definition) {
        return definition == null || definition.getResource() == null
                ? "bean " + bean
                : definition.getResource().getLocation().replaceFirst("^file:", "");
    }

    private static String mistake(
            String bean, CachedTable file, BeanFactoryDefinition<?> definition, Map<String, String> paths) {
        Set<String> unknown = definition == null || definition.getProperties() == null
                ? new TreeSet<>()
                : new TreeSet<>(definition.getProperties().keySet());
        unknown.removeAll(CachedTable.PROPERTIES);
        if (!unknown.isEmpty()) {
            return String.join(", ", unknown) + ": there is no such property; there are "
                    + String.join(", ", new TreeSet<>(CachedTable.PROPERTIES));
        }
        if (file.table() == null) {
            return "table: is missing; name the table that is to be served";
        }
        String first = paths.putIfAbsent(file.path(), bean);
        return first == null || first.equals(bean)
                ? null
                : "path: " + file.path() + " is taken by the bean " + first + ": give one of them another path";
    }

    /** Adds what the publication lacks, as far as this role may, and describes it again. */
    private Map<TableName, Table> published(List<CachedTable> files, Map<TableName, Table> known) {
        Map<TableName, Table> described = new HashMap<>(known);
        Set<TableName> missing = files.stream()
                .flatMap(file -> TableBuilder.changing(file).stream())
                .filter(name -> known.containsKey(name)
                        && known.get(name).published() == null
                        && !known.get(name).primaryKey().isEmpty()
                        && !known.get(name).identity().isEmpty()
                        && !refused.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
        for (TableName name : missing) {
            try {
                catalog.publish(name);
                LOG.info("{} was added to the publication {}", name, catalog.publication());
            } catch (DataAccessException e) {
                if (e.getMostSpecificCause() instanceof SQLException cause && "42501".equals(cause.getSQLState())) {
                    // This role may not. Not tried again every second: whoever may do it is told to.
                    refused.add(name);
                }
                LOG.debug("{} was not added to the publication", name, e);
            }
        }
        if (!missing.isEmpty()) {
            described.putAll(catalog.describe(missing));
        }
        return described;
    }

    private void routes(CachedTable file) throws Mistake {
        Set<String> inputs =
                context.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions().stream()
                        .filter(route -> route.getInput() != null)
                        .map(route -> route.getInput().getEndpointUri())
                        .collect(Collectors.toSet());
        Map<String, String> common = new CachedTable().routes();
        for (Map.Entry<String, String> route : new TreeMap<>(file.routes()).entrySet()) {
            // A common route that is missing is no mistake of the file's, and keeps no other operation from working.
            if (!inputs.contains(route.getValue()) && !route.getValue().equals(common.get(route.getKey()))) {
                throw new Mistake(route.getKey() + ": no route starts from " + route.getValue());
            }
        }
    }

    private void show(Map<String, Source> sources, Map<String, String> mistakes) {
        Map<String, ServedTable> byPath = new TreeMap<>();
        built.values().forEach(table -> byPath.put(table.file().path(), table));
        Map<String, CachedTable> unsound = new TreeMap<>();
        Map<String, String> hints = new TreeMap<>();
        sources.forEach((bean, source) -> {
            ServedTable table = built.get(bean);
            if (table == null
                    && source.file().table() != null
                    && !byPath.containsKey(source.file().path())) {
                unsound.putIfAbsent(source.file().path(), source.file());
            } else if (table != null) {
                List<String> hidden = hidden(table);
                if (!hidden.isEmpty()) {
                    hints.put(source.place(), String.join("; ", hidden));
                }
            }
        });
        State before = state;
        state = new State(byPath, unsound, Map.copyOf(mistakes), Map.copyOf(hints));
        report("", before.mistakes(), mistakes);
        report("This works, but forgets more than it has to: ", before.hints(), hints);
    }

    private static void report(String how, Map<String, String> before, Map<String, String> now) {
        now.forEach((place, message) -> {
            if (!message.equals(before.get(place))) {
                LOG.warn("{}: {}{}", place, how, message);
            }
        });
        before.keySet().stream()
                .filter(place -> how.isEmpty() && !now.containsKey(place))
                .forEach(place -> LOG.info("{}: mended", place));
    }

    /** The rules whose old values the replica identity hides. */
    private static List<String> hidden(ServedTable table) {
        List<String> hidden = new ArrayList<>();
        table.file().lists().stream()
                .filter(column -> !table.table().identity().contains(column))
                .forEach(column -> hidden.add(hint(table.table(), "lists by " + column)));
        for (Dependency dependency : table.file().dependsOn()) {
            Table source = table.sources().get(dependency.source());
            if (!source.identity().containsAll(dependency.columns())) {
                hidden.add(hint(source, "dependsOn " + dependency));
            }
        }
        return hidden;
    }

    private static String hint(Table table, String rule) {
        return rule + " needs ALTER TABLE " + table.tableName().quoted() + " REPLICA IDENTITY FULL; without it each "
                + "update and delete there drops all that the rule covers";
    }

    /** Tells Redis which shape each table's entries have, and so forgets those of another. */
    private void adopt() {
        Map<String, String> shapes = new TreeMap<>();
        built.values().forEach(table -> table.names().forEach(name -> shapes.put(name, table.shape())));
        Set<String> gone = new HashSet<>(adopted.isEmpty() ? cache.shapes().keySet() : adopted.keySet());
        state.unsound().values().forEach(file -> gone.removeAll(ServedTable.names(file)));
        gone.forEach(name -> shapes.putIfAbsent(name, NOT_SERVED));
        shapes.forEach((name, shape) -> {
            if (!shape.equals(adopted.get(name))) {
                // What ran here before may have filled entries of the old shape after another instance forgot them.
                cache.adopt(name, shape, adopted.containsKey(name));
                adopted.put(name, shape);
                LOG.info(shape.equals(NOT_SERVED) ? "{} is served no more" : "{} is served", name);
            }
        });
        dispute();
    }

    /** Finds what another instance serves, or has taken away, by a file that this one does not have. */
    private void dispute() {
        Map<String, String> shapes = cache.shapes();
        shapes.keySet()
                .removeIf(name -> shapes.get(name).equals(adopted.get(name))
                        || shapes.get(name).equals(NOT_SERVED) && !served(name));
        disputed = Set.copyOf(shapes.keySet());
        foreign.keySet().retainAll(shapes.keySet());
        for (String name : shapes.keySet()) {
            Long since = foreign.get(name);
            if (since == null) {
                cache.forget(name);
                foreign.put(name, System.nanoTime());
                LOG.warn(
                        "Another instance has another file for {}: until all have the same, each change drops all of "
                                + "it",
                        name);
            } else if (served(name) && System.nanoTime() - since > RESPECT) {
                cache.adopt(name, adopted.get(name), true);
                foreign.remove(name);
                LOG.info("{} is served again as this instance's file says", name);
            }
        }
    }

    private boolean served(String name) {
        return built.values().stream().anyMatch(table -> table.names().contains(name));
    }
}
