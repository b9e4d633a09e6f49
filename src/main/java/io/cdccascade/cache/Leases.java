package io.cdccascade.cache;

import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * What readers of this process wait for: the ends of leases, those that readers here hold and those of other instances
 * that somebody here watches. Each end brings the entry that was filled, or nothing.
 *
 * <p>Safe for use by many threads.
 */
final class Leases {

    /** A lease that has not ended. */
    static final class Held {

        private final CompletableFuture<Entry> end = new CompletableFuture<>();
        private final long startNanos;
        private volatile long renewedNanos;
        private volatile ScheduledFuture<?> timer;
        private int waiting;
        private Runnable unwanted;

        private Held(long startNanos) {
            this.startNanos = startNanos;
            this.renewedNanos = startNanos;
        }

        /**
         * Waits for the end of the lease; {@link #leave} when the waiting is over. Brings the entry, or null; its age counts
         * from the time that it was stored, which is not known better than that it was after this object was made.
         */
        CompletableFuture<Entry> await() {
            synchronized (this) {
                waiting++;
            }
            return end.thenApply(entry ->
                    entry == null ? null : entry.aged(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos)));
        }

        /** One less waits. */
        void leave() {
            Runnable action;
            synchronized (this) {
                waiting--;
                action = waiting == 0 ? unwanted : null;
            }
            run(action);
        }

        /** The holder does not need the entry any more: runs the action when nobody else does, now or later. */
        void whenUnwanted(Runnable action) {
            synchronized (this) {
                unwanted = action;
                if (waiting > 0) {
                    return;
                }
            }
            run(action);
        }

        private void run(Runnable action) {
            if (action != null && !end.isDone()) {
                action.run();
            }
        }
    }

    private final Map<String, Held> held = new ConcurrentHashMap<>();
    private final EventLoop loop;
    private final long leaseNanos;

    /**
     * @param loop        ends the waiting for leases that nobody renews
     * @param leaseMillis how long a lease lives that is not renewed; nobody waits for longer, or remembers it
     */
    Leases(EventLoop loop, long leaseMillis) {
        this.loop = loop;
        this.leaseNanos = TimeUnit.MILLISECONDS.toNanos(leaseMillis);
    }

    /** Remembers a lease, unless it is known already: then null. */
    Held add(String lease) {
        Held added = new Held(System.nanoTime());
        if (held.putIfAbsent(lease, added) != null) {
            return null;
        }
        expire(lease, added);
        return added;
    }

    private void expire(String lease, Held known) {
        long left = known.renewedNanos + leaseNanos - System.nanoTime();
        if (left <= 0) {
            end(lease, null);
        } else if (held.get(lease) == known) {
            known.timer = loop.schedule(() -> expire(lease, known), left, TimeUnit.NANOSECONDS);
        }
    }

    /** The lease, or null if it is not known. */
    Held get(String lease) {
        return held.get(lease);
    }

    /** The lease is in force, and may live its time from now on. */
    void renewed(String lease) {
        Held known = held.get(lease);
        if (known != null) {
            known.renewedNanos = System.nanoTime();
        }
    }

    /** Ends a lease, with the entry if that was stored. */
    void end(String lease, Entry entry) {
        Held ended = held.remove(lease);
        if (ended != null) {
            ScheduledFuture<?> timer = ended.timer;
            if (timer != null) {
                timer.cancel(false);
            }
            ended.end.complete(entry);
        }
    }
}
