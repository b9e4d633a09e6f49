package io.cdccascade.invalidation;

import io.cdccascade.cache.Fence;
import java.util.List;
import java.util.Set;

/**
 * What a batch of records asks of the cache, and how it is committed.
 *
 * @param fences      the rows that changed, with their transactions, in the order of the log
 * @param forgotten   the names of the tables and lists whose entries must all be forgotten
 * @param deadLetters the records that cannot be read
 * @param offsets     the offsets to commit once all of this is done
 */
public record ChangeBatch(
        List<Fence> fences, Set<String> forgotten, List<DeadLetter> deadLetters, BatchOffsets offsets) {

    public ChangeBatch {
        fences = List.copyOf(fences);
        forgotten = Set.copyOf(forgotten);
        deadLetters = List.copyOf(deadLetters);
    }

    /** Whether a record of the batch cannot be read. */
    public boolean hasDeadLetters() {
        return !deadLetters.isEmpty();
    }
}
