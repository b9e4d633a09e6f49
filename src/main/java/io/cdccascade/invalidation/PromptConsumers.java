package io.cdccascade.invalidation;

import java.time.Duration;
import java.util.Properties;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * Makes consumers for {@code camel-kafka} in batching mode that apply a change at once and cost little at rest. Camel applies
 * the batch it has collected when a poll returns nothing more. So a poll that follows records returns at once
 * ({@code pollTimeoutMs=0} in the route); one that follows an empty poll, when Camel holds nothing, waits for records.
 */
public final class PromptConsumers extends DefaultKafkaClientFactory {

    private static final Duration IDLE = Duration.ofMillis(100);

    @Override
    public Consumer<byte[], byte[]> getConsumer(Properties settings) {
        return new KafkaConsumer<>(settings) {

            private boolean empty = true;

            @Override
            public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
                ConsumerRecords<byte[], byte[]> records = super.poll(empty ? IDLE : timeout);
                empty = records.isEmpty();
                return records;
            }
        };
    }
}
