package io.cdccascade.cache;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a table known to a Redis that has lost its memory, never had one, or has that of another history of PostgreSQL: a
 * new epoch first, then a floor, below which fences may be lost. One rebuild of a table runs at a time, for all who wait for
 * it, on a thread of its own, because it asks PostgreSQL.
 */
public final class Rebuild implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Rebuild.class);

    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final CacheInvalidator cache;
    private final XidSource xids;
    private final Map<String, CompletableFuture<Boolean>> running = new HashMap<>();
    private final Map<String, Long> changed = new HashMap<>();
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "cascade-rebuild"));

    /**
     * @param cache what gives epochs and floors
     * @param xids  the primary's transaction counter
     */
    public Rebuild(CacheInvalidator cache, XidSource xids) {
        this.cache = cache;
        this.xids = xids;
    }

    /**
     * Rebuilds, or joins the rebuild that runs.
     *
     * @param fingerprint what the table's entries look like, or an empty text
     * @param history     the history that PostgreSQL is in, to forget what was read in another one; or unknown
     * @return whether the table is known now; a future of the caller's own, which it may complete
     */
    synchronized CompletableFuture<Boolean> start(String table, String fingerprint, String history) {
        CompletableFuture<Boolean> shared = running.get(table);
        if (shared == null && !history.isEmpty() && !isDue(table)) {
            return CompletableFuture.completedFuture(false);
        }
        if (shared == null) {
            shared = new CompletableFuture<>();
            running.put(table, shared);
            CompletableFuture<Boolean> done = shared;
            thread.execute(() -> {
                boolean known = rebuild(table, fingerprint, history);
                ended(table);
                done.complete(known);
            });
        }
        return shared.copy();
    }

    /** Two instances on two primaries would forget each other's entries without end. */
    private boolean isDue(String table) {
        long now = System.nanoTime();
        Long last = changed.get(table);
        if (last != null && now - last < PAUSE_NANOS) {
            return false;
        }
        changed.put(table, now);
        return true;
    }

    private synchronized void ended(String table) {
        running.remove(table);
    }

    private boolean rebuild(String table, String fingerprint, String history) {
        try {
            List<String> epochs = cache.renew(table, fingerprint, false, history);
            long waiting = epochs.stream().filter(epoch -> !epoch.isEmpty()).count();
            if (waiting > 0) {
                if (!history.isEmpty()) {
                    LOG.warn(
                            "PostgreSQL was restored or has failed over: it is in history {} now, and entries of {} that were"
                                    + " read in another one are forgotten",
                            history,
                            table);
                }
                // Only now: it must lie above every transaction whose fence was lost, so be read after the loss.
                Floor floor = xids.nextXid();
                cache.setFloor(table, epochs, floor);
                LOG.info(
                        "{} starts over in {} of {} buckets, for snapshots from {} of history {}",
                        table,
                        waiting,
                        epochs.size(),
                        floor.xid(),
                        floor.history());
            }
            return true;
        } catch (RuntimeException e) {
            LOG.warn("Redis does not know {}, and it could not be rebuilt: reading without cache", table, e);
            return false;
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
