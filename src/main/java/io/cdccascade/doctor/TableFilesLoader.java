package io.cdccascade.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Loads the table files into a context that is never started, and the routes that they may name. The other beans of the
 * route files are left out: to make them is to start the application.
 */
public final class TableFilesLoader {

    private final CamelContext context;

    public TableFilesLoader(CamelContext context) {
        this.context = context;
    }

    /**
     * Loads the files.
     *
     * @param tables patterns of the table files, with commas between
     * @param routes patterns of the route files, with commas between
     * @return what could not be loaded, and why, by file
     */
    public Map<String, String> load(String tables, String routes) {
        Map<String, String> failures = new TreeMap<>();
        Set<String> seen = new LinkedHashSet<>();
        for (Resource file : find(tables)) {
            if (seen.add(file.getLocation())) {
                load(file, false, failures);
            }
        }
        for (Resource file : find(routes)) {
            if (file.getLocation().endsWith(".yaml") && seen.add(file.getLocation())) {
                load(file, true, failures);
            }
        }
        return failures;
    }

    private List<Resource> find(String patterns) {
        return List.of(patterns.split(",")).stream()
                .flatMap(pattern -> {
                    try {
                        return PluginHelper.getPackageScanResourceResolver(context)
                                .findResources(pattern.strip())
                                .stream();
                    } catch (Exception e) {
                        throw new IllegalArgumentException(pattern + " cannot be read: " + Findings.cause(e), e);
                    }
                })
                .toList();
    }

    private void load(Resource file, boolean withoutBeans, Map<String, String> failures) {
        try {
            PluginHelper.getRoutesLoader(context).loadRoutes(withoutBeans ? withoutBeans(file) : file);
        } catch (Exception e) {
            failures.put(file.getLocation().replaceFirst("^file:", ""), Findings.cause(e));
        }
    }

    private static Resource withoutBeans(Resource file) {
        try (InputStream in = file.getInputStream()) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Object yaml = new Load(LoadSettings.builder().build()).loadFromString(text);
            if (!(yaml instanceof List<?> parts)) {
                return file;
            }
            List<?> kept = parts.stream()
                    .filter(part -> !(part instanceof Map<?, ?> map && map.containsKey("beans")))
                    .toList();
            return kept.size() == parts.size()
                    ? file
                    : ResourceHelper.fromString(
                            file.getLocation().replaceFirst(".*/", ""),
                            new Dump(DumpSettings.builder().build()).dumpToString(kept));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
