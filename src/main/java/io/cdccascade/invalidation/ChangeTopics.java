package io.cdccascade.invalidation;

import io.cdccascade.cache.AppliedChanges;
import io.cdccascade.cache.CacheInvalidator;
import io.cdccascade.table.Dependency;
import io.cdccascade.table.ServedTables;
import io.cdccascade.table.TableName;
import io.cdccascade.table.TableRegistry;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the change topics were, and how far they have been applied. Redis keeps both beside the entries, so that they are lost
 * together. Where a topic or a position is not the one that Redis remembers, changes may never be applied: the topic's tables
 * are forgotten.
 *
 * <p>Calls throw {@link org.redisson.client.RedisException} when Redis does not answer; then nothing is remembered, and the
 * call is to be repeated.
 */
public final class ChangeTopics {

    private static final Logger LOG = LoggerFactory.getLogger(ChangeTopics.class);

    private final String topicPrefix;
    private final String prefix;
    private final TableRegistry tables;
    private final CacheInvalidator cache;
    private final AppliedChanges applied;

    /**
     * @param topicPrefix what the topics' names start with, before {@code .schema.table}
     * @param tables      what is cached
     * @param cache       forgets tables
     * @param applied     what Redis remembers
     */
    public ChangeTopics(String topicPrefix, TableRegistry tables, CacheInvalidator cache, AppliedChanges applied) {
        this.topicPrefix = topicPrefix;
        this.prefix = topicPrefix + ".";
        this.tables = tables;
        this.cache = cache;
        this.applied = applied;
    }

    /** Whether a topic's name is that of a change topic, or of its dead letters. */
    boolean covers(String topic) {
        return topic.startsWith(prefix) && topic.indexOf('.', prefix.length()) > 0;
    }

    /** The tables whose changes a topic may hold. */
    List<TableName> tables(ServedTables now, String topic) {
        return now.files()
                .flatMap(file -> Stream.concat(
                        Stream.of(file.table()), file.dependsOn().stream().map(Dependency::source)))
                .filter(table -> topic.equals(table.topic(topicPrefix)))
                .distinct()
                .toList();
    }

    /**
     * These topics exist. If Redis remembers another one of a name, it was deleted and created again: what the old one still
     * held, and what came to the new one before it was looked at, may not be applied.
     *
     * @param ids what Kafka calls each of them; a topic that is created again has another id
     */
    void exist(Map<String, String> ids) {
        Map<String, String> known = applied.topics();
        ids.forEach((topic, id) -> {
            if (!id.equals(known.get(topic))) {
                if (known.containsKey(topic)) {
                    forget(topic, "the topic was deleted and created again");
                }
                applied.topic(topic, id);
            }
        });
    }

    /**
     * The consumer is about to read a partition. A position beyond what Redis remembers as applied has left changes out: they
     * expired, or somebody moved or deleted the group's offsets.
     *
     * @param position the offset of the next record
     */
    void startsAt(String topic, int partition, long position) {
        String name = topic + "-" + partition;
        long next = applied.next(name);
        if (position > Math.max(0, next)) {
            forget(
                    topic,
                    next < 0
                            ? "partition " + partition + " is read from offset " + position
                                    + ", and nobody knows what was applied before"
                            : "partition " + partition + " is read from offset " + position + ", but only those below "
                                    + next + " were applied");
            applied.next(name, position);
        }
    }

    private void forget(String topic, String why) {
        ServedTables now = tables.now();
        List<TableName> lost = tables(now, topic);
        if (lost.isEmpty()) {
            return;
        }
        LOG.warn("Changes of {} may be lost, all its entries are forgotten: {}", topic, why);
        TouchedEntries touched = new TouchedEntries(now);
        lost.forEach(touched::forget);
        touched.forgotten().forEach(cache::forget);
    }
}
