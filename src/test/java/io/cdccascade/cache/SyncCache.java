package io.cdccascade.cache;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Both sides of an instance's cache, for tests that wait for every answer. */
public final class SyncCache implements AutoCloseable {

    private static final EventLoopGroup LOOPS = new NioEventLoopGroup(1, new DefaultThreadFactory("test-loop", true));

    private final CacheReader reader;
    private final CacheInvalidator invalidator;
    private final Rebuild rebuild;
    private final KnownPrimary primary;
    private final WriteConnection patient;
    private volatile Freshness applied;

    /** @param xids gives the floors; the primary stands at the last one, and its history has no name */
    SyncCache(TestRedis redis, LongSupplier xids, MeterRegistry meters, CacheSettings settings) {
        this(redis.settings(5_000), xids, meters, settings);
    }

    public SyncCache(RedisSettings redis, LongSupplier xids, MeterRegistry meters, CacheSettings settings) {
        this(redis, new Nameless(xids), meters, settings);
    }

    SyncCache(RedisSettings redis, XidSource xids, MeterRegistry meters, CacheSettings settings) {
        this(redis, xids, 3_600_000, meters, settings);
    }

    /** @param freshMillis how long it is good for what was seen of the primary */
    SyncCache(RedisSettings redis, XidSource xids, long freshMillis, MeterRegistry meters, CacheSettings settings) {
        this.patient = new WriteConnection(redis);
        this.invalidator = new CacheInvalidator(patient, meters, settings);
        this.rebuild = new Rebuild(invalidator, xids);
        this.primary = new KnownPrimary(xids, freshMillis);
        this.reader = new CacheReader(
                LOOPS.next(),
                redis,
                CircuitBreaker.ofDefaults("redis"),
                () -> null,
                () -> applied == null ? new Freshness(System.nanoTime(), null) : applied,
                rebuild,
                primary,
                meters,
                settings);
        reader.ready().orTimeout(10, TimeUnit.SECONDS).join();
    }

    public Lookup lookup(CacheKey key, WritePoint mustSee) {
        return lookup(key, "", mustSee);
    }

    public Lookup lookup(CacheKey key, String fingerprint, WritePoint mustSee) {
        return reader.lookup(key, fingerprint, mustSee, Freshness.UNBOUNDED).join();
    }

    public List<Lookup> lookupAll(List<CacheKey> keys, WritePoint mustSee) {
        return reader.lookupAll(keys, "", mustSee, Freshness.UNBOUNDED).join();
    }

    public FillResult fill(Lease lease, ReadPoint readPoint, String row, long ttlMillis) {
        byte[] bytes = row == null ? null : row.getBytes(StandardCharsets.UTF_8);
        return reader.fill(Load.of(lease, readPoint, bytes, RowVersion.UNKNOWN, ttlMillis))
                .join();
    }

    public void release(Lease lease) {
        reader.release(lease).join();
    }

    public List<Verdict> invalidate(Collection<Fence> fences) {
        return invalidator.invalidate(fences, null);
    }

    public List<Verdict> invalidate(Collection<Fence> fences, ReadPoint seen) {
        return invalidator.invalidate(fences, seen);
    }

    public void forget(String table) {
        invalidator.forget(table);
    }

    public void adopt(String table, String fingerprint, boolean always) {
        invalidator.adopt(table, fingerprint, always);
    }

    /** What is known to be applied from now on; until then, everything always is. */
    void applied(Freshness freshness) {
        applied = freshness;
    }

    public CacheReader reader() {
        return reader;
    }

    @Override
    public void close() {
        reader.close();
        rebuild.close();
        primary.close();
        patient.close();
    }

    private record Nameless(LongSupplier xids) implements XidSource {

        @Override
        public Floor nextXid() {
            return new Floor(xids.getAsLong(), History.UNKNOWN);
        }

        /** It has come further than any token of these tests. */
        @Override
        public ReadPoint position() {
            return new ReadPoint(Snapshot.parse("9007199254740992:9007199254740992:"), 1L << 53);
        }
    }
}
