package io.cdccascade.capture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connector's readiness: up only while the connector and each of its tasks were RUNNING when Kafka Connect was
 * asked last.
 *
 * <p>The routes report every outcome here; a change is logged once. States are those of
 * <a href="https://kafka.apache.org/documentation/#connect_rest">Kafka Connect's REST API</a>. Where
 * changes are captured in this process the check is disabled and plays no part in readiness.
 */
public final class ConnectorHealth extends AbstractHealthCheck {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectorHealth.class);
    private static final JsonMapper JSON = new JsonMapper();

    /** @param trouble what keeps the check down, or null if it is up */
    private record State(boolean registered, boolean failed, String trouble) {}

    private volatile State state = new State(false, false, "not registered yet");

    /**
     * @param mode {@code connect} where Kafka Connect captures, {@code embedded} where this process does
     * @throws IllegalArgumentException if it is something else, because then nothing would capture
     */
    public ConnectorHealth(String mode) {
        super("cdc-cascade", "connector");
        if (!mode.equals("connect") && !mode.equals("embedded")) {
            throw new IllegalArgumentException(
                    "cascade.capture.mode is '" + mode + "' and must be embedded or connect");
        }
        setEnabled(mode.equals("connect"));
    }

    /** Whether Kafka Connect has taken the configuration since this process started, and has not lost it. */
    public boolean isRegistered() {
        return state.registered;
    }

    /** Whether the connector or one of its tasks has failed and waits to be restarted. */
    public boolean isFailed() {
        return state.failed;
    }

    /** Kafka Connect has taken the configuration. */
    public void accepted() {
        become(new State(true, false, "registered, not seen running yet"));
    }

    /** Kafka Connect does not know the connector. A moment after its registration that is normal. */
    public void missing() {
        become(new State(false, false, "Kafka Connect does not know the connector"));
    }

    /** Kafka Connect has an older configuration than the connector should have. */
    public void outdated() {
        become(new State(false, false, "the connector waits for its new configuration"));
    }

    /**
     * Kafka Connect has reported the connector's status.
     *
     * @param status the answer's JSON
     * @throws IOException if it is not JSON
     */
    public void observed(String status) throws IOException {
        JsonNode root = JSON.readTree(status);
        List<String> troubles = new ArrayList<>();
        boolean failed = check("the connector", root.path("connector"), troubles);
        for (JsonNode task : root.path("tasks")) {
            failed |= check("task " + task.path("id").asText(), task, troubles);
        }
        if (root.path("tasks").isEmpty()) {
            troubles.add("there is no task");
        }
        become(new State(state.registered, failed, troubles.isEmpty() ? null : String.join("; ", troubles)));
    }

    /** Kafka Connect has answered with an error. */
    public void refused(int status, String answer) {
        become(new State(state.registered, false, "Kafka Connect answered " + status + ": " + message(answer)));
    }

    /** Kafka Connect could not be asked: it is unreachable, or the connector's configuration cannot be read. */
    public void notAsked(Throwable failure) {
        become(new State(state.registered, false, "Kafka Connect could not be asked: " + failure.getMessage()));
    }

    private static boolean check(String what, JsonNode part, List<String> troubles) {
        String name = part.path("state").asText("in no state");
        if (!name.equals("RUNNING")) {
            // The first line of the trace is the exception, the rest is in Connect's own log.
            String cause = part.path("trace")
                    .asText()
                    .lines()
                    .findFirst()
                    .map(line -> ": " + line)
                    .orElse("");
            troubles.add(what + " is " + name + cause);
        }
        return name.equals("FAILED");
    }

    private static String message(String answer) {
        try {
            return JSON.readTree(answer).path("message").asText(answer);
        } catch (IOException e) {
            return answer;
        }
    }

    private void become(State next) {
        String before = state.trouble;
        state = next;
        if (!Objects.equals(before, next.trouble)) {
            if (next.trouble == null) {
                LOG.info("The connector is running");
            } else {
                LOG.warn("Capture is down: {}", next.trouble);
            }
        }
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    public boolean isReadiness() {
        return isEnabled();
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        String trouble = state.trouble;
        if (trouble == null) {
            builder.up();
        } else {
            builder.down().message("Capture is down: " + trouble);
        }
    }
}
