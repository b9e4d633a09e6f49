package io.cdccascade.invalidation;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** The change topics, and how far the consumer group of all instances has applied them. */
public final class ChangeGroup {

    private static final int TIMEOUT_MS = 2_000;

    /** The ends of all partitions of all change topics at one moment. */
    record Ends(Map<TopicPartition, Long> offsets) {}

    private final Admin admin;
    private final String group;
    private final ChangeTopics topics;
    private final RetentionCheck retention;

    /**
     * @param admin     asks Kafka
     * @param group     the consumer group
     * @param topics    is told which topics there are
     * @param retention looks at the settings of each topic
     */
    public ChangeGroup(Admin admin, String group, ChangeTopics topics, RetentionCheck retention) {
        this.admin = admin;
        this.group = group;
        this.topics = topics;
        this.retention = retention;
    }

    /** The topics' ends; before that, {@link ChangeTopics} has seen every topic. */
    Ends ends() throws ExecutionException, TimeoutException, InterruptedException {
        Map<String, String> ids = admin.listTopics().listings().get(TIMEOUT_MS, TimeUnit.MILLISECONDS).stream()
                .filter(topic -> topics.covers(topic.name()))
                .collect(Collectors.toMap(
                        TopicListing::name, topic -> topic.topicId().toString()));
        topics.exist(ids);
        retention.look(admin, ids.keySet());
        Map<String, TopicDescription> described =
                admin.describeTopics(ids.keySet()).allTopicNames().get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        described.forEach((name, topic) -> topic.partitions()
                .forEach(
                        partition -> latest.put(new TopicPartition(name, partition.partition()), OffsetSpec.latest())));
        Map<TopicPartition, ListOffsetsResultInfo> ends =
                admin.listOffsets(latest).all().get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        return new Ends(ends.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, partition -> partition.getValue().offset())));
    }

    /** Whether the group has committed everything below these ends. */
    boolean hasApplied(Ends ends) throws ExecutionException, TimeoutException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        return ends.offsets().entrySet().stream().allMatch(end -> {
            OffsetAndMetadata offset = committed.get(end.getKey());
            return end.getValue() == 0 || offset != null && offset.offset() >= end.getValue();
        });
    }
}
