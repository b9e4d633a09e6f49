package io.cdccascade.capture;

import io.cdccascade.table.TableName;
import io.debezium.engine.ChangeEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.camel.util.ObjectHelper;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topics that Kafka does not let exist, because a topic is there whose name differs only in dots and underscores: those of
 * {@code sales.eu_orders} and {@code sales_eu.orders} exclude each other. Whoever publishes such a pair must not stop the
 * capture of all other tables: what is meant for a refused topic becomes a TRUNCATE of its table on a topic that tables share.
 * So nothing of the table stays in the cache.
 *
 * <p>A topic is refused until capture starts again. Not for use by several threads.
 */
final class RefusedTopics {

    private static final Logger LOG = LoggerFactory.getLogger(RefusedTopics.class);

    private static final int TIMEOUT_MILLIS = 5_000;

    private final String brokers;
    private final String substitute;
    private Set<String> names = Set.of();

    /**
     * @param brokers where Kafka is
     * @param prefix  what the names of change topics start with, before {@code .schema.table}
     */
    RefusedTopics(String brokers, String prefix) {
        this.brokers = brokers;
        this.substitute = prefix + "._.refused";
    }

    /** The topics that were refused. */
    Set<String> names() {
        return names;
    }

    /**
     * What can be sent of a batch.
     *
     * @return the batch itself if none of its topics is refused
     */
    List<ChangeEvent<byte[], byte[]>> sendable(List<ChangeEvent<byte[], byte[]>> events) {
        if (names.isEmpty() || events.stream().noneMatch(this::isRefused)) {
            return events;
        }
        List<ChangeEvent<byte[], byte[]>> sendable = new ArrayList<>();
        // The last one of each table: it covers the changes before it.
        Map<TableName, ChangeEvent<byte[], byte[]>> truncated = new LinkedHashMap<>();
        for (ChangeEvent<byte[], byte[]> event : events) {
            if (isRefused(event)) {
                RefusedRecord record = RefusedRecord.of(event);
                record.table().ifPresent(table -> truncated.put(table, record.truncate(substitute)));
            } else {
                sendable.add(event);
            }
        }
        sendable.addAll(truncated.values());
        return sendable;
    }

    private boolean isRefused(ChangeEvent<byte[], byte[]> event) {
        return names.contains(event.destination());
    }

    /**
     * Asks Kafka whether a batch may have failed because of a topic. A producer only waits in vain for a topic that cannot
     * exist, as it does for a Kafka that cannot be reached.
     *
     * @return whether another topic is refused now, so that the batch should be sent again
     */
    boolean isCauseOf(Exception failure, List<ChangeEvent<byte[], byte[]>> events) {
        if (ObjectHelper.getException(TimeoutException.class, failure) == null
                && ObjectHelper.getException(InvalidTopicException.class, failure) == null) {
            return false;
        }
        List<NewTopic> topics = events.stream()
                .map(ChangeEvent::destination)
                .distinct()
                .filter(topic -> !names.contains(topic))
                .map(topic -> new NewTopic(topic, 1, (short) 1))
                .toList();
        if (topics.isEmpty()) {
            return false;
        }
        Set<String> refused = new HashSet<>(names);
        try (Admin admin = kafka()) {
            admin.createTopics(topics, new CreateTopicsOptions().validateOnly(true))
                    .values()
                    .forEach((topic, answer) -> {
                        if (isRefusal(topic, answer)) {
                            refused.add(topic);
                        }
                    });
        }
        boolean more = refused.size() > names.size();
        names = Set.copyOf(refused);
        return more;
    }

    private Admin kafka() {
        return Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                brokers,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                TIMEOUT_MILLIS,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                TIMEOUT_MILLIS));
    }

    private boolean isRefusal(String topic, KafkaFuture<Void> answer) {
        try {
            answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InvalidTopicException) {
                LOG.warn(
                        "Kafka refuses the topic {}: {} Of its table nothing can be cached, and its changes are not published"
                                + " until a table is renamed and capture starts again.",
                        topic,
                        e.getCause().getMessage());
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }
}
