package io.cdccascade.bench;

import io.cdccascade.cache.Fence;
import io.cdccascade.invalidation.ChangeBatch;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.AdviceWith;

/**
 * Notes when changes have been applied: a step behind the invalidation in the shipped route, where Redis has just
 * confirmed. Unlike asking Redis in a loop this costs nothing, and it is exact to the time of Redis's reply.
 */
final class Applied implements Processor {

    private static final int PATIENCE_MINUTES = 20;

    private final ConcurrentMap<Long, CompletableFuture<Long>> transactions = new ConcurrentHashMap<>();
    private final AtomicLong firstNanos = new AtomicLong();
    private volatile long captured;
    private volatile long published;
    private volatile long consumed;

    /** When the change that is under way, the only one, left Debezium, was acknowledged by Kafka and came back. */
    record Stages(long captured, long published, long consumed) {}

    static Applied watch(CamelContext context) throws Exception {
        Applied applied = new Applied();
        AdviceWith.adviceWith(context, "invalidate-entries", route -> {
            route.weaveById("read-changes").before().process(exchange -> applied.consumed = System.nanoTime());
            route.weaveById("fence-entries").after().process(applied);
        });
        AdviceWith.adviceWith(context, "capture", route -> {
            route.weaveById("publish-changes").before().process(exchange -> applied.captured = System.nanoTime());
            route.weaveById("publish-changes").after().process(exchange -> applied.published = System.nanoTime());
        });
        return applied;
    }

    /** Redis has confirmed a change of this transaction otherwise than by the invalidation. */
    void applied(long xid) {
        transaction(xid).complete(System.nanoTime());
    }

    @Override
    public void process(Exchange exchange) {
        long now = System.nanoTime();
        for (Fence fence : exchange.getVariable("changes", ChangeBatch.class).fences()) {
            firstNanos.compareAndSet(0, now);
            transaction(fence.change().xid()).complete(now);
        }
    }

    /** Waits for a transaction's first change. Returns when it was applied, in the terms of System.nanoTime. */
    long await(long xid) throws Exception {
        return transaction(xid).get(PATIENCE_MINUTES, TimeUnit.MINUTES);
    }

    /** Starts over; {@link #first} is the first batch's time from here on. */
    void reset() {
        transactions.clear();
        firstNanos.set(0);
    }

    Stages stages() {
        return new Stages(captured, published, consumed);
    }

    long first() {
        return firstNanos.get();
    }

    private CompletableFuture<Long> transaction(long xid) {
        return transactions.computeIfAbsent(xid, unseen -> new CompletableFuture<>());
    }
}
