package io.cdccascade.invalidation;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private BatchOffsets(Collection<KafkaManualCommit> commits) {
        this.commits = commits;
    }

    /**
     * The offsets of these records.
     *
     * @param records one batch of a {@code kafka} consumer with {@code allowManualCommit}, in the order of the log
     */
    public static BatchOffsets of(List<Exchange> records) {
        Map<TopicPartition, KafkaManualCommit> last = new LinkedHashMap<>();
        for (Exchange exchange : records) {
            Message record = exchange.getMessage();
            last.put(
                    new TopicPartition(
                            record.getHeader(KafkaConstants.TOPIC, String.class),
                            record.getHeader(KafkaConstants.PARTITION, Integer.class)),
                    record.getHeader(KafkaConstants.MANUAL_COMMIT, KafkaManualCommit.class));
        }
        return new BatchOffsets(last.values());
    }

    /** Commits them. Returns when Kafka has confirmed; committing twice is harmless. */
    public void commit() {
        commits.forEach(KafkaManualCommit::commit);
    }
}
