package io.cdccascade.refresh;

import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Reports how far warm tables are. Never down: a table that is not warm is slower, not wrong. */
public final class WarmHealth extends AbstractHealthCheck {

    private final Warmer warmer;

    /** @param warmer what is reported */
    public WarmHealth(Warmer warmer) {
        super("cdc-cascade", "warm");
        this.warmer = warmer;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        warmer.progress()
                .forEach((name, progress) -> builder.detail(
                        name, progress.state() + ", " + progress.rows() + " rows, " + progress.stored() + " loaded"));
        builder.up();
    }
}
