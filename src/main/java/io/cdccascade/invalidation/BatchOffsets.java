package io.cdccascade.invalidation;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.apache.kafka.common.TopicPartition;

/**
 * The offsets of a batch: one commit for every partition in it. The commit that {@code camel-kafka} offers for a whole
 * batch covers only the partition of its last record.
 */
public final class BatchOffsets {

    private final Collection<KafkaManualCommit> commits;
    private final Map<String, String> next;

    private BatchOffsets(Collection<KafkaManualCommit> commits, Map<String, String> next) {
        this.commits = commits;
        this.next = next;
    }

    /**
     * The offsets of these records.
     *
     * @param records one batch of a {@code kafka} consumer with {@code allowManualCommit}, in the order of the log
     */
    public static BatchOffsets of(List<Exchange> records) {
        Map<TopicPartition, KafkaManualCommit> last = new LinkedHashMap<>();
        Map<String, String> next = new HashMap<>();
        for (Exchange exchange : records) {
            Message record = exchange.getMessage();
            TopicPartition partition = new TopicPartition(
                    record.getHeader(KafkaConstants.TOPIC, String.class),
                    record.getHeader(KafkaConstants.PARTITION, Integer.class));
            last.put(partition, record.getHeader(KafkaConstants.MANUAL_COMMIT, KafkaManualCommit.class));
            Long offset = record.getHeader(KafkaConstants.OFFSET, Long.class);
            if (offset != null) {
                next.put(partition.toString(), String.valueOf(offset + 1));
            }
        }
        return new BatchOffsets(last.values(), next);
    }

    /**
     * Commits them, after saying for each partition below which offset everything is applied. Returns when Redis and Kafka have confirmed; committing twice is harmless. Redis is told first: what it
     * does not know of counts as lost.
     */
    public void commit(Consumer<Map<String, String>> applied) {
        if (!next.isEmpty()) {
            applied.accept(next);
        }
        commits.forEach(KafkaManualCommit::commit);
    }
}
