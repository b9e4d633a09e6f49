package io.cdccascade.invalidation;

import io.cdccascade.cache.Freshness;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows since when changes may not have been applied: everything that was committed before the watermark has been.
 *
 * <p>Again and again it
 *
 * <ol>
 *   <li>writes a mark, a logical message, into PostgreSQL's log;
 *   <li>waits until the slot is confirmed beyond it. PostgreSQL decodes transactions in the order of their commits, and
 *       capture confirms what Kafka has acknowledged: every change that was committed before the mark is in its topic;
 *   <li>asks for the ends of all change topics, and waits until the consumer group has committed that far: all those changes
 *       are applied.
 * </ol>
 *
 * Then the moment before the mark is the new watermark. Nothing else moves it: whatever stands still, capture, Kafka, the
 * consumers of all instances or Redis, its age grows. The marks also move the slot while captured tables rest. Embedded
 * capture and Kafka Connect are the same to it.
 *
 * <p>The gauge {@code cascade.freshness} is the age; {@code cascade.capture.retained}, how much log PostgreSQL keeps for capture, is
 * asked for with each mark.
 */
public final class Watermark implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Watermark.class);
    private static final long PERIOD_MILLIS = 1_000;
    private static final long LOOK_MILLIS = 50;
    /** The same while somebody waits. */
    private static final long EAGER_LOOK_MILLIS = 10;
    /** After that long another mark is written: a restored database may never come to this one's place in the log. */
    private static final long GIVE_UP_MILLIS = 10_000;

    private final CapturedLog log;
    private final ChangeGroup group;
    private final InvalidationFailures failures;
    private final CompletableFuture<Void> known = new CompletableFuture<>();
    private final Thread thread = new Thread(this::run, "watermark");
    private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();
    private final Semaphore asked = new Semaphore(0);
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile Freshness reached = new Freshness(System.nanoTime(), null);
    private volatile String waitsFor = "the start";
    private volatile long keptBytes;
    private volatile boolean closed;

    /**
     * @param log      where marks are written, and how far it is captured
     * @param group    how far the change topics are applied
     * @param failures why they are not
     * @param meters   where the gauge is registered
     */
    public Watermark(CapturedLog log, ChangeGroup group, InvalidationFailures failures, MeterRegistry meters) {
        this.log = log;
        this.group = group;
        this.failures = failures;
        Gauge.builder("cascade.capture.retained", () -> keptBytes)
                .baseUnit(BaseUnits.BYTES)
                .description("Log that PostgreSQL keeps because capture has not confirmed it")
                .register(meters);
        TimeGauge.builder("cascade.freshness", this, TimeUnit.MILLISECONDS, Watermark::ageMillis)
                .description("Everything committed longer ago than this has been applied to the cache")
                .register(meters);
        thread.setDaemon(true);
    }

    /** Begins, unless it has begun: Camel reports a start also when a route is started again. */
    public void start() {
        if (started.compareAndSet(false, true)) {
            thread.start();
        }
    }

    /** Whether everything has been applied that was committed before this process started. */
    public boolean isKnown() {
        return known.isDone();
    }

    /** Done when {@link #isKnown}. */
    public CompletableFuture<Void> known() {
        return known.copy();
    }

    /**
     * Waits until everything is applied that was committed before this call: until the watermark has passed it. The next mark
     * is written at once. The caller may cancel the result, or give it a time limit.
     */
    public CompletableFuture<Void> next() {
        Waiter waiter = new Waiter(System.nanoTime(), new CompletableFuture<>());
        waiters.add(waiter);
        asked.release();
        return waiter.passed();
    }

    /** How old the watermark is, in milliseconds; before there is one, how long it has been waited for. */
    public long ageMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - reached.nanos());
    }

    /** The watermark; before there is one, the moment of the start. */
    public Freshness freshness() {
        return reached;
    }

    /** What the next watermark waits for, in words. */
    String waitsFor() {
        return waitsFor;
    }

    private void run() {
        while (!closed) {
            try {
                mark();
                asked.tryAcquire(PERIOD_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void mark() throws InterruptedException {
        try {
            waitsFor = "PostgreSQL to take a mark";
            // Who has asked by now is served by this mark, or has given up.
            asked.drainPermits();
            waiters.removeIf(waiter -> waiter.passed().isDone());
            long now = System.nanoTime();
            CapturedLog.Mark mark = log.mark();
            keptBytes = mark.kept();
            waitsFor = "capture to publish what was committed";
            if (!reached(now, () -> log.isCaptured(mark.place()))) {
                return;
            }
            waitsFor = "Kafka";
            ChangeGroup.Ends ends = group.ends();
            waitsFor = "invalidation to apply what was published";
            if (reached(now, () -> group.hasApplied(ends))) {
                reached = new Freshness(now, mark.time());
                known.complete(null);
                waiters.removeIf(waiter -> waiter.isDoneBy(now));
            }
        } catch (SQLException | ExecutionException | TimeoutException | RuntimeException e) {
            LOG.debug("No watermark", e);
            waitsFor = waitsFor + ": " + e.getMessage();
            TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
        }
    }

    /** @param sinceNanos when it began to wait */
    private record Waiter(long sinceNanos, CompletableFuture<Void> passed) {

        /** Completes it if the watermark has passed it. */
        boolean isDoneBy(long watermarkNanos) {
            return passed.isDone() || watermarkNanos - sinceNanos > 0 && passed.complete(null);
        }
    }

    private interface Look {
        boolean see() throws SQLException, ExecutionException, TimeoutException, InterruptedException;
    }

    private boolean reached(long startNanos, Look look)
            throws SQLException, ExecutionException, TimeoutException, InterruptedException {
        String stage = waitsFor;
        while (!look.see()) {
            String failure = failures.last();
            waitsFor = failure == null ? stage : stage + ": " + failure;
            if (System.nanoTime() - startNanos > TimeUnit.MILLISECONDS.toNanos(GIVE_UP_MILLIS)) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(waiters.isEmpty() ? LOOK_MILLIS : EAGER_LOOK_MILLIS);
        }
        return true;
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        waiters.forEach(waiter -> waiter.passed().cancel(false));
        thread.interrupt();
        thread.join(TimeUnit.SECONDS.toMillis(5));
    }
}
