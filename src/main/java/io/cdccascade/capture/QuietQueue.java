package io.cdccascade.capture;

import io.debezium.connector.base.QueueProvider;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Debezium's change queue in memory, without its waiting and its spinning.
 *
 * <p>{@code ChangeEventQueue.poll} waits out its interval, whatever is in the queue, unless that is full. So this queue says that
 * it is full when somebody is about to wait in vain: after a record was put in, which ends a poll's wait, and after a poll has
 * taken a few. Of many records at a time a poll takes as many as come within its interval, as ever, because large batches are
 * cheaper.
 *
 * <p>In the last millisecond of its interval a poll asks for the queue's size over and over, under the queue's lock, which takes
 * a core whenever nothing happens. Here the third such question waits until the millisecond is over. Nobody is held up by that:
 * the lock is held anyway.
 *
 * <p>Debezium chooses it by {@code queue.provider.type=quiet}. All calls come under the queue's lock, but for those of metrics.
 *
 * @param <T> what is queued
 */
public final class QuietQueue<T> implements QueueProvider<T> {

    private static final long LAST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long QUICK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
    /** How often a poll asks without spinning: to make its list, and to drain. */
    private static final int QUESTIONS = 2;

    /** More than any queue may hold. */
    private static final int FULL = Integer.MAX_VALUE;
    /** Of more records than these a poll waits for others. */
    private static final int FEW = 4;

    private final Queue<T> records = new ArrayDeque<>();
    private Thread poller;
    private int taken;
    private boolean added;
    private long askedNanos;
    private int asked;

    @Override
    public String name() {
        return "quiet";
    }

    @Override
    public void configure(Map<String, ?> settings) {
        // The queue itself keeps to its limits.
    }

    @Override
    public void enqueue(T record) {
        records.add(record);
        added = true;
    }

    @Override
    public T poll() {
        poller = Thread.currentThread();
        taken++;
        return records.poll();
    }

    @Override
    public int size() {
        if (isToBeHandedOver()) {
            return FULL;
        }
        if (records.isEmpty()) {
            asked = System.nanoTime() - askedNanos < QUICK_NANOS ? asked + 1 : 1;
            if (asked > QUESTIONS) {
                LockSupport.parkNanos(LAST_NANOS);
            }
            askedNanos = System.nanoTime();
        }
        return records.size();
    }

    /** Whoever has put a record in asks next whether to wake the poll; whoever has taken some, whether to wait for more. */
    private boolean isToBeHandedOver() {
        if (added) {
            added = false;
            return true;
        }
        if (taken > 0 && Thread.currentThread() == poller) {
            boolean few = taken <= FEW;
            taken = 0;
            return few;
        }
        return false;
    }
}
