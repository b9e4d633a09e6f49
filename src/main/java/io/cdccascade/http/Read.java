package io.cdccascade.http;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.Cancellation;
import io.cdccascade.table.Loader;
import io.cdccascade.table.ServedTable;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A request to read, from its arrival to its answer: the one variable, {@code read}, that the steps of a read route share.
 * Each step calls one method, in this order: {@link #lookup}, and if that {@linkplain #isMissed() missed}, {@link #load} and
 * {@link #fill}; then {@link #answer}.
 *
 * <p>Not for several threads at a time; steps follow each other.
 */
public abstract class Read {

    private final ServedTable table;
    private final WritePoint token;
    private final Cancellation cancellation = new Cancellation();
    private long lookupMillis;
    private CompletableFuture<?> asked;

    /** @param token a write of the caller's own that the answer has to include, or null */
    Read(ServedTable table, WritePoint token) {
        this.table = table;
        this.token = token;
    }

    /** The table that is read. */
    public final ServedTable table() {
        return table;
    }

    /** The table's name, for expressions in routes. */
    public final String getTable() {
        return table.table().tableName().id();
    }

    final WritePoint token() {
        return token;
    }

    /** Gives up the load when nobody waits for it any more. */
    public final Cancellation cancellation() {
        return cancellation;
    }

    /** Whether this read may be answered a moment later by what another one of the same kind loads; else null. */
    public Object flight() {
        return null;
    }

    /** Which limit the load counts against. */
    public abstract Bulkheads.Kind bulkhead();

    /** Asks the cache. Fails only if it is {@linkplain #abandon abandoned}; done on the event loop, or at once. */
    public final CompletableFuture<Void> lookup(CacheReader cache) {
        long start = System.nanoTime();
        return ask(cache).thenRun(() -> lookupMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    }

    abstract CompletableFuture<Void> ask(CacheReader cache);

    /** Remembers a question to the cache, so that it can be abandoned. */
    final <T> CompletableFuture<T> asking(CompletableFuture<T> question) {
        asked = question;
        return question;
    }

    /** The client has hung up: stops waiting for the cache. */
    public final void abandon() {
        CompletableFuture<?> question = asked;
        if (question != null) {
            question.cancel(false);
        }
    }

    /** Whether the cache was asked already. */
    public abstract boolean isLookedUp();

    /** Whether PostgreSQL has to be asked. */
    public abstract boolean isMissed();

    abstract boolean isTokenMadeUp();

    static boolean isMadeUp(Lookup lookup) {
        return lookup instanceof Lookup.Bypass bypass && bypass.reason() == Lookup.Reason.NEVER_MADE;
    }

    /** @throws ProblemException if the look-up found that the caller's token names no write of this PostgreSQL */
    public final void requireToken() {
        if (isTokenMadeUp()) {
            throw new ProblemException(Problem.ofField(
                    400,
                    RequestLine.TOKEN,
                    "names no write of this database: leave it out, or send the token of a later write"));
        }
    }

    /**
     * Asks PostgreSQL, on the calling thread.
     *
     * @throws SQLException if it refuses, cannot be reached, or the load was cancelled
     */
    public abstract void load(Loader loader) throws SQLException;

    /** Takes over what another read of the same {@link #flight()} has loaded. */
    public void loadedBy(Read other) {
        throw new IllegalStateException("not shared");
    }

    /**
     * Takes what another step than {@code cascade:load} has read, if none was loaded: a map with {@code row} and, so that it
     * can be cached, {@code snapshot} and {@code lsn}, better with {@code history}; or the row alone.
     */
    public void adopt(Object body) {
        // Only rows can come from elsewhere.
    }

    /**
     * Stores what was loaded, where this read holds the lease, and gives back leases that cannot be used. Never fails.
     *
     * @param patienceMillis how long to wait for Redis
     */
    abstract CompletableFuture<Void> store(CacheReader cache, long patienceMillis);

    /** The same; lookup and fill together wait no longer for Redis than a reader does. */
    public final CompletableFuture<Void> fill(CacheReader cache, long readTimeoutMillis) {
        return store(cache, Math.max(1, readTimeoutMillis - Math.min(lookupMillis, readTimeoutMillis / 2)));
    }

    /** Gives back every lease of a read that failed, so that nobody waits for it. */
    public abstract void release(CacheReader cache);

    /** What this read holds the right to fill, if it loads. */
    public List<Lease> leases() {
        return List.of();
    }

    /** The client has hung up while this read loads: runs the action when nobody else waits for that. */
    public void whenUnwanted(CacheReader cache, Runnable action) {
        action.run();
    }

    /** The answer. */
    public abstract Answer answer();

    /** What the header Cache-Status says of a read that was looked up, also of one that failed after that. */
    public abstract String cacheStatus();

    final CacheKey cacheKey(String text) {
        return new CacheKey(table.name(), text);
    }

    static void release(CacheReader cache, Lookup lookup) {
        if (lookup instanceof Lookup.Leased leased) {
            cache.release(leased.lease());
        }
    }

    static Lease lease(Lookup lookup) {
        return lookup instanceof Lookup.Leased leased ? leased.lease() : null;
    }

    /** What the header Cache-Status says, as of <a href="https://www.rfc-editor.org/rfc/rfc9211">RFC 9211</a>. */
    static String status(Lookup lookup, FillResult filled) {
        if (lookup instanceof Lookup.Hit) {
            return "cascade; hit";
        }
        if (lookup instanceof Lookup.Bypass bypass) {
            return "cascade; fwd=bypass; detail=" + bypass.reason().name().toLowerCase(Locale.ROOT);
        }
        if (filled == FillResult.STORED) {
            return "cascade; fwd=miss; stored";
        }
        return "cascade; fwd=miss; detail="
                + (filled == null ? "not-stored" : filled.name().toLowerCase(Locale.ROOT));
    }

    static String age(Entry entry) {
        return Long.toString(TimeUnit.MILLISECONDS.toSeconds(entry.ageMillis()));
    }
}
