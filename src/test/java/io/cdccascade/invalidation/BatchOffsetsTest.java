package io.cdccascade.invalidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.DefaultKafkaManualSyncCommit;
import org.apache.camel.component.kafka.consumer.KafkaManualCommitFactory.CamelExchangePayload;
import org.apache.camel.component.kafka.consumer.KafkaManualCommitFactory.KafkaRecordPayload;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Which of a batch's records are committed. */
class BatchOffsetsTest {

    private static final TopicPartition SINNERS_0 = new TopicPartition("cascade.public.sinners", 0);
    private static final TopicPartition SINNERS_1 = new TopicPartition("cascade.public.sinners", 1);
    private static final TopicPartition ABBESSES = new TopicPartition("cascade.public.abbesses", 0);

    private final DefaultCamelContext context = new DefaultCamelContext();
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
    private final Map<String, String> remembered = new HashMap<>();

    @Test
    void theLastRecordOfEveryPartitionIsRememberedAndCommitted() {
        consumer.assign(Set.of(SINNERS_0, SINNERS_1, ABBESSES));

        BatchOffsets.of(List.of(record(SINNERS_0, 7), record(SINNERS_1, 3), record(SINNERS_0, 8), record(ABBESSES, 1)))
                .commit(remembered::putAll);

        assertThat(remembered)
                .containsOnly(
                        entry("cascade.public.sinners-0", "9"),
                        entry("cascade.public.sinners-1", "4"),
                        entry("cascade.public.abbesses-0", "2"));
        assertThat(consumer.committed(Set.of(SINNERS_0, SINNERS_1, ABBESSES)))
                .containsOnly(
                        entry(SINNERS_0, new OffsetAndMetadata(9)),
                        entry(SINNERS_1, new OffsetAndMetadata(4)),
                        entry(ABBESSES, new OffsetAndMetadata(2)));
    }

    @Test
    void anEmptyBatchCommitsNothing() {
        BatchOffsets.of(List.of()).commit(remembered::putAll);

        assertThat(remembered).isEmpty();
    }

    private Exchange record(TopicPartition partition, long offset) {
        Exchange record = new DefaultExchange(context);
        record.getMessage().setHeader(KafkaConstants.TOPIC, partition.topic());
        record.getMessage().setHeader(KafkaConstants.PARTITION, partition.partition());
        record.getMessage().setHeader(KafkaConstants.OFFSET, offset);
        record.getMessage()
                .setHeader(
                        KafkaConstants.MANUAL_COMMIT,
                        new DefaultKafkaManualSyncCommit(
                                new CamelExchangePayload(record, consumer, "thread", null),
                                new KafkaRecordPayload(partition, offset, 5_000),
                                null));
        return record;
    }
}
