package io.cdccascade.invalidation;

import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Makes the consumers of {@code camel-kafka} that read the change topics. They differ from Kafka's own in three ways.
 *
 * <ul>
 *   <li>They apply a change at once and cost little at rest. Camel applies the batch that it has collected when a poll returns
 *       nothing more. So a poll that follows records returns at once ({@code pollTimeoutMs=0} in the route), and one that
 *       follows an empty poll, when Camel holds nothing, waits for records.
 *   <li>No jump of a position goes unnoticed: {@link ChangeTopics} is told where each partition is read from, before its first
 *       record is handed over. A position that Kafka no longer has, or never had ({@code autoOffsetReset=none}), becomes the
 *       partition's beginning.
 *   <li>They are static members of their group (<a href="https://cwiki.apache.org/confluence/x/kAtEBg">KIP-345</a>): an instance
 *       that was killed and starts again gets its partitions at once, without waiting for its old session to end. One that
 *       is closed leaves the group, so that others go on at once.
 * </ul>
 */
public final class ChangeConsumers extends DefaultKafkaClientFactory {

    private static final Duration IDLE = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ChangeTopics topics;
    private final String instance;

    /**
     * @param topics   is told where partitions are read from
     * @param instance the name of this instance, another one for each instance that runs, the same after a restart
     */
    public ChangeConsumers(ChangeTopics topics, String instance) {
        this.topics = topics;
        this.instance = instance;
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Properties settings) {
        settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance);
        return new ChangeConsumer(settings, topics);
    }

    private static final class ChangeConsumer extends KafkaConsumer<byte[], byte[]> {

        private final ChangeTopics topics;
        private final Set<TopicPartition> checked = new HashSet<>();
        private final Set<TopicPartition> lost = new HashSet<>();
        private boolean empty = true;

        private ChangeConsumer(Properties settings, ChangeTopics topics) {
            super(settings);
            this.topics = topics;
        }

        @Override
        public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            try {
                ConsumerRecords<byte[], byte[]> records = super.poll(empty ? IDLE : timeout);
                empty = records.isEmpty();
                checkPositions(records);
                return records;
            } catch (InvalidOffsetException e) {
                checked.removeAll(e.partitions());
                lost.addAll(e.partitions());
                seekToBeginning(e.partitions());
                return ConsumerRecords.empty();
            }
        }

        private void checkPositions(ConsumerRecords<byte[], byte[]> records) {
            Set<TopicPartition> assigned = assignment();
            if (checked.equals(assigned)) {
                return;
            }
            checked.retainAll(assigned);
            for (TopicPartition partition : assigned) {
                if (!checked.contains(partition)) {
                    long start = start(partition, records);
                    topics.startsAt(partition.topic(), partition.partition(), start);
                    if (lost.remove(partition)) {
                        // Where no record follows, nothing else would say how far the group is.
                        commitSync(Map.of(partition, new OffsetAndMetadata(start)));
                    }
                    checked.add(partition);
                }
            }
        }

        private long start(TopicPartition partition, ConsumerRecords<byte[], byte[]> records) {
            return records.records(partition).isEmpty()
                    ? position(partition, PATIENCE)
                    : records.records(partition).get(0).offset();
        }

        @Override
        public void close() {
            super.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        }

        @Override
        public void close(CloseOptions options) {
            super.close(options.withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        }
    }
}
