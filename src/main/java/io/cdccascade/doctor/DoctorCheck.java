package io.cdccascade.doctor;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the {@link Doctor} found last, as details of health: {@code <server>.<check>}. Always up, because advice is no reason
 * to take an instance out of service: what is down is reported by the checks that are there for it. Examines from time to
 * time, on a thread of its own.
 */
public final class DoctorCheck extends AbstractHealthCheck implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DoctorCheck.class);
    /** Until then capture has usually started. */
    private static final long FIRST_MILLIS = 15_000;

    private static final int STOP_SECONDS = 5;

    private final Doctor doctor;
    private final long everyMillis;
    private ScheduledExecutorService timer;
    private volatile List<Finding> found = List.of();

    /** @param everyMillis how often it examines; 0 for never */
    public DoctorCheck(Doctor doctor, long everyMillis) {
        super("cdc-cascade", "doctor");
        this.doctor = doctor;
        this.everyMillis = everyMillis;
        setEnabled(everyMillis > 0);
    }

    /** Begins to examine. */
    public synchronized void start() {
        if (everyMillis <= 0) {
            return;
        }
        timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "cascade-doctor");
            thread.setDaemon(true);
            return thread;
        });
        timer.scheduleWithFixedDelay(
                this::examine, Math.min(FIRST_MILLIS, everyMillis), everyMillis, TimeUnit.MILLISECONDS);
    }

    private void examine() {
        try {
            found = doctor.examine();
        } catch (RuntimeException e) {
            LOG.warn("The servers could not be examined", e);
        }
    }

    /** What was found last; empty before the first time. */
    public List<Finding> findings() {
        return found;
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
        Map<String, String> details = new TreeMap<>();
        found.stream()
                .filter(Finding::isTrouble)
                .forEach(finding -> details.merge(
                        finding.server() + "." + finding.check(), finding.text(), (one, other) -> one + " " + other));
        details.forEach(builder::detail);
        builder.detail("examined", !found.isEmpty())
                .detail("troubles", details.size())
                .up();
    }

    @Override
    public synchronized void close() throws InterruptedException {
        if (timer != null) {
            timer.shutdownNow();
            timer.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        }
    }
}
