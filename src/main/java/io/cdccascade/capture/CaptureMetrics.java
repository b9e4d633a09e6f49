package io.cdccascade.capture;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/** The metrics of capture: records delivered, engine restarts, and the delay since the commits. */
final class CaptureMetrics implements AutoCloseable {

    private final MeterRegistry registry;
    private final TimeGauge lag;
    private final Counter records;
    private final Counter restarts;
    private final Counter oversize;
    private final AtomicLong newestMillis = new AtomicLong(System.currentTimeMillis());

    CaptureMetrics(MeterRegistry registry) {
        this.registry = registry;
        records = Counter.builder("cascade.capture.records")
                .description("Records delivered, heartbeats and tombstones included")
                .register(registry);
        restarts = Counter.builder("cascade.capture.restarts")
                .description("Starts of the capture engine after it had failed")
                .register(registry);
        oversize = Counter.builder("cascade.capture.oversize")
                .description("Records larger than Kafka accepts, published without their content or left out")
                .register(registry);
        lag = TimeGauge.builder("cascade.capture.lag", newestMillis, TimeUnit.MILLISECONDS, CaptureMetrics::age)
                .description("Age of the newest change or heartbeat that was delivered")
                .register(registry);
    }

    void restarted() {
        restarts.increment();
    }

    void oversize() {
        oversize.increment();
    }

    private static double age(AtomicLong millis) {
        return Math.max(0, System.currentTimeMillis() - millis.get());
    }

    /** Counts a batch, whose last record is the newest; a heartbeat counts with its own time. */
    void delivered(int count, SourceRecord last) {
        records.increment(count);
        if (last.value() instanceof Struct value) {
            Struct timed = value.schema().field("source") == null ? value : value.getStruct("source");
            if (timed.schema().field("ts_ms") != null && timed.getInt64("ts_ms") != null) {
                newestMillis.set(timed.getInt64("ts_ms"));
            }
        }
    }

    /** Removes the gauge: a registry would go on showing this one instead of the next consumer's. */
    @Override
    public void close() {
        registry.remove(lag);
    }
}
