package io.cdccascade.cache;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a table known to a Redis that has lost its memory, or never had one: a new epoch first, then a floor, below which
 * fences may be lost. One rebuild of a table runs at a time, for all who wait for it, on a thread of its own, because it
 * asks PostgreSQL.
 */
public final class Rebuild implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Rebuild.class);

    private final CacheInvalidator cache;
    private final XidSource xids;
    private final Map<String, CompletableFuture<Boolean>> running = new HashMap<>();
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
     * @return whether the table is known now; a future of the caller's own, which it may complete
     */
    synchronized CompletableFuture<Boolean> start(String table, String fingerprint) {
        CompletableFuture<Boolean> shared = running.get(table);
        if (shared == null) {
            shared = new CompletableFuture<>();
            running.put(table, shared);
            CompletableFuture<Boolean> done = shared;
            thread.execute(() -> {
                boolean known = rebuild(table, fingerprint);
                ended(table);
                done.complete(known);
            });
        }
        return shared.copy();
    }

    private synchronized void ended(String table) {
        running.remove(table);
    }

    private boolean rebuild(String table, String fingerprint) {
        try {
            List<String> epochs = cache.renew(table, fingerprint, false);
            long waiting = epochs.stream().filter(epoch -> !epoch.isEmpty()).count();
            if (waiting > 0) {
                // Only now: it must lie above every transaction whose fence was lost, so be read after the loss.
                long floor = xids.nextXid();
                cache.setFloor(table, epochs, floor);
                LOG.info(
                        "{} starts over in {} of {} buckets, for snapshots from {}",
                        table,
                        waiting,
                        epochs.size(),
                        floor);
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
