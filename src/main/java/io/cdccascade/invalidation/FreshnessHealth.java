package io.cdccascade.invalidation;

import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Readiness of the way from PostgreSQL's log to the cache: down until everything is applied that was committed before the start,
 * and whenever the {@link Watermark} is older than a bound. The message says what it waits for.
 */
public final class FreshnessHealth extends AbstractHealthCheck {

    private final Watermark watermark;
    private final long boundMillis;

    /** @param boundMillis how old the watermark may be, in milliseconds */
    public FreshnessHealth(Watermark watermark, long boundMillis) {
        super("cdc-cascade", "freshness");
        this.watermark = watermark;
        this.boundMillis = boundMillis;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        long age = watermark.ageMillis();
        builder.detail("age.ms", age);
        if (!watermark.isKnown()) {
            builder.down()
                    .message("Reads go to PostgreSQL until the changes made before the start are applied: waiting for "
                            + watermark.waitsFor());
        } else if (age > boundMillis) {
            builder.down()
                    .message("For " + age / 1000 + " s changes may not have been applied: waiting for "
                            + watermark.waitsFor());
        } else {
            builder.up();
        }
    }
}
