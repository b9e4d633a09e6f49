package io.cdccascade.reload;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs which settings were edited while the system runs: settings are read at the start only. */
final class ChangedSettings {

    private static final Logger LOG = LoggerFactory.getLogger(ChangedSettings.class);

    private final Map<Path, Properties> files = new LinkedHashMap<>();
    private Set<String> logged = Set.of();

    /** @param locations where the settings come from, as Camel names it; all but files are ignored */
    ChangedSettings(Collection<String> locations) {
        for (String location : locations) {
            if (location.startsWith("file:")) {
                Path file = Path.of(location.substring("file:".length()).replaceFirst(";.*", ""));
                files.put(file, read(file));
            }
        }
    }

    /**
     * Logs the names of the settings that differ from those at the start, if they are others than last time. Never logs
     * values, which can be secret.
     */
    void logChanges() {
        Set<String> changed = new TreeSet<>();
        files.forEach((file, before) -> {
            Properties now = read(file);
            Set<Object> keys = new TreeSet<>(before.keySet());
            keys.addAll(now.keySet());
            keys.stream()
                    .filter(key -> !Objects.equals(before.get(key), now.get(key)))
                    .forEach(key -> changed.add((String) key));
        });
        if (!changed.equals(logged)) {
            if (!changed.isEmpty()) {
                LOG.info("Settings take effect at the next start: {}", String.join(", ", changed));
            }
            logged = changed;
        }
    }

    private static Properties read(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            LOG.debug("{} cannot be read", file, e);
        }
        return properties;
    }
}
