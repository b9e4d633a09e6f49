package io.cdccascade.reload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.util.AntPathMatcher;

/**
 * The route files' texts. An edit counts once two looks in a row have seen the same, so that a file is not taken for
 * deleted, or for complete, while an editor writes it. Hidden files, and backups whose names do not fit, are nobody's.
 */
final class RouteFiles {

    private final CamelContext context;
    private final String[] without;
    private final List<String> patterns;
    private Map<String, String> seen = Map.of();

    /**
     * @param without  as in {@code camel.main.routes-exclude-pattern}
     * @param patterns as in {@code camel.main.routes-include-pattern}; only those of YAML files count
     */
    RouteFiles(CamelContext context, String without, String... patterns) {
        this.context = context;
        this.without = without.split(",");
        this.patterns = Stream.of(patterns)
                .flatMap(list -> Stream.of(list.split(",")))
                .map(String::trim)
                .map(pattern -> pattern.replace("?optional=true", ""))
                .filter(pattern -> pattern.startsWith("file:") && pattern.endsWith(".yaml"))
                .toList();
    }

    /** The texts as they are now, by location such as {@code file:routes/read.camel.yaml}, in the patterns' order. */
    Map<String, String> read() throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (String pattern : patterns) {
            for (String location : find(pattern)) {
                String text = new String(
                        Files.readAllBytes(Path.of(location.substring("file:".length()))), StandardCharsets.UTF_8);
                // An empty file is one that is being written.
                String last = seen.get(location);
                if (!text.isBlank()) {
                    texts.putIfAbsent(location, text);
                } else if (last != null) {
                    texts.putIfAbsent(location, last);
                }
            }
        }
        seen = texts;
        return texts;
    }

    /** The texts, if they are those of the last look, or else nothing yet. */
    Optional<Map<String, String>> settled() {
        try {
            Map<String, String> before = seen;
            Map<String, String> now = read();
            return now.equals(before) ? Optional.of(now) : Optional.empty();
        } catch (IOException | UncheckedIOException e) {
            // A file went away between finding and reading it: somebody is at work.
            return Optional.empty();
        }
    }

    private List<String> find(String pattern) throws IOException {
        String root = AntPathMatcher.INSTANCE.isPattern(pattern)
                ? AntPathMatcher.INSTANCE.determineRootDir(pattern)
                : pattern;
        if (!Files.exists(Path.of(root.substring("file:".length())))) {
            return List.of();
        }
        try {
            return PluginHelper.getPackageScanResourceResolver(context).findResources(pattern).stream()
                    .filter(Resource::exists)
                    .map(Resource::getLocation)
                    .filter(location -> !AntPathMatcher.INSTANCE.anyMatch(without, location))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
