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
 * Reads the route files. {@link #readSettled} waits until two reads in a row have found the same, so that a file that an
 * editor is still writing counts neither as complete nor as deleted. Hidden files and backups do not match the patterns.
 */
final class RouteFiles {

    private final CamelContext context;
    private final String[] without;
    private final List<String> patterns;
    private Map<String, String> lastRead = Map.of();

    /**
     * @param without  as in {@code camel.main.routes-exclude-pattern}
     * @param patterns as in {@code camel.main.routes-include-pattern}; those that are not of YAML files are ignored
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

    /** The contents as they are now, by location such as {@code file:routes/read.camel.yaml}, in the patterns' order. */
    Map<String, String> read() throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (String pattern : patterns) {
            for (String location : find(pattern)) {
                String text =
                        new String(Files.readAllBytes(Path.of(SourceFile.path(location))), StandardCharsets.UTF_8);
                // A file that is empty is being written, so it keeps the text that it had.
                String last = lastRead.get(location);
                if (!text.isBlank()) {
                    texts.putIfAbsent(location, text);
                } else if (last != null) {
                    texts.putIfAbsent(location, last);
                }
            }
        }
        lastRead = texts;
        return texts;
    }

    /** The contents as they are now, if the read before found the same; otherwise empty. */
    Optional<Map<String, String>> readSettled() {
        try {
            Map<String, String> before = lastRead;
            Map<String, String> now = read();
            return now.equals(before) ? Optional.of(now) : Optional.empty();
        } catch (IOException | UncheckedIOException e) {
            // A file was deleted after it was found: an editor is replacing it.
            return Optional.empty();
        }
    }

    private List<String> find(String pattern) throws IOException {
        String root = AntPathMatcher.INSTANCE.isPattern(pattern)
                ? AntPathMatcher.INSTANCE.determineRootDir(pattern)
                : pattern;
        if (!Files.exists(Path.of(SourceFile.path(root)))) {
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
