package io.cdccascade.support;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** The change topic of {@code public.sinners}, and how far the system has applied it to the cache. */
public final class ChangeTopic implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /**
     * A record of the topic.
     *
     * @param offset where it is
     * @param key    the row's key, or null
     * @param value  the change event, or null for a tombstone
     */
    public record Change(long offset, byte[] key, byte[] value) {}

    private final TopicPartition partition;
    private final String group;
    private final Admin admin;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final KafkaProducer<byte[], byte[]> producer;

    /** Returns when capture has begun to publish. */
    public ChangeTopic(CascadeSystem system) {
        CamelContext context = system.context();
        String prefix = context.resolvePropertyPlaceholders("{{cascade.topic.prefix}}");
        partition = new TopicPartition(prefix + ".public.sinners", 0);
        group = context.resolvePropertyPlaceholders("{{cascade.invalidate.group}}");
        Map<String, Object> broker =
                Map.of("bootstrap.servers", system.servers().kafka().bootstrapServers());
        admin = Admin.create(broker);
        consumer = new KafkaConsumer<>(broker, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        producer = new KafkaProducer<>(broker, new ByteArraySerializer(), new ByteArraySerializer());
        // The first events say what is in the table; they make the topic, too.
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> await(admin.listTopics().names()).contains(partition.topic()));
        Awaitility.await().atMost(PATIENCE).until(() -> end() > 0);
    }

    /** The offset of the next record. */
    public long end() {
        return offset(OffsetSpec.latest());
    }

    /** The records from an offset to the present end. */
    public List<Change> read(long from) {
        long end = end();
        List<Change> changes = new ArrayList<>();
        consumer.assign(List.of(partition));
        consumer.seek(partition, from);
        while (consumer.position(partition) < end) {
            consumer.poll(Duration.ofMillis(100))
                    .forEach(record -> changes.add(new Change(record.offset(), record.key(), record.value())));
        }
        return changes;
    }

    /** Waits until the change event of a row is on the topic, and returns it. */
    public Change awaitChange(long from, long code) {
        String key = "{\"code\":" + code + "}";
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> read(from).stream()
                                .filter(change -> change.key() != null
                                        && change.value() != null
                                        && new String(change.key(), StandardCharsets.UTF_8).equals(key))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** Waits until the cache has confirmed all that is on the topic by now. */
    public void awaitApplied() {
        long end = end();
        Awaitility.await().atMost(PATIENCE).until(() -> applied() >= end);
    }

    private long applied() {
        OffsetAndMetadata committed = await(
                        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                .get(partition);
        return committed == null ? 0 : committed.offset();
    }

    private long offset(OffsetSpec spec) {
        return await(admin.listOffsets(Map.of(partition, spec)).partitionResult(partition))
                .offset();
    }

    private static <T> T await(KafkaFuture<T> answer) {
        return answer.toCompletionStage().toCompletableFuture().join();
    }

    /** Publishes records once more, as a producer's retry or a restart of capture does. */
    public void publishAgain(List<Change> changes) {
        changes.forEach(
                change -> producer.send(new ProducerRecord<>(partition.topic(), 0, change.key(), change.value())));
        producer.flush();
    }

    /** Makes the system apply everything from the topic's beginning again; its consumer has to be stopped. */
    public void rewind() {
        Map<TopicPartition, OffsetAndMetadata> beginning =
                Map.of(partition, new OffsetAndMetadata(offset(OffsetSpec.earliest())));
        // Kafka refuses while the group has members, and a consumer that was stopped takes a moment to leave.
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThatCode(() -> await(admin.alterConsumerGroupOffsets(group, beginning)
                                .all()))
                        .doesNotThrowAnyException());
    }

    @Override
    public void close() {
        consumer.close();
        producer.close();
        admin.close();
    }
}
