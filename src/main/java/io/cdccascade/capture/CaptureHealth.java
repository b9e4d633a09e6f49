package io.cdccascade.capture;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Readiness of capture: up only while batches are delivered.
 *
 * <p>An engine that has started proves little: PostgreSQL may still refuse it the slot, or deliveries may fail. So
 * capture is up once a batch has been delivered since the engine's start, and down again when the engine ends or when
 * nothing, not even a heartbeat, has been delivered for the stall timeout.
 */
final class CaptureHealth extends AbstractHealthCheck {

    private static final long NO_STALL = Long.MAX_VALUE;

    private record State(boolean up, String reason, long since) {}

    private final long stallTimeoutNanos;
    private final Map<String, Long> oversize = new ConcurrentSkipListMap<>();
    private volatile Set<String> refusedTopics = Set.of();
    private volatile State state = new State(false, "not started", System.nanoTime());

    /**
     * @param id           the check's id, not null
     * @param stallTimeout milliseconds without a delivery that make capture down; 0 where there are no heartbeats
     */
    CaptureHealth(String id, long stallTimeout) {
        super("cdc-cascade", id);
        this.stallTimeoutNanos = stallTimeout == 0 ? NO_STALL : TimeUnit.MILLISECONDS.toNanos(stallTimeout);
    }

    void down(String reason) {
        state = new State(false, reason, System.nanoTime());
    }

    void delivered() {
        state = new State(true, null, System.nanoTime());
    }

    /**
     * Counts a record that is larger than Kafka accepts. It is shown, and does not take capture down.
     *
     * @param table its table
     * @return whether it is the table's first
     */
    boolean oversize(String table) {
        return oversize.merge(table, 1L, Long::sum) == 1;
    }

    /**
     * Shows the topics that Kafka does not let exist. They do not take capture down.
     *
     * @param topics all of them, empty when capture starts
     */
    void refused(Set<String> topics) {
        refusedTopics = topics;
    }

    boolean isUp() {
        State now = state;
        return now.up && !stalled(now);
    }

    private boolean stalled(State now) {
        return System.nanoTime() - now.since > stallTimeoutNanos;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        if (!oversize.isEmpty()) {
            builder.detail("oversize", Map.copyOf(oversize));
        }
        if (!refusedTopics.isEmpty()) {
            builder.detail("refusedTopics", refusedTopics);
        }
        State now = state;
        if (!now.up) {
            builder.down().message("Capture is down: " + now.reason);
        } else if (stalled(now)) {
            builder.down()
                    .message("Capture has stalled: not even a heartbeat for "
                            + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - now.since) + " s");
        } else {
            builder.up();
        }
    }
}
