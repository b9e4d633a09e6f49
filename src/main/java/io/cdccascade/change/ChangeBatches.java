package io.cdccascade.change;

import io.cdccascade.cache.Fence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.apache.kafka.common.TopicPartition;

/** Reads the batches of a batching {@code kafka} consumer, whose body is a list of exchanges, and commits them. */
public final class ChangeBatches {

    private final String prefix;

    /** @param topicPrefix what the change topics' names start with, before {@code .schema.table} */
    public ChangeBatches(String topicPrefix) {
        this.prefix = topicPrefix + ".";
    }

    /**
     * Reads a batch. When in doubt, invalidate: a record that cannot be read makes its topic's table forgotten.
     *
     * @param records the batch's records
     */
    public ChangeBatch read(List<Exchange> records) {
        List<Fence> fences = new ArrayList<>(records.size());
        Set<String> forgotten = new LinkedHashSet<>();
        List<DeadLetter> deadLetters = new ArrayList<>();
        for (Exchange entry : records) {
            Message record = entry.getMessage();
            byte[] key = record.getHeader(KafkaConstants.KEY, byte[].class);
            byte[] value = record.getBody(byte[].class);
            try {
                Change change = ChangeReader.read(key, value);
                if (change instanceof Change.Row row) {
                    fences.add(row.fence());
                } else if (change instanceof Change.Everything everything) {
                    forgotten.add(everything.table());
                }
            } catch (UnreadableChangeException e) {
                DeadLetter letter = new DeadLetter(topic(record), partition(record),
                        record.getHeader(KafkaConstants.OFFSET, Long.class), key, value, e.getMessage());
                deadLetters.add(letter);
                if (letter.topic().startsWith(prefix)) {
                    forgotten.add(letter.topic().substring(prefix.length()));
                }
            }
        }
        return new ChangeBatch(fences, forgotten, deadLetters);
    }

    /**
     * Commits the offsets of a batch: of every partition in it, because the batch's own commit covers only the
     * partition of its last record.
     */
    public void commit(List<Exchange> records) {
        Map<TopicPartition, KafkaManualCommit> last = new LinkedHashMap<>();
        for (Exchange entry : records) {
            Message record = entry.getMessage();
            last.put(new TopicPartition(topic(record), partition(record)),
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
