package io.cdccascade.cache;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.redisson.api.RMap;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cache in Redis that never answers with a row older than a change it was told of, by leases and fences.
 *
 * <p>Readers: {@link #lookup}; on {@link Lookup.Leased} read the row from the primary together with its
 * {@linkplain ReadPoint read point}, in one statement, and {@link #fill}. Change events and writers:
 * {@link #invalidate}, or {@link #forget} when it is not known what changed. Every call is safe to repeat and safe to
 * arrive late.
 *
 * <p>Counts {@code cascade.cache.lookups}, {@code cascade.cache.fills} and {@code cascade.cache.invalidations}, each by
 * {@code table} and {@code result}.
 *
 * <p>Safe for use by many threads. Calls throw {@link org.redisson.client.RedisException} when Redis does not answer in
 * the time its client allows. Needs Redis 7.
 */
public final class FencedCache {

    private static final Logger LOG = LoggerFactory.getLogger(FencedCache.class);
    // A script keeps Redis from serving readers; this many fences take it about a millisecond. And while Redis runs one
    // call, the next is made.
    private static final int FENCES_PER_CALL = 100;
    private static final long FIRST_PAUSE_MILLIS = 2;
    private static final long LONGEST_PAUSE_MILLIS = 20;

    // Nothing was adopted for such a table, or the shape does not matter.
    private static final String ANY_SHAPE = "";

    private final RedissonClient redis;
    private final XidSource xids;
    private final MeterRegistry meters;
    private final CacheSettings settings;
    private final KeySpace names;
    private final String instance = UUID.randomUUID().toString().substring(0, 13);
    private final AtomicLong lookups = new AtomicLong();
    private final ConcurrentMap<String, Flight> flights = new ConcurrentHashMap<>();
    private final ReentrantLock mending = new ReentrantLock();
    private volatile long mended;

    /** What threads of this instance wait for together: the end of a lease, with the entry if that brought one. */
    private record Flight(String lease, long startNanos, CompletableFuture<Entry> entry) {

        Flight(String lease) {
            this(lease, System.nanoTime(), new CompletableFuture<>());
        }

        /** Returns null if there is nothing to share. */
        Entry await() {
            Entry found = entry.join();
            return found == null
                    ? null
                    : new Entry(found.row(), found.readPoint(), found.ageMillis() + millisSince(startNanos));
        }
    }

    /**
     * @param redis    the client. For a cache of readers an impatient one without retries, since they can ask
     *                 PostgreSQL instead; for a cache of change events a patient one, since those must arrive
     * @param xids     the primary's transaction counter, asked when Redis's memory is found to be new
     * @param meters   where calls are counted
     * @param settings how the cache behaves
     */
    public FencedCache(RedissonClient redis, XidSource xids, MeterRegistry meters, CacheSettings settings) {
        this.redis = redis;
        this.xids = xids;
        this.meters = meters;
        this.settings = settings;
        this.names = new KeySpace(settings.prefix(), settings.buckets());
    }

    /**
     * Asks for what is cached under a key. If somebody else is filling it, waits for that: for a thread of this
     * instance as long as a lease lives, for another instance about as long as {@link CacheSettings#waitMillis()}.
     *
     * @param key     what is wanted
     * @param mustSee a change that the answer must include (read your writes), or null
     */
    public Lookup lookup(CacheKey key, WritePoint mustSee) {
        return lookup(key, ANY_SHAPE, mustSee);
    }

    /**
     * The same for entries that have a shape: a reader that expects another one than was
     * {@linkplain #adopt adopted} last gets none.
     *
     * @param shape what an entry has to look like
     */
    public Lookup lookup(CacheKey key, String shape, WritePoint mustSee) {
        Question question = new Question(key, shape, mustSee);
        long start = System.nanoTime();
        long pause = FIRST_PAUSE_MILLIS;
        boolean mayMend = true;
        Flight watched = null;
        Entry found = null;
        try {
            while (true) {
                long mendedBefore = mended;
                List<String> reply = await(question.ask());
                switch (reply.get(0)) {
                    case "hit", "absent" -> {
                        Lookup.Hit hit = hit(key, reply);
                        found = hit.entry();
                        return hit;
                    }
                    case "leased", "unseen", "reshaped" -> {
                        return miss(key, reply);
                    }
                    case "unknown" -> {
                        if (!mayMend || !mend(key.table(), shape, mendedBefore)) {
                            return miss(key, reply);
                        }
                        mayMend = false;
                        continue;
                    }
                    default -> {
                        // Busy: below.
                    }
                }
                String lease = reply.get(1);
                if (watched == null || !watched.lease().equals(lease)) {
                    land(watched, null);
                    watched = new Flight(lease);
                    Flight other = flights.putIfAbsent(lease, watched);
                    if (other != null) {
                        watched = null;
                        // What was filled under this lease, or after it, is younger than this lookup, which saw the
                        // lease held: it is as if this reader had hit the entry itself. Not so a row that was refused.
                        Entry shared = other.await();
                        if (shared != null
                                && (mustSee == null || shared.readPoint().sees(mustSee))) {
                            count(key, "shared");
                            return new Lookup.Hit(shared);
                        }
                    }
                }
                if (millisSince(start) >= settings.waitMillis()) {
                    return miss(key, reply);
                }
                if (watched != null) {
                    // Another instance has the lease. One thread of this one looks; a herd that polls would be a load.
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
                    pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
                }
            }
        } finally {
            land(watched, found);
        }
    }

    /** A look-up that can be asked again and is the same look-up then. */
    private final class Question {

        private final List<String> keys;
        private final List<String> arguments;

        Question(CacheKey key, String shape, WritePoint mustSee) {
            this.keys = List.of(names.entry(key), names.sidecar(key), names.bucket(key));
            this.arguments = List.of(
                    names.table(key.table()),
                    instance + "-" + lookups.incrementAndGet(),
                    String.valueOf(settings.leaseMillis()),
                    mustSee == null ? "" : String.valueOf(mustSee.xid()),
                    mustSee == null ? "" : String.valueOf(mustSee.lsn()),
                    shape);
        }

        CompletionStage<List<String>> ask() {
            return Script.LOOKUP.run(redis, keys, arguments);
        }
    }

    private Lookup.Hit hit(CacheKey key, List<String> reply) {
        String row = reply.get(0).equals("hit") ? reply.get(1) : null;
        ReadPoint point = new ReadPoint(Snapshot.parse(reply.get(2)), Long.parseLong(reply.get(3)));
        count(key, reply.get(0));
        return new Lookup.Hit(new Entry(row, point, Long.parseLong(reply.get(4))));
    }

    private Lookup miss(CacheKey key, List<String> reply) {
        count(key, reply.get(0));
        return reply.get(0).equals("leased")
                ? new Lookup.Leased(takeOff(new Lease(key, reply.get(1))))
                : new Lookup.Bypass(Lookup.Reason.valueOf(reply.get(0).toUpperCase(Locale.ROOT)));
    }

    /**
     * Offers the row that the holder of a lease has read.
     *
     * @param lease     from {@link #lookup}; used up whatever the result
     * @param readPoint what the very statement that read the row saw, on the primary
     * @param row       the row as JSON text, or null if there is no such row
     * @param ttlMillis how long the entry may live, at least 1; a tenth more or less is added by chance, so that
     *                  entries made together do not expire together
     */
    public FillResult fill(Lease lease, ReadPoint readPoint, String row, long ttlMillis) {
        Load load = new Load(lease, readPoint, row, ttlMillis);
        return settle(load, offer(load));
    }

    /** Offers several rows, in one round trip; what becomes of each is counted. */
    public void fillAll(List<Load> loads) {
        List<CompletionStage<List<String>>> offers =
                loads.stream().map(this::offer).toList();
        RuntimeException failure = null;
        for (int i = 0; i < loads.size(); i++) {
            try {
                settle(loads.get(i), offers.get(i));
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private CompletionStage<List<String>> offer(Load load) {
        long jitter = load.ttlMillis() / 10;
        long ttl = load.ttlMillis() + ThreadLocalRandom.current().nextLong(-jitter, jitter + 1);
        CacheKey key = load.lease().key();
        return Script.FILL.run(
                redis,
                List.of(names.entry(key), names.sidecar(key), names.bucket(key)),
                List.of(
                        names.table(key.table()),
                        load.lease().id(),
                        load.readPoint().snapshot().toString(),
                        String.valueOf(load.readPoint().lsn()),
                        load.row() == null ? "0" : "1",
                        load.row() == null ? "" : load.row(),
                        String.valueOf(ttl)));
    }

    private FillResult settle(Load load, CompletionStage<List<String>> offer) {
        Entry stored = null;
        try {
            String reply = await(offer).get(0);
            meters.counter("cascade.cache.fills", "table", load.lease().key().table(), "result", reply)
                    .increment();
            FillResult result = FillResult.valueOf(reply.toUpperCase(Locale.ROOT));
            stored = result == FillResult.STORED ? new Entry(load.row(), load.readPoint(), 0) : null;
            return result;
        } finally {
            land(flights.get(load.lease().id()), stored);
        }
    }

    /**
     * Asks for what is cached under several keys, in one round trip. Does not wait for what somebody else is filling.
     *
     * @param shape   what the entries have to look like
     * @param mustSee a change that the answers must include, or null
     * @return one answer for each key, in the keys' order
     */
    public List<Lookup> lookupAll(List<CacheKey> keys, String shape, WritePoint mustSee) {
        long mendedBefore = mended;
        List<CompletionStage<List<String>>> replies = keys.stream()
                .map(key -> new Question(key, shape, mustSee).ask())
                .toList();
        List<Lookup> answers = new ArrayList<>(keys.size());
        boolean mayMend = true;
        try {
            for (int i = 0; i < keys.size(); i++) {
                List<String> reply = await(replies.get(i));
                if (reply.get(0).equals("unknown") && mayMend) {
                    mayMend = false;
                    mend(keys.get(i).table(), shape, mendedBefore);
                }
                answers.add(
                        reply.get(0).equals("hit") || reply.get(0).equals("absent")
                                ? hit(keys.get(i), reply)
                                : miss(keys.get(i), reply));
            }
            return answers;
        } finally {
            if (answers.size() < keys.size()) {
                // The caller never hears of these leases, so nobody here is to wait for their fills.
                answers.stream()
                        .filter(Lookup.Leased.class::isInstance)
                        .map(Lookup.Leased.class::cast)
                        .forEach(leased -> land(flights.get(leased.lease().id()), null));
            }
        }
    }

    /**
     * What the holder of a lease has read.
     *
     * @param lease     from {@link #lookup}
     * @param readPoint what the very statement that read the row saw, on the primary
     * @param row       the row as JSON text, or null if there is no such row
     * @param ttlMillis how long the entry may live, at least 1
     */
    public record Load(Lease lease, ReadPoint readPoint, String row, long ttlMillis) {}

    /**
     * Connects to Redis and asks it for nothing, so that no reader has to wait for the first connection, which takes
     * longer than readers wait.
     */
    public void connect() {
        String nowhere = names.sidecar(new CacheKey("", ""));
        await(Script.RELEASE.run(redis, List.of(nowhere), List.of("")));
    }

    /** Gives a lease back unused, so that nobody waits for it. */
    public void release(Lease lease) {
        try {
            await(Script.RELEASE.run(redis, List.of(names.sidecar(lease.key())), List.of(lease.id())));
        } finally {
            land(flights.get(lease.id()), null);
        }
    }

    /**
     * Applies changes: entries that do not see their change are dropped, and fills that do not see it refused. When it
     * returns, all are applied; when it throws, some may be, and the call is to be repeated.
     *
     * @return what each fence did, in the fences' order
     */
    public List<Verdict> invalidate(Collection<Fence> fences) {
        List<Fence> ordered = List.copyOf(fences);
        Map<List<Integer>, CompletionStage<List<String>>> calls = new LinkedHashMap<>();
        for (List<Integer> group : groups(ordered)) {
            List<String> keys = new ArrayList<>(2 * group.size());
            StringJoiner changes = new StringJoiner(" ");
            for (int index : group) {
                Fence fence = ordered.get(index);
                String entry = names.entry(fence.key());
                keys.add(entry);
                keys.add(names.sidecar(entry));
                // Events know only the low half: a write's own fence must be the same as its event's.
                changes.add(
                        Xid.narrow(fence.change().xid()) + "@" + fence.change().lsn());
            }
            calls.put(
                    group,
                    Script.INVALIDATE.run(
                            redis, keys, List.of(String.valueOf(settings.fenceMillis()), changes.toString())));
        }
        Verdict[] verdicts = new Verdict[ordered.size()];
        calls.forEach((group, call) -> {
            String[] replies = await(call).get(0).split(" ");
            // Counted in sums: to find a counter takes longer than to read a reply.
            Map<List<String>, Integer> sums = new HashMap<>();
            for (int i = 0; i < replies.length; i++) {
                int index = group.get(i);
                verdicts[index] = Verdict.valueOf(replies[i].toUpperCase(Locale.ROOT));
                sums.merge(List.of(ordered.get(index).key().table(), replies[i]), 1, Integer::sum);
            }
            sums.forEach((tags, sum) -> meters.counter(
                            "cascade.cache.invalidations", "table", tags.get(0), "result", tags.get(1))
                    .increment(sum));
        });
        return Arrays.asList(verdicts);
    }

    /**
     * Forgets everything about a table: after TRUNCATE, lost events, or when it cannot be said what changed. When it
     * returns, no entry of the table that was filled before is answered any more, and no reader that was about to fill
     * succeeds. Costs the same however many entries there are.
     */
    public void forget(String table) {
        renew(table, ANY_SHAPE, true);
        meters.counter("cascade.cache.invalidations", "table", table, "result", "forgotten")
                .increment();
    }

    /**
     * Says what the entries of a table look like from here on, and forgets those that look otherwise. Readers that
     * expect another shape read without cache, so that instances with different files cannot mix their entries.
     *
     * @param always whether to forget also when the shape is adopted already
     */
    public void adopt(String table, String shape, boolean always) {
        boolean adopted = slots(names.buckets()).stream()
                .map(slot -> Script.SHAPES.run(redis, slot, List.of(names.table(table))))
                .toList()
                .stream()
                .flatMap(call -> await(call).stream())
                .allMatch(shape::equals);
        if (always || !adopted) {
            renew(table, shape, true);
            meters.counter("cascade.cache.invalidations", "table", table, "result", "forgotten")
                    .increment();
        }
    }

    /** The shape of each table that has one, those too that another instance, or none any more, serves. */
    public Map<String, String> shapes() {
        String suffix = ":shape";
        Map<String, String> shapes = new HashMap<>();
        RMap<String, String> bucket = redis.getMap(names.buckets().get(0), StringCodec.INSTANCE);
        bucket.readAllMap().forEach((field, value) -> {
            if (field.endsWith(suffix)) {
                shapes.put(KeySpace.unescape(field.substring(0, field.length() - suffix.length())), value);
            }
        });
        return shapes;
    }

    /**
     * Makes a table known to a Redis that does not know it. One thread does it for all that wait.
     *
     * @param mendedBefore {@link #mended} as it was when the table was still known to be unknown
     * @return whether another lookup is worth while
     */
    private boolean mend(String table, String shape, long mendedBefore) {
        try {
            if (!mending.tryLock(settings.waitMillis(), TimeUnit.MILLISECONDS)) {
                return false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        try {
            return mended != mendedBefore || setFloor(table, renew(table, shape, false));
        } finally {
            mending.unlock();
        }
    }

    /** Gives every bucket's memory of a table an epoch, and returns for each the epoch that lacks a floor, or "". */
    private List<String> renew(String table, String shape, boolean forget) {
        List<CompletionStage<List<String>>> calls = slots(names.buckets()).stream()
                .map(slot -> Script.FORGET.run(redis, slot, List.of(names.table(table), forget ? "1" : "0", shape)))
                .toList();
        return calls.stream().flatMap(call -> await(call).stream()).toList();
    }

    private boolean setFloor(String table, List<String> epochs) {
        List<Integer> waiting = IntStream.range(0, epochs.size())
                .filter(i -> !epochs.get(i).isEmpty())
                .boxed()
                .toList();
        if (waiting.isEmpty()) {
            return true;
        }
        String floor;
        try {
            // Only now: it must lie above every transaction whose fence was lost, so be read after the loss.
            floor = String.valueOf(xids.nextXid());
        } catch (RuntimeException e) {
            LOG.warn("Redis does not know {} and the primary cannot be asked: reading without cache", table, e);
            return false;
        }
        List<String> buckets = names.buckets();
        List<CompletionStage<List<String>>> calls = slots(waiting).stream()
                .map(slot -> {
                    List<String> arguments =
                            new ArrayList<>(List.of(names.table(table), floor, String.valueOf(settings.fenceMillis())));
                    slot.forEach(i -> arguments.add(epochs.get(i)));
                    return Script.FLOOR.run(
                            redis, slot.stream().map(buckets::get).toList(), arguments);
                })
                .toList();
        calls.forEach(FencedCache::await);
        mended++;
        LOG.info(
                "{} begins anew in {} of {} buckets, for snapshots from {}",
                table,
                waiting.size(),
                buckets.size(),
                floor);
        return true;
    }

    /** What one call may touch: everything, or in a cluster one bucket. */
    private <T> List<List<T>> slots(List<T> buckets) {
        return settings.cluster() ? buckets.stream().map(List::of).toList() : List.of(buckets);
    }

    private Collection<List<Integer>> groups(List<Fence> fences) {
        Map<String, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < fences.size(); i++) {
            String slot = settings.cluster() ? names.bucket(fences.get(i).key()) : "";
            groups.computeIfAbsent(slot + "/" + i / FENCES_PER_CALL, name -> new ArrayList<>())
                    .add(i);
        }
        return groups.values();
    }

    private Lease takeOff(Lease lease) {
        Flight flight = new Flight(lease.id());
        flights.put(lease.id(), flight);
        // A holder that neither fills nor releases must not be waited for, nor remembered, for longer than its lease.
        flight.entry()
                .completeOnTimeout(null, settings.leaseMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((stored, error) -> flights.remove(lease.id(), flight));
        return lease;
    }

    private void land(Flight flight, Entry entry) {
        if (flight != null) {
            flights.remove(flight.lease(), flight);
            flight.entry().complete(entry);
        }
    }

    private void count(CacheKey key, String result) {
        meters.counter("cascade.cache.lookups", "table", key.table(), "result", result)
                .increment();
    }

    private static long millisSince(long startNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    private static <T> T await(CompletionStage<T> call) {
        try {
            return call.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
