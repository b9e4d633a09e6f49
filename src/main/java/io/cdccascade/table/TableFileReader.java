package io.cdccascade.table;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.model.BeanFactoryDefinition;
import org.apache.camel.model.Model;

/** Reads the table files from a Camel context: its {@link CachedTable} beans, and the routes that they name. */
final class TableFileReader {

    private final CamelContext context;

    TableFileReader(CamelContext context) {
        this.context = context;
    }

    /**
     * Reads all table files.
     *
     * @param built the tables that are served, by bean: each keeps its path against other files that name the same
     * @return the files by bean, in the order of the beans' names
     */
    Map<String, TableFile> read(Map<String, ServedTable> built) {
        Map<String, BeanFactoryDefinition<?>> definitions = new HashMap<>();
        model().getCustomBeans().forEach(definition -> definitions.put(definition.getName(), definition));
        Map<String, CachedTable> tables = new TreeMap<>(context.getRegistry().findByTypeWithName(CachedTable.class));
        Map<String, String> beansByPath = new HashMap<>();
        built.forEach((bean, table) -> {
            if (tables.containsKey(bean)) {
                beansByPath.put(table.file().path(), bean);
            }
        });
        Map<String, TableFile> files = new TreeMap<>();
        tables.forEach((bean, table) -> {
            BeanFactoryDefinition<?> definition = definitions.get(bean);
            files.put(
                    bean,
                    new TableFile(bean, table, place(bean, definition), problem(bean, table, definition, beansByPath)));
        });
        return files;
    }

    /**
     * Checks that the routes exist which a file names for its operations.
     *
     * @throws TableFileException if there is no such route
     */
    void requireRoutes(CachedTable file) throws TableFileException {
        Set<String> inputs = model().getRouteDefinitions().stream()
                .filter(route -> route.getInput() != null)
                .map(route -> route.getInput().getEndpointUri())
                .collect(Collectors.toSet());
        Map<String, String> common = new CachedTable().routes();
        for (Map.Entry<String, String> route : new TreeMap<>(file.routes()).entrySet()) {
            // A common route that is missing is not the file's fault, and the other operations work without it.
            if (!inputs.contains(route.getValue()) && !route.getValue().equals(common.get(route.getKey()))) {
                throw new TableFileException(route.getKey() + ": no route starts from " + route.getValue()
                        + ": add one, or leave " + route.getKey() + " out for the common route");
            }
        }
    }

    private Model model() {
        return context.getCamelContextExtension().getContextPlugin(Model.class);
    }

    private static String place(String bean, BeanFactoryDefinition<?> definition) {
        return definition == null || definition.getResource() == null
                ? "bean " + bean
                : definition.getResource().getLocation().replaceFirst("^file:", "");
    }

    private static String problem(
            String bean, CachedTable table, BeanFactoryDefinition<?> definition, Map<String, String> beansByPath) {
        Set<String> unknown = definition == null || definition.getProperties() == null
                ? new TreeSet<>()
                : new TreeSet<>(definition.getProperties().keySet());
        unknown.removeAll(CachedTable.PROPERTIES);
        if (!unknown.isEmpty()) {
            return String.join(", ", unknown) + ": there is no such property; there are "
                    + String.join(", ", new TreeSet<>(CachedTable.PROPERTIES));
        }
        if (table.table() == null) {
            return "table: is missing; name the table to serve";
        }
        String first = beansByPath.putIfAbsent(table.path(), bean);
        return first == null || first.equals(bean)
                ? null
                : "path: " + table.path() + " is taken by the bean " + first + ": give one of them another path";
    }
}
