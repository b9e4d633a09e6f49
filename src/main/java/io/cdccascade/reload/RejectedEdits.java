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
 * The edits that wait to be mended, as a health check that is neither of readiness nor of liveness: what ran before the
 * edit goes on.
 */
final class RejectedEdits extends AbstractHealthCheck {

    private static final Logger LOG = LoggerFactory.getLogger(RejectedEdits.class);

    private volatile Map<String, String> edits = Map.of();

    /** @param id the check's id */
    RejectedEdits(String id) {
        super("cdc-cascade", id);
    }

    /**
     * Logs what has come and gone.
     *
     * @param now file, line and reason, by file
     * @return how many have come
     */
    int become(Map<String, String> now) {
        List<String> news = now.entrySet().stream()
                .filter(edit -> !edit.getValue().equals(edits.get(edit.getKey())))
                .map(Map.Entry::getValue)
                .toList();
        news.forEach(reason -> LOG.warn("Rejected edit, what ran before goes on: {}", reason));
        edits.keySet().stream()
                .filter(location -> !now.containsKey(location))
                .forEach(location -> LOG.info("Mended: {}", location.substring("file:".length())));
        edits = new LinkedHashMap<>(now);
        return news.size();
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
