package io.cdccascade.invalidation;

import io.cdccascade.cache.Fence;
import java.util.List;
import java.util.Set;

/**
 * What a batch of records asks of the cache.
 *
 * @param fences      the rows that changed, with their transactions, in the order of the log
 * @param forgotten   the tables of which nothing can be trusted
 * @param deadLetters the records that cannot be read
 */
public record ChangeBatch(List<Fence> fences, Set<String> forgotten, List<DeadLetter> deadLetters) {

    public ChangeBatch {
        fences = List.copyOf(fences);
        forgotten = Set.copyOf(forgotten);
        deadLetters = List.copyOf(deadLetters);
    }
}
