package io.cdccascade.capture;

import io.cdccascade.table.CaptureContent;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.component.debezium.postgres.DebeziumPostgresComponent;
import org.apache.camel.component.debezium.postgres.DebeziumPostgresEndpoint;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.service.ServiceHelper;

/**
 * Camel's {@code debezium-postgres} component with a consumer that loses nothing.
 *
 * <p>Every endpoint option of {@code debezium-postgres} keeps its name, default and meaning; the stock component
 * itself reads them. What differs is the consumer, see {@link CaptureConsumer}. Bound under a name of its own, so that
 * a missing bean definition is an error and not a silent fallback to the stock consumer.
 *
 * <p>All times are milliseconds.
 */
public final class CaptureComponent extends DefaultComponent {

    private long restartDelay = 500;
    private long restartDelayMax = 30_000;
    private long stallTimeout = 30_000;
    private long stopTimeout = 10_000;
    private CaptureContent content = CaptureContent.ROWS;

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        var stock = new DebeziumPostgresComponent(getCamelContext());
        ServiceHelper.buildService(stock);
        var configured = (DebeziumPostgresEndpoint) stock.createEndpoint("debezium-postgres:" + remaining, parameters);
        parameters.clear();
        return new CaptureEndpoint(uri, this, configured.getConfiguration());
    }

    long getRestartDelay() {
        return restartDelay;
    }

    /** The pause before a failed engine is started again; it doubles with every failure in a row. Default 500. */
    public void setRestartDelay(long restartDelay) {
        this.restartDelay = restartDelay;
    }

    long getRestartDelayMax() {
        return restartDelayMax;
    }

    /** The longest pause before a failed engine is started again. Default 30000. */
    public void setRestartDelayMax(long restartDelayMax) {
        this.restartDelayMax = restartDelayMax;
    }

    long getStallTimeout() {
        return stallTimeout;
    }

    /**
     * How long nothing, not even a heartbeat, may be delivered before readiness reports down. Must be well above
     * {@code heartbeatIntervalMs}; unused where that is 0. Default 30000.
     */
    public void setStallTimeout(long stallTimeout) {
        this.stallTimeout = stallTimeout;
    }

    CaptureContent getContent() {
        return content;
    }

    /** What the publication publishes. Of keys, a snapshot reads no row. Default rows. */
    public void setContent(CaptureContent content) {
        this.content = content;
    }

    long getStopTimeout() {
        return stopTimeout;
    }

    /** How long a stop waits for the engine to end before it gives up on it. Default 10000. */
    public void setStopTimeout(long stopTimeout) {
        this.stopTimeout = stopTimeout;
    }
}
