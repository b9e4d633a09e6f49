package io.cdccascade.invalidation;

import io.cdccascade.table.TableName;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the change topics of tables before the tables are served. Otherwise a table's first change creates its topic, and
 * waits until the consumer notices it. Where Kafka cannot be reached or refuses, that is what happens.
 *
 * <p>Not safe for use by several threads.
 */
public final class TopicCreation {

    private static final Logger LOG = LoggerFactory.getLogger(TopicCreation.class);
    /** So long is a new table held up while Kafka does not answer. */
    private static final int PATIENCE_MILLIS = 1_000;
    /** So long Kafka is not asked again after it refused, or did not answer. */
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Admin admin;
    private final String prefix;
    private final int partitions;
    private final int replication;
    private final Set<String> existing = new HashSet<>();
    private long failedNanos = System.nanoTime() - PAUSE_NANOS;

    /**
     * @param admin       creates topics
     * @param prefix      what the topics' names start with, before {@code .schema.table}
     * @param partitions  how many partitions a topic gets, or -1 for the broker's own setting
     * @param replication how many brokers keep a partition, or -1 for the broker's own setting
     */
    public TopicCreation(Admin admin, String prefix, int partitions, int replication) {
        this.admin = admin;
        this.prefix = prefix;
        this.partitions = partitions;
        this.replication = replication;
    }

    /** Creates those topics of these tables that do not exist. A topic that exists is left as it is. Never fails. */
    public void create(Collection<TableName> tables) {
        List<NewTopic> missing = tables.stream()
                .map(table -> table.topic(prefix))
                .filter(name -> !existing.contains(name))
                .distinct()
                .map(name -> new NewTopic(
                        name, optional(partitions), optional(replication).map(Integer::shortValue)))
                .toList();
        if (missing.isEmpty() || System.nanoTime() - failedNanos < PAUSE_NANOS) {
            return;
        }
        admin.createTopics(missing, new CreateTopicsOptions().timeoutMs(PATIENCE_MILLIS))
                .values()
                .forEach(this::await);
    }

    private static Optional<Integer> optional(int number) {
        return number < 0 ? Optional.empty() : Optional.of(number);
    }

    private void await(String name, KafkaFuture<Void> created) {
        try {
            created.get();
            existing.add(name);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                existing.add(name);
            } else {
                failedNanos = System.nanoTime();
                LOG.debug("Kafka did not create the topic {}", name, e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
