package io.cdccascade.cache;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * What this process knows of the primary: the history it was in when it was last read, and how far it had come. Whoever
 * needs to know better {@linkplain #ask asks}, and of many who do at one moment one does.
 *
 * <p>Safe for use by many threads.
 */
public final class KnownPrimary implements AutoCloseable {

    private static final int REMEMBERED = 64;

    private final XidSource primary;
    private final SharedCalls<String, ReadPoint> questions = new SharedCalls<>(UnaryOperator.identity());
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "cascade-primary"));
    private final Set<String> strangers = new LinkedHashSet<>();
    private final AtomicBoolean asking = new AtomicBoolean();
    private final long freshNanos;
    private volatile ReadPoint last;
    private volatile long seenNanos;

    /**
     * @param primary     what is asked, on a thread of this object's own
     * @param freshMillis how long what was seen is good for: a restore is noticed that much later by a process that only
     *                    answers from the cache
     */
    public KnownPrimary(XidSource primary, long freshMillis) {
        this.primary = primary;
        this.freshNanos = TimeUnit.MILLISECONDS.toNanos(freshMillis);
    }

    /**
     * The history it was in when it was last read; {@link History#UNKNOWN} before that. If that was too long ago, it is being
     * asked, but not waited for: hits are answered while the primary cannot be reached.
     */
    String history() {
        ReadPoint point = last;
        if ((point == null || System.nanoTime() - seenNanos > freshNanos) && asking.compareAndSet(false, true)) {
            ask().whenComplete((position, failure) -> {
                seenNanos = System.nanoTime();
                asking.set(false);
            });
        }
        return point == null ? History.UNKNOWN : point.history();
    }

    /** Whether it is known to have come as far as this token. */
    boolean reached(WritePoint token) {
        ReadPoint point = last;
        return point != null && point.reaches(token);
    }

    /** Something was read from it. */
    void saw(ReadPoint point) {
        seenNanos = System.nanoTime();
        ReadPoint known = last;
        if (!point.history().isEmpty()
                && (known == null || !known.history().equals(point.history()) || known.lsn() < point.lsn())) {
            last = point;
        }
    }

    /** Where it stands now, not before this call. Fails if it cannot be asked. */
    public CompletableFuture<ReadPoint> ask() {
        return questions.ask(
                "",
                () -> CompletableFuture.supplyAsync(primary::position, thread).thenApply(point -> {
                    saw(point);
                    return point;
                }));
    }

    /**
     * Remembers that a token's history is of another system than the present one, so that it need not be asked again. Histories
     * of the same system are told apart by their timelines.
     */
    void remember(String stranger) {
        synchronized (strangers) {
            if (strangers.size() >= REMEMBERED) {
                strangers.remove(strangers.iterator().next());
            }
            strangers.add(stranger);
        }
    }

    /** Whether this history was found to be of another system. */
    boolean isStranger(String history) {
        synchronized (strangers) {
            return strangers.contains(history);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
