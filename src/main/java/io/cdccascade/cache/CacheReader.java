package io.cdccascade.cache;

import io.cdccascade.cache.LookupCalls.Question;
import io.cdccascade.cache.LookupCalls.Reply;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.RedisCommandExecutionException;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * The readers' side of the cache, by leases and fences: it never answers with a row older than a change that was applied.
 *
 * <p>{@link #lookup}; on {@link Lookup.Leased} read the row from the primary together with its {@linkplain ReadPoint read
 * point}, in one statement, and {@link #fill}. Every call is safe to repeat and safe to arrive late.
 *
 * <p>No call blocks and none fails: where Redis does not answer in time, a reader is told to read PostgreSQL. Results are
 * completed on the event loop. Counts {@code cascade.cache.lookups} and {@code cascade.cache.fills}, each by {@code table}
 * and {@code result}. Needs Redis 7.
 */
public final class CacheReader implements AutoCloseable {

    /** In place of a schema fingerprint: it is not known what entries have to look like. */
    public static final String UNCHECKED = "unchecked";

    private final ReadConnection redis;
    private final Supplier<Lookup.Reason> barred;
    private final Supplier<Freshness> freshness;
    private final Rebuild rebuild;
    private final KnownPrimary primary;
    private final HitRule rule;
    private final CacheSettings settings;
    private final long timeoutMillis;
    private final KeySpace names;
    private final CacheMeters lookups;
    private final CacheMeters fills;
    private final Leases leases;
    private final LookupCalls calls;
    private final SingleFlight singleFlight;

    /**
     * @param loop     the event loop that serves HTTP
     * @param redis    where Redis is
     * @param breaker  the circuit breaker of Redis
     * @param barred   why the cache must neither answer nor be filled at the moment, or null; must not block
     * @param freshness what is known to be applied; must not block
     * @param rebuild  what makes a table known to a Redis that has lost its memory
     * @param primary  what is known of the primary
     * @param meters   where calls are counted
     * @param settings how the cache behaves
     */
    public CacheReader(
            EventLoop loop,
            RedisSettings redis,
            CircuitBreaker breaker,
            Supplier<Lookup.Reason> barred,
            Supplier<Freshness> freshness,
            Rebuild rebuild,
            KnownPrimary primary,
            MeterRegistry meters,
            CacheSettings settings) {
        this.redis = new ReadConnection(loop, redis, breaker);
        this.barred = barred;
        this.freshness = freshness;
        this.rebuild = rebuild;
        this.primary = primary;
        this.rule = new HitRule(primary, rebuild);
        this.settings = settings;
        this.timeoutMillis = redis.readTimeoutMillis();
        this.names = new KeySpace(settings.prefix(), settings.buckets());
        this.lookups = new CacheMeters(meters, "cascade.cache.lookups");
        this.fills = new CacheMeters(meters, "cascade.cache.fills");
        this.leases = new Leases(loop, settings.leaseMillis());
        this.calls = new LookupCalls(this.redis, timeoutMillis, names, settings, leases);
        this.singleFlight = new SingleFlight(
                calls, rule, primary, rebuild, leases, settings, this::barred, freshness, lookups, this.redis.loop());
    }

    /** Done once Redis has been reached for the first time. */
    public CompletableFuture<Void> ready() {
        return redis.ready();
    }

    /**
     * Asks for what is cached under a key. If somebody else is filling it, waits for that without a thread: for a reader of
     * this process as long as its lease lives, renewed or not, for another instance at most as long as
     * {@link CacheSettings#waitMillis()}. The caller may cancel the result.
     *
     * @param fingerprint what an entry has to look like: a reader that expects another schema fingerprint than was
     *                    {@linkplain CacheInvalidator#adopt adopted} last gets none; one that expects
     *                    {@link #UNCHECKED}, none at all
     * @param mustSee     a change that the answer must include (read your writes), or null
     * @param boundNanos  for how long changes may not have been applied, or {@link Freshness#UNBOUNDED}. An entry that was
     *                    asked for under an older watermark is not answered: {@link Lookup.Reason#STALE}
     */
    public CompletableFuture<Lookup> lookup(CacheKey key, String fingerprint, WritePoint mustSee, long boundNanos) {
        Lookup.Reason reason = barred(fingerprint);
        return reason == null
                ? singleFlight.lookup(key, fingerprint, mustSee, boundNanos)
                : CompletableFuture.completedFuture(counted(key, new Lookup.Bypass(reason)));
    }

    /** What is known to be applied. An entry that is asked for after this call includes everything from before the moment. */
    public Freshness freshness() {
        return freshness.get();
    }

    /** Whether changes have been applied within a bound, in nanoseconds. */
    public boolean isFresh(long boundNanos) {
        return freshness.get().within(boundNanos);
    }

    private Lookup.Reason barred(String fingerprint) {
        return fingerprint.equals(UNCHECKED) ? Lookup.Reason.UNCHECKED : barred.get();
    }

    /**
     * Asks for what is cached under several keys of one table, in one round trip. Does not wait for what somebody else is
     * filling.
     *
     * @param fingerprint what the entries have to look like
     * @param mustSee     a change that the answers must include, or null
     * @param boundNanos  as for {@link #lookup}
     * @return one answer for each key, in the keys' order
     */
    public CompletableFuture<List<Lookup>> lookupAll(
            List<CacheKey> keys, String fingerprint, WritePoint mustSee, long boundNanos) {
        Lookup.Reason reason = barred(fingerprint);
        if (reason != null) {
            return CompletableFuture.completedFuture(keys.stream()
                    .map(key -> counted(key, new Lookup.Bypass(reason)))
                    .toList());
        }
        Freshness known = freshness.get();
        List<CompletableFuture<Lookup>> answers = new ArrayList<>(Collections.nCopies(keys.size(), null));
        List<CompletableFuture<Void>> asked = new ArrayList<>();
        for (List<Integer> part : names.calls(keys, settings.cluster())) {
            asked.add(calls.ask(part.stream().map(keys::get).toList(), fingerprint, LookupCalls.LOOK)
                    .handle((replies, failure) -> {
                        for (int i = 0; i < part.size(); i++) {
                            int at = part.get(i);
                            Question question = new Question(keys.get(at), fingerprint);
                            answers.set(
                                    at,
                                    answer(
                                            question,
                                            mustSee,
                                            failure == null ? replies.get(i) : null,
                                            known,
                                            boundNanos));
                        }
                        return null;
                    }));
        }
        return all(asked).thenCompose(done -> all(answers));
    }

    /**
     * Takes the leases of entries that are to be loaded again. They are answered until they are replaced. To refresh an entry
     * is nothing new to the protocol: as for a miss, the lease comes before the load, and a change ends both.
     *
     * @param keys        of one table
     * @param fingerprint what the entries have to look like
     * @return the leases by key, without those of keys that have no entry, or that somebody else loads already; none if
     *         Redis does not answer in time. Never fails
     */
    public CompletableFuture<Map<CacheKey, Lease>> refresh(List<CacheKey> keys, String fingerprint) {
        if (barred(fingerprint) != null) {
            return CompletableFuture.completedFuture(Map.of());
        }
        Map<CacheKey, Lease> leased = new ConcurrentHashMap<>();
        return CompletableFuture.allOf(names.calls(keys, settings.cluster()).stream()
                        .map(part -> part.stream().map(keys::get).toList())
                        .map(part -> calls.ask(part, fingerprint, LookupCalls.REFRESH)
                                .handle((replies, failure) -> {
                                    for (int i = 0; failure == null && i < part.size(); i++) {
                                        if (replies.get(i).result().equals("leased")) {
                                            CacheKey key = part.get(i);
                                            leased.put(
                                                    key,
                                                    new Lease(
                                                            key, replies.get(i).lease()));
                                        }
                                    }
                                    return null;
                                }))
                        .toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> leased);
    }

    /** Counts a batch whose rows may have shown a part of a transaction. */
    public void countFractured(String table) {
        lookups.count(table, "fractured");
    }

    private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> parts) {
        return CompletableFuture.allOf(parts.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> parts.stream().map(CompletableFuture::join).toList());
    }

    private CompletableFuture<Lookup> answer(
            Question question, WritePoint mustSee, Reply reply, Freshness asked, long boundNanos) {
        String result = reply == null ? "unreachable" : reply.result();
        Lookup answer = switch (result) {
            case "hit" -> rule.quick(reply.entry(), mustSee);
            case "leased" -> new Lookup.Leased(new Lease(question.key(), reply.lease()));
            default -> new Lookup.Bypass(Lookup.Reason.valueOf(result.toUpperCase(Locale.ROOT)));
        };
        if (result.equals("unknown")) {
            rebuild.start(question.key().table(), question.fingerprint(), History.UNKNOWN);
        }
        if (answer != null) {
            return CompletableFuture.completedFuture(counted(question.key(), asked.bound(answer, boundNanos)));
        }
        return primary.ask()
                .handleAsync(
                        (position, failure) -> counted(
                                question.key(),
                                asked.bound(rule.asked(question, reply.entry(), mustSee, position), boundNanos)),
                        redis.loop());
    }

    private Lookup counted(CacheKey key, Lookup found) {
        lookups.count(key.table(), result(found));
        return found;
    }

    /** What an answer is counted as. */
    static String result(Lookup lookup) {
        if (lookup instanceof Lookup.Bypass bypass) {
            return bypass.reason().name().toLowerCase(Locale.ROOT);
        }
        return lookup instanceof Lookup.Hit hit ? hit.entry().absent() ? "absent" : "hit" : "leased";
    }

    /** Offers what the holder of a lease has read, and waits for the result as long as a reader waits for Redis. */
    public CompletableFuture<FillResult> fill(Load load) {
        return fill(load, timeoutMillis);
    }

    /**
     * The same, with a time limit of the caller's own. The fill goes on when the limit is over.
     *
     * <p>What is loaded is stored also while entries are too old to be answered: whatever has not been applied yet will fence
     * it, as it does every entry, and the cache is warm when it may be used again.
     *
     * @param patienceMillis how long to wait for the result, at least 1
     */
    public CompletableFuture<FillResult> fill(Load load, long patienceMillis) {
        if (barred.get() != null) {
            fills.count(load.lease().key().table(), "untrusted");
            return release(load.lease()).thenApply(released -> FillResult.UNTRUSTED);
        }
        long jitter = load.ttlMillis() / 10;
        long ttl = load.ttlMillis() + ThreadLocalRandom.current().nextLong(-jitter, jitter + 1);
        CacheKey key = load.lease().key();
        String entry = names.entry(key);
        primary.saw(load.readPoint());
        return redis.call(
                        Script.FILL,
                        patienceMillis,
                        new byte[][] {bytes(entry), bytes(names.fences(entry)), bytes(names.bucket(entry))},
                        bytes(names.table(key.table())),
                        bytes(load.lease().id()),
                        bytes(load.readPoint().snapshot().toString()),
                        bytes(String.valueOf(load.readPoint().lsn())),
                        bytes(load.tag()),
                        bytes(load.row() == null ? "0" : "1"),
                        load.row() == null ? new byte[0] : load.row(),
                        bytes(String.valueOf(Math.max(1, ttl))),
                        bytes(load.readPoint().history()),
                        bytes(String.valueOf(load.writer())))
                .inTime()
                .handle((answer, failure) -> {
                    FillResult result = failure == null
                            ? FillResult.valueOf(text(answer.get(0)).toUpperCase(Locale.ROOT))
                            : FillResult.UNREACHABLE;
                    fills.count(key.table(), result.name().toLowerCase(Locale.ROOT));
                    if (result == FillResult.HISTORY) {
                        forgetOtherHistories(key.table());
                    }
                    leases.end(load.lease().id(), result == FillResult.STORED ? load.entry() : null);
                    if (failure instanceof RedisCommandExecutionException) {
                        // Redis is full: other instances would wait for the lease.
                        release(load.lease());
                    }
                    return result;
                });
    }

    /** Asks first: what was refused may be the last that was read of an earlier history. */
    private void forgetOtherHistories(String table) {
        primary.ask().thenAccept(position -> rebuild.start(table, "", position.history()));
    }

    /** Gives a lease back unused, so that nobody waits for it. */
    public CompletableFuture<Void> release(Lease lease) {
        return calls.release(lease);
    }

    /**
     * Keeps leases in force while their holder loads, so that nobody else does: see {@link Renewal}, which has to be stopped
     * when the load is over.
     *
     * @param held leases on entries of one table
     */
    public Renewal renew(List<Lease> held) {
        return new Renewal(redis, timeoutMillis, names, settings, leases, held);
    }

    /**
     * Fences a change ahead of its event's way through Kafka: one that this instance itself has made, or that it has just
     * captured.
     *
     * @return whether Redis has confirmed it; if not, the event will do it
     */
    public CompletableFuture<Boolean> fence(Fence fence) {
        String entry = names.entry(fence.key());
        if (!History.comparable(fence.change().history(), primary.history())) {
            primary.ask();
        }
        return redis.call(
                        Script.INVALIDATE,
                        timeoutMillis,
                        new byte[][] {bytes(entry), bytes(names.fences(entry)), bytes(names.bucket(entry))},
                        bytes(names.table(fence.key().table())),
                        bytes(String.valueOf(settings.fenceMillis())),
                        bytes("1/" + CacheInvalidator.text(fence)),
                        bytes(fence.change().history()),
                        new byte[0])
                .inTime()
                .handle((answer, failure) -> failure == null);
    }

    /**
     * The holder of a lease does not need what it reads any more.
     *
     * @param action gives the load up; run when no other reader of this process waits for it, now or later
     */
    public void whenUnwanted(Lease lease, Runnable action) {
        Leases.Held held = leases.get(lease.id());
        if (held == null) {
            // It has ended before its load, so nobody waits for that.
            action.run();
        } else {
            held.whenUnwanted(action);
        }
    }

    @Override
    public void close() {
        redis.close();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(Object bytes) {
        return new String((byte[]) bytes, StandardCharsets.UTF_8);
    }
}
