package io.cdccascade.invalidation;

import io.cdccascade.table.ServedTables;
import io.cdccascade.table.TableRegistry;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;

/** Reads the batches of a batching {@code kafka} consumer, whose body is a list of exchanges with one record each. */
public final class ChangeBatchReader {

    private final ChangeTopics topics;
    private final TableRegistry tables;

    /**
     * @param topics which tables' changes a topic holds
     * @param tables what is cached
     */
    public ChangeBatchReader(ChangeTopics topics, TableRegistry tables) {
        this.topics = topics;
        this.tables = tables;
    }

    /**
     * Reads a batch. When in doubt, invalidate: for a record that cannot be read, the table of its topic is forgotten.
     *
     * @param records the batch's records, in the order of the log
     */
    public ChangeBatch read(List<Exchange> records) {
        ServedTables now = tables.now();
        TouchedEntries touched = new TouchedEntries(now);
        List<DeadLetter> deadLetters = new ArrayList<>();
        for (Exchange exchange : records) {
            Message record = exchange.getMessage();
            String topic = record.getHeader(KafkaConstants.TOPIC, String.class);
            // The pattern of the change topics also matches their dead-letter topics, which hold no changes. A table
            // may be named like one, and then its records lack the header.
            if (DeadLetter.isDeadLetterTopic(topic) && record.getHeader(DeadLetter.SOURCE_HEADER) != null) {
                continue;
            }
            byte[] key = record.getHeader(KafkaConstants.KEY, byte[].class);
            byte[] value = record.getBody(byte[].class);
            try {
                touched.add(ChangeReader.read(key, value));
            } catch (UnreadableChangeException e) {
                deadLetters.add(new DeadLetter(
                        topic,
                        record.getHeader(KafkaConstants.PARTITION, Integer.class),
                        record.getHeader(KafkaConstants.OFFSET, Long.class),
                        key,
                        value,
                        e.getMessage()));
                topics.tables(now, topic).forEach(touched::forget);
            }
        }
        return new ChangeBatch(touched.fences(), touched.forgotten(), deadLetters, BatchOffsets.of(records));
    }
}
