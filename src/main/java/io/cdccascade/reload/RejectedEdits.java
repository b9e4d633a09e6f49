package io.cdccascade.reload;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports rejected edits until they are fixed: once in the log, and as a health check. The check counts neither for
 * readiness nor for liveness, because the version from before the edit keeps running.
 */
final class RejectedEdits extends AbstractHealthCheck {

    private static final Logger LOG = LoggerFactory.getLogger(RejectedEdits.class);

    private volatile Map<String, String> edits = Map.of();

    /** @param id the check's id */
    RejectedEdits(String id) {
        super("cdc-cascade", id);
    }

    /**
     * Replaces all rejected edits and logs the differences.
     *
     * @param now file, line and reason, by the file's location
     * @return how many are new
     */
    int update(Map<String, String> now) {
        List<String> added = now.entrySet().stream()
                .filter(edit -> !edit.getValue().equals(edits.get(edit.getKey())))
                .map(Map.Entry::getValue)
                .toList();
        added.forEach(reason -> LOG.warn("Rejected edit, the version before it keeps running: {}", reason));
        edits.keySet().stream()
                .filter(location -> !now.containsKey(location))
                .forEach(location -> LOG.info("Fixed: {}", SourceFile.path(location)));
        edits = new LinkedHashMap<>(now);
        return added.size();
    }

    @Override
    public boolean isReadiness() {
        return false;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        if (edits.isEmpty()) {
            builder.up();
        } else {
            builder.down().message(edits.values().stream().collect(Collectors.joining("; ", "Rejected: ", "")));
        }
    }
}
