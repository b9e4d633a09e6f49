package io.cdccascade.invalidation;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The gauge {@code cascade.invalidate.lag}, in records: how far the consumer group's committed offsets are behind the
 * ends of their partitions. Kafka is asked when the metrics are read, because a consumer that does not run cannot
 * report its lag. NaN while Kafka does not answer.
 */
public final class ConsumerLag {

    private static final int TIMEOUT_MS = 1_000;

    private final Admin admin;
    private final String group;

    /**
     * @param admin  asks Kafka
     * @param group  the consumer group
     * @param meters where the gauge is registered
     */
    public ConsumerLag(Admin admin, String group, MeterRegistry meters) {
        this.admin = admin;
        this.group = group;
        Gauge.builder("cascade.invalidate.lag", this, ConsumerLag::records)
                .baseUnit("records")
                .description("Change events that have not been applied to the cache")
                .register(meters);
    }

    /** The lag over all partitions, in records; {@link Double#NaN} when Kafka does not answer. */
    public double records() {
        return records(admin, group);
    }

    /** The same for any group. */
    public static double records(Admin admin, String group) {
        try {
            Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
            Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(committed.keySet().stream()
                            .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest())))
                    .all()
                    .get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
            return committed.entrySet().stream()
                    .mapToLong(entry -> Math.max(
                            0,
                            ends.get(entry.getKey()).offset() - entry.getValue().offset()))
                    .sum();
        } catch (ExecutionException | TimeoutException e) {
            return Double.NaN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Double.NaN;
        }
    }
}
