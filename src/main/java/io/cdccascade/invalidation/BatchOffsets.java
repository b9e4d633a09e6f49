package io.cdccascade.invalidation;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.DefaultKafkaManualCommit;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The offsets of a batch, of every partition in it. They are committed in one request, because a batch may touch hundreds of
 * topics. What {@code camel-kafka} offers commits a partition at a time, for a whole batch that of its last record only.
 */
public final class BatchOffsets {

    private final Map<TopicPartition, OffsetAndMetadata> next;
    private final DefaultKafkaManualCommit commit;

    private BatchOffsets(Map<TopicPartition, OffsetAndMetadata> next, DefaultKafkaManualCommit commit) {
        this.next = next;
        this.commit = commit;
    }

    /**
     * The offsets of these records.
     *
     * @param records one batch of a {@code kafka} consumer with {@code allowManualCommit}, in the order of the log
     */
    public static BatchOffsets of(List<Exchange> records) {
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        DefaultKafkaManualCommit commit = null;
        for (Exchange exchange : records) {
            Message record = exchange.getMessage();
            TopicPartition partition = new TopicPartition(
                    record.getHeader(KafkaConstants.TOPIC, String.class),
                    record.getHeader(KafkaConstants.PARTITION, Integer.class));
            next.put(partition, new OffsetAndMetadata(record.getHeader(KafkaConstants.OFFSET, Long.class) + 1));
            commit = record.getHeader(KafkaConstants.MANUAL_COMMIT, DefaultKafkaManualCommit.class);
        }
        return new BatchOffsets(next, commit);
    }

    /**
     * Commits them, after saying for each partition below which offset everything is applied. Returns when Redis and Kafka
     * have confirmed; committing twice is harmless. Redis is told first: what it does not know of counts as lost.
     *
     * @param applied is told the next offset of each partition, as {@code topic-partition}
     */
    public void commit(Consumer<Map<String, String>> applied) {
        if (next.isEmpty()) {
            return;
        }
        Map<String, String> below = new HashMap<>();
        next.forEach((partition, offset) -> below.put(partition.toString(), String.valueOf(offset.offset())));
        applied.accept(below);
        commit.getConsumer().commitSync(next, Duration.ofMillis(commit.getCommitTimeout()));
    }
}
