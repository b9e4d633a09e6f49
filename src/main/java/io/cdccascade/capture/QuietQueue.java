package io.cdccascade.capture;

import io.debezium.connector.base.QueueProvider;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Debezium's change queue in memory, without its spinning. {@code ChangeEventQueue.poll} waits for whole milliseconds; in the
 * last one of its interval it asks for the queue's size over and over, under the queue's lock, which takes a core whenever
 * nothing happens. Here the third such question waits until the millisecond is over. Nobody is held up by that: the lock is
 * held anyway.
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

    private final Queue<T> records = new ArrayDeque<>();
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
    }

    @Override
    public T poll() {
        return records.poll();
    }

    @Override
    public int size() {
        if (records.isEmpty()) {
            asked = System.nanoTime() - askedNanos < QUICK_NANOS ? asked + 1 : 1;
            if (asked > QUESTIONS) {
                LockSupport.parkNanos(LAST_NANOS);
            }
            askedNanos = System.nanoTime();
        }
        return records.size();
    }
}
