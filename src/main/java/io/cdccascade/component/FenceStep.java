package io.cdccascade.component;

import io.cdccascade.cache.CacheInvalidator;
import io.cdccascade.cache.Fence;
import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.UnsettledFences;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:fence}: fences the entries that the variable {@code changes} names against older fills, and drops
 * those that do not show the change. Returns when Redis has confirmed.
 *
 * <p>Asks PostgreSQL first which of the changes are over, because those need no fence that Redis has to remember. If
 * PostgreSQL does not answer at once, all are fenced.
 */
final class FenceStep implements Processor {

    private static final int PATIENCE_MILLIS = 100;
    private static final int UNSETTLED = 10_000;

    private final CacheInvalidator cache;
    private final Supplier<CompletableFuture<ReadPoint>> primary;
    private final UnsettledFences unsettled = new UnsettledFences(UNSETTLED);
    private CompletableFuture<ReadPoint> asked = CompletableFuture.completedFuture(null);

    /** @param primary asks where the primary stands now; may fail */
    FenceStep(CacheInvalidator cache, Supplier<CompletableFuture<ReadPoint>> primary) {
        this.cache = cache;
        this.primary = primary;
    }

    @Override
    public synchronized void process(Exchange exchange) {
        List<Fence> changes = ReadChangesStep.changes(exchange).fences();
        if (changes.isEmpty()) {
            return;
        }
        ReadPoint seen = seen();
        List<Fence> fences = unsettled.with(changes, seen);
        cache.invalidate(fences, seen);
        unsettled.applied(fences, seen);
    }

    /** Null if it cannot be asked. While it has not answered the batch before this one, nobody waits again. */
    private ReadPoint seen() {
        if (!asked.isDone()) {
            return null;
        }
        asked = primary.get();
        return asked.copy()
                .completeOnTimeout(null, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                .exceptionally(failure -> null)
                .join();
    }
}
