package io.cdccascade.http;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Freshness;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.Cancellation;
import io.cdccascade.table.Loader;
import io.cdccascade.table.ServedTable;
import java.sql.SQLException;
import java.time.Instant;
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

    /** The header that says which changes an answer includes. */
    static final String AS_OF = "Cascade-Fresh-As-Of";
    /** What the header Cache-Status says of entries that are answered because PostgreSQL did not answer. */
    static final String STOOD_IN = "cascade; hit; detail=stale-if-error";

    private final ServedTable table;
    private final ReadDemand demand;
    private final Cancellation cancellation = new Cancellation();
    private long lookupMillis;
    private long lookedUpNanos;
    private CompletableFuture<?> asked;
    private Freshness freshness;
    private Instant loadedAsOf;

    Read(ServedTable table, ReadDemand demand) {
        this.table = table;
        this.demand = demand;
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
        return demand.token();
    }

    final long boundNanos() {
        return demand.bound().nanos();
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
        // Before the question: what is applied after the reply is not in the answer.
        freshness = cache.freshness();
        return ask(cache).thenRun(() -> {
            lookedUpNanos = System.nanoTime();
            lookupMillis = TimeUnit.NANOSECONDS.toMillis(lookedUpNanos - start);
        });
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

    /**
     * Asks PostgreSQL's clock, before {@link #load}, where the answer shall say what it includes.
     *
     * @throws SQLException as for {@link #load}
     */
    public final void date(Loader loader) throws SQLException {
        if (demand.freshAsOf()) {
            loadedAsOf = loader.clock(cancellation);
        }
    }

    /** Takes over what another read of the same {@link #flight()} has loaded. */
    public final void loadedBy(Read other) {
        take(other);
        loadedAsOf = other.loadedAsOf;
    }

    void take(Read other) {
        throw new IllegalStateException("not shared");
    }

    /**
     * PostgreSQL did not answer: takes the entries that were too old instead, if the caller and the table's file allow it.
     *
     * @return whether there is an answer now
     */
    public final boolean standIn(CacheReader cache) {
        return cache.isFresh(demand.bound().onErrorNanos()) && takeStale();
    }

    /** Takes entries that were too old for hits. */
    boolean takeStale() {
        return false;
    }

    static boolean isStale(Lookup lookup) {
        return lookup instanceof Lookup.Bypass bypass && bypass.stale() != null;
    }

    /** The hit that a look-up would have been that found an entry too old; any other look-up as it is. */
    final Lookup asHit(Lookup lookup) {
        if (!isStale(lookup)) {
            return lookup;
        }
        long since = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lookedUpNanos);
        return new Lookup.Hit(((Lookup.Bypass) lookup).stale().aged(since));
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
    public final Answer answer() {
        Answer answer = content();
        if (demand.freshAsOf()) {
            Instant asOf = asOf();
            if (asOf != null) {
                answer.headers().addAll(List.of(AS_OF, asOf.toString()));
                answer.headers().addAll(List.of(Preferences.APPLIED, "fresh-as-of"));
            }
        }
        return answer;
    }

    /** What was committed before this is in the answer; null if it is not known. By PostgreSQL's clock. */
    private Instant asOf() {
        if (loadedAsOf != null && !usesEntries()) {
            return loadedAsOf;
        }
        return freshness == null ? null : freshness.postgresTime();
    }

    /** Whether something in the answer comes from the cache. */
    abstract boolean usesEntries();

    abstract Answer content();

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
