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
 * <p>In the last millisecond of its interval a poll asks over and over whether the queue is full, under the queue's lock. That takes
 * a core whenever nothing happens, and holds up whoever has a record to put in. Here the first such question ends the poll, a
 * little early and with nothing.
 *
 * <p>Debezium chooses it by {@code queue.provider.type=quiet}. All calls come under the queue's lock, but for those of metrics.
 *
 * @param <T> what is queued
 */
public final class QuietQueue<T> implements QueueProvider<T> {

    private static final long QUICK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long MILLI_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** How often a poll asks before it waits: to make its list, to drain, and whether the queue is full. */
    private static final int QUESTIONS = 3;

    private static final StackWalker CALLERS = StackWalker.getInstance();

    /** More than any queue may hold. */
    private static final int FULL = Integer.MAX_VALUE;
    /** Of more records than these a poll waits for others. */
    private static final int FEW = 4;

    private final Queue<T> records = new ArrayDeque<>();
    private Thread poller;
    private int taken;
    private boolean added;
    private long askedNanos;
    private long endedNanos;
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
        return records.isEmpty() && isToEnd() ? FULL : records.size();
    }

    /** Whether a poll that has found nothing asks in quick succession, so does not wait any more. */
    private boolean isToEnd() {
        long now = System.nanoTime();
        asked = now - askedNanos < QUICK_NANOS ? asked + 1 : 1;
        askedNanos = now;
        if (asked <= QUESTIONS || !isAskedByPoll()) {
            return false;
        }
        if (now - endedNanos < MILLI_NANOS) {
            // The interval is a single millisecond: polls never wait, and would follow each other without a pause.
            LockSupport.parkNanos(MILLI_NANOS);
        }
        endedNanos = System.nanoTime();
        asked = 0;
        return true;
    }

    /** Whether a poll asks if it should go on; it asks for the size for other reasons, too, and so do others. */
    private static boolean isAskedByPoll() {
        return CALLERS.walk(callers -> callers.map(StackWalker.StackFrame::getMethodName)
                        .dropWhile(method -> !method.equals("isQueueFull"))
                        .skip(1)
                        .findFirst())
                .filter("poll"::equals)
                .isPresent();
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
