package io.cdccascade.invalidation;

import io.cdccascade.cache.Fence;
import io.cdccascade.table.ServedTables;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;

/**
 * Which entries capture may fence while it publishes a batch. Those of single rows and lists alone: the rest of what a
 * batch asks is left to its records' way through Kafka, and so is all of a batch that is not small, because to read it
 * would hold up publishing. Tables with {@code onChange: refresh} are left out: their entries stay until they are loaded
 * again.
 */
public final class EarlyFences {

    private static final int MAX_RECORDS = 16;
    private static final int MAX_BYTES = 65_536;

    private final Supplier<ServedTables> tables;

    /** @param tables what is cached now; must not block */
    public EarlyFences(Supplier<ServedTables> tables) {
        this.tables = tables;
    }

    /**
     * Reads a batch. What cannot be read is left out.
     *
     * @param records each with value and key as capture sends them to Kafka, in the order of the log
     * @return the fences in that order, or nothing if the batch is too large to be read here
     */
    public Optional<List<Fence>> of(Iterable<Message> records) {
        List<Message> batch = new ArrayList<>(MAX_RECORDS);
        long bytes = 0;
        for (Message record : records) {
            bytes += size(record.getBody()) + size(record.getHeader(KafkaConstants.KEY));
            if (batch.size() == MAX_RECORDS || bytes > MAX_BYTES) {
                return Optional.empty();
            }
            batch.add(record);
        }
        ServedTables now = tables.get();
        TouchedEntries touched = new TouchedEntries(now);
        for (Message record : batch) {
            try {
                touched.add(
                        ChangeReader.read((byte[]) record.getHeader(KafkaConstants.KEY), (byte[]) record.getBody()));
            } catch (UnreadableChangeException e) {
                // A heartbeat or a notification; a change that cannot be read is buried by who reads it from Kafka.
            }
        }
        return Optional.of(touched.fences().stream()
                .filter(fence -> !now.refreshed().containsKey(fence.key().table()))
                .toList());
    }

    private static int size(Object bytes) {
        return bytes == null ? 0 : ((byte[]) bytes).length;
    }
}
