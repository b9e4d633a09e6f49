package io.cdccascade.invalidation;

import io.cdccascade.table.Dependency;
import io.cdccascade.table.ServedTables;
import io.cdccascade.table.TableName;
import io.cdccascade.table.TableRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.apache.kafka.common.TopicPartition;

/** Reads the batches of a batching {@code kafka} consumer, whose body is a list of exchanges, and commits them. */
public final class ChangeBatches {

    private final String prefix;
    private final TableRegistry tables;

    /**
     * @param topicPrefix what the change topics' names start with, before {@code .schema.table}
     * @param tables      what is cached
     */
    public ChangeBatches(String topicPrefix, TableRegistry tables) {
        this.prefix = topicPrefix + ".";
        this.tables = tables;
    }

    /**
     * Reads a batch. When in doubt, invalidate: a record that cannot be read makes its topic's table forgotten.
     *
     * @param records the batch's records
     */
    public ChangeBatch read(List<Exchange> records) {
        ServedTables now = tables.now();
        Effects effects = new Effects(now);
        List<DeadLetter> deadLetters = new ArrayList<>();
        for (Exchange entry : records) {
            Message record = entry.getMessage();
            // The pattern of the change topics also matches their dead-letter topics, which are not for us; but a table
            // may be called like one.
            if (topic(record).endsWith(DeadLetter.SUFFIX) && record.getHeader(DeadLetter.SOURCE) != null) {
                continue;
            }
            byte[] key = record.getHeader(KafkaConstants.KEY, byte[].class);
            byte[] value = record.getBody(byte[].class);
            try {
                effects.add(ChangeReader.read(key, value));
            } catch (UnreadableChangeException e) {
                deadLetters.add(new DeadLetter(
                        topic(record),
                        partition(record),
                        record.getHeader(KafkaConstants.OFFSET, Long.class),
                        key,
                        value,
                        e.getMessage()));
                tables(now, topic(record)).forEach(effects::forget);
            }
        }
        return new ChangeBatch(effects.fences(), effects.forgotten(), deadLetters);
    }

    /** The tables whose changes may stand in a topic: Debezium replaces what a topic's name cannot have. */
    private List<TableName> tables(ServedTables now, String topic) {
        return now.files()
                .flatMap(file -> Stream.concat(
                        Stream.of(file.table()), file.dependsOn().stream().map(Dependency::source)))
                .filter(table ->
                        topic.equals(prefix + (table.schema() + "." + table.name()).replaceAll("[^a-zA-Z0-9._-]", "_")))
                .distinct()
                .toList();
    }

    /**
     * Commits the offsets of a batch: of every partition in it, because the batch's own commit covers only the
     * partition of its last record.
     */
    public void commit(List<Exchange> records) {
        Map<TopicPartition, KafkaManualCommit> last = new LinkedHashMap<>();
        for (Exchange entry : records) {
            Message record = entry.getMessage();
            last.put(
                    new TopicPartition(topic(record), partition(record)),
                    record.getHeader(KafkaConstants.MANUAL_COMMIT, KafkaManualCommit.class));
        }
        last.values().forEach(KafkaManualCommit::commit);
    }

    private static String topic(Message record) {
        return record.getHeader(KafkaConstants.TOPIC, String.class);
    }

    private static int partition(Message record) {
        return record.getHeader(KafkaConstants.PARTITION, Integer.class);
    }
}
