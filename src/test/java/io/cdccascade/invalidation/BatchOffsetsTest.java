package io.cdccascade.invalidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

/** Which of a batch's records are committed. */
class BatchOffsetsTest {

    private final DefaultCamelContext context = new DefaultCamelContext();
    private final List<String> committed = new ArrayList<>();
    private final Map<String, String> remembered = new HashMap<>();

    @Test
    void theLastRecordOfEveryPartitionIsRememberedAndCommitted() {
        BatchOffsets.of(List.of(
                        record("cascade.public.sinners", 0, 7),
                        record("cascade.public.sinners", 1, 3),
                        record("cascade.public.sinners", 0, 8),
                        record("cascade.public.abbesses", 0, 1)))
                .commit(remembered::putAll);

        assertThat(remembered)
                .containsOnly(
                        entry("cascade.public.sinners-0", "9"),
                        entry("cascade.public.sinners-1", "4"),
                        entry("cascade.public.abbesses-0", "2"));
        assertThat(committed)
                .containsExactlyInAnyOrder(
                        "cascade.public.sinners/0/8", "cascade.public.sinners/1/3", "cascade.public.abbesses/0/1");
    }

    private Exchange record(String topic, int partition, long offset) {
        Exchange record = new DefaultExchange(context);
        KafkaManualCommit commit = () -> committed.add(topic + "/" + partition + "/" + offset);
        record.getMessage().setHeader(KafkaConstants.TOPIC, topic);
        record.getMessage().setHeader(KafkaConstants.PARTITION, partition);
        record.getMessage().setHeader(KafkaConstants.OFFSET, offset);
        record.getMessage().setHeader(KafkaConstants.MANUAL_COMMIT, commit);
        return record;
    }
}
