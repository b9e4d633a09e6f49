package io.cdccascade.http;

import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.bulkhead.ThreadPoolBulkhead;
import io.github.resilience4j.bulkhead.ThreadPoolBulkheadConfig;
import io.github.resilience4j.bulkhead.ThreadPoolBulkheadRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedThreadPoolBulkheadMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The threads for what blocks, a bounded pool for each kind of it, so that slow loads hold up neither hits nor writes nor
 * health. A task that finds its pool busy waits a bounded time in a bounded queue; what does not get its turn is refused.
 */
public final class Bulkheads implements AutoCloseable {

    /** What a pool is for. */
    public enum Kind {
        /** Loads of single rows. */
        LOADS,
        /** Loads of lists, pages and several keys. */
        LISTS,
        /** Creates, updates and deletes. */
        WRITES,
        /** Steps of other routes that an HTTP request goes through. */
        OTHERS
    }

    /** The property of an exchange that says which kind its blocking steps are; without it, {@link Kind#OTHERS}. */
    public static final String PROPERTY = "CascadeBulkhead";

    private final Map<Kind, ThreadPoolBulkhead> pools = new EnumMap<>(Kind.class);
    private final ScheduledExecutorService timer;
    private final long patienceMillis;

    /**
     * @param threads        how many threads each kind has
     * @param queue          how many tasks of each kind may wait
     * @param patienceMillis how long a task waits at the most, in milliseconds
     * @param timer          runs what is refused because it has waited too long; must not be blocked
     * @param meters         where {@code resilience4j.thread.pool.bulkhead.*} is registered
     */
    public Bulkheads(
            Map<Kind, Integer> threads,
            int queue,
            long patienceMillis,
            ScheduledExecutorService timer,
            MeterRegistry meters) {
        this.timer = timer;
        this.patienceMillis = patienceMillis;
        ThreadPoolBulkheadRegistry registry = ThreadPoolBulkheadRegistry.ofDefaults();
        threads.forEach((kind, count) -> pools.put(
                kind,
                registry.bulkhead(
                        kind.name().toLowerCase(Locale.ROOT),
                        ThreadPoolBulkheadConfig.custom()
                                .maxThreadPoolSize(count)
                                .coreThreadPoolSize(count)
                                .queueCapacity(queue)
                                .build())));
        TaggedThreadPoolBulkheadMetrics.ofThreadPoolBulkheadRegistry(registry).bindTo(meters);
    }

    /**
     * Runs a task on a thread of its kind, or refuses it; exactly one of the two happens.
     *
     * @param task    must not throw
     * @param refused called at once if too many wait already, or later on the timer's thread
     */
    public void run(Kind kind, Runnable task, Runnable refused) {
        AtomicBoolean decided = new AtomicBoolean();
        ScheduledFuture<?> limit = timer.schedule(
                () -> {
                    if (decided.compareAndSet(false, true)) {
                        refused.run();
                    }
                },
                patienceMillis,
                TimeUnit.MILLISECONDS);
        try {
            pools.get(kind).submit(() -> {
                if (decided.compareAndSet(false, true)) {
                    limit.cancel(false);
                    task.run();
                }
            });
        } catch (BulkheadFullException e) {
            if (decided.compareAndSet(false, true)) {
                limit.cancel(false);
                refused.run();
            }
        }
    }

    /** What a request is answered with whose task was refused. */
    public static ProblemException busy() {
        return new ProblemException(Problem.of(503, "Too many requests wait for the database: try again in a moment"));
    }

    @Override
    public void close() throws Exception {
        for (ThreadPoolBulkhead pool : pools.values()) {
            pool.close();
        }
    }
}
