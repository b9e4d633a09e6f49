package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.cache.Interleavings.Mishap;
import io.cdccascade.cache.Interleavings.Protocol;
import io.cdccascade.cache.Interleavings.Result;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.api.RScript;
import org.redisson.client.codec.StringCodec;

class InterleavingsIT {

    private static final CacheKey KEY = new CacheKey("t", "1");
    private static final KeySpace NAMES = new KeySpace("walk", 1);
    private static final List<String> HASHES = List.of(NAMES.entry(KEY), NAMES.fences(KEY), NAMES.bucket(KEY));
    private static final long HOUR = 3_600_000;
    private static final long ABOVE_ALL = Interleavings.XIDS.get(1) + 1;

    @TempDir
    private static Path folder;

    private static TestRedis redis;

    @BeforeAll
    static void startRedis() {
        redis = new TestRedis(folder);
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void startWithEmptyRedis() {
        redis.client().getKeys().flushall();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void leaseAndFenceAreNeverStale(boolean inOrderOfXids) {
        assertNeverStale(inOrderOfXids, 2, Set.of());
    }

    @Test
    void leaseAndFenceAreNeverStaleWhereThePrimaryCannotBeAsked() {
        Result found = walk(new FencedBlindly(), true, false, 1, Set.of());
        assertThat(found.orders()).as("orders walked").isGreaterThan(10_000);
        assertThat(found.resurrections()).as("no resurrection").isEmpty();
        assertThat(found.divergences()).as("convergence").isEmpty();
    }

    @Test
    void whatIsTakenToBeOverBeforeItIsVisibleIsStale() {
        assertThat(walk(new SettledBlindly(), true, false, 1, Set.of()).resurrections())
                .isNotEmpty();
        assertThat(walk(new SettledBlindly(), true, true, 1, Set.of()).resurrections())
                .as("only while commits are invisible")
                .isEmpty();
    }

    @Test
    void leaseAndFenceAreNeverStaleWhateverExpires() {
        assertNeverStale(true, 1, Set.of(Mishap.ENTRY_EXPIRES, Mishap.LEASE_EXPIRES));
    }

    @Test
    void leaseAndFenceAreNeverStaleWhenRedisForgetsEverything() {
        assertNeverStale(true, 1, Set.of(Mishap.REDIS_FORGETS));
    }

    @Test
    void leaseAndFenceAreNeverStaleWhenThePrimaryCrashesAndGivesAnXidAgain() {
        assertNeverStale(true, 2, Set.of(Mishap.PRIMARY_CRASHES));
    }

    @Test
    void xidsAloneAreStaleWhenThePrimaryCrashesAndGivesOneAgain() {
        Result found = walk(new XidsAlone(), true, false, 1, Set.of(Mishap.PRIMARY_CRASHES));
        assertThat(found.resurrections()).isNotEmpty().allMatch(steps -> steps.contains("PRIMARY_CRASHES"));
        assertThat(found.divergences()).isNotEmpty();
    }

    @Test
    void aFloorThatLeavesOutATransactionInProgressIsTooLow() {
        long xmaxWhileNothingHasCompleted = Interleavings.XIDS.get(0);
        Protocol protocol = new Fenced(xmaxWhileNothingHasCompleted);
        assertThat(new Interleavings(redis, HASHES, protocol, Interleavings.XIDS, false, 1)
                        .walkUntilStale(Set.of(Mishap.REDIS_FORGETS))
                        .resurrections())
                .isNotEmpty()
                .allMatch(steps -> steps.contains("REDIS_FORGETS"));
    }

    @Test
    void aFenceEvictedWhileItsCommitIsInvisibleIsTheHoleThatRemains() {
        assertThat(walk(new Fenced(ABOVE_ALL), true, false, 1, Set.of(Mishap.FENCE_IS_EVICTED))
                        .resurrections())
                .isNotEmpty()
                .allMatch(steps -> steps.contains("FENCE_IS_EVICTED"));
        assertThat(walk(new Fenced(ABOVE_ALL), true, true, 1, Set.of(Mishap.FENCE_IS_EVICTED))
                        .resurrections())
                .as("only while commits are invisible")
                .isEmpty();
    }

    @Test
    void deleteAndSetIsStaleEvenIfCommitsAreVisibleAtOnce() {
        Result found = walk(new DeleteAndSet(), true, true, 1, Set.of());
        assertThat(found.resurrections()).isNotEmpty();
        assertThat(found.divergences()).isNotEmpty();
    }

    @Test
    void aLeaseAloneIsStaleWhenCommitsAreDecodedBeforeTheyAreVisible() {
        Result found = walk(new LeaseOnly(), true, false, 1, Set.of());
        assertThat(found.resurrections()).isNotEmpty();
        assertThat(found.divergences()).isNotEmpty();
    }

    @Test
    void aLeaseAloneIsEnoughIfCommitsAreVisibleBeforeTheirEvents() {
        Result found = walk(new LeaseOnly(), true, true, 1, Set.of());
        assertThat(found.resurrections()).isEmpty();
        assertThat(found.divergences()).isEmpty();
    }

    private static void assertNeverStale(boolean inOrderOfXids, int reads, Set<Mishap> mishaps) {
        Result found = walk(new Fenced(ABOVE_ALL), inOrderOfXids, false, reads, mishaps);
        assertThat(found.orders()).as("orders walked").isGreaterThan(1_000_000);
        assertThat(found.resurrections()).as("no resurrection").isEmpty();
        assertThat(found.divergences()).as("convergence").isEmpty();
    }

    private static Result walk(
            Protocol protocol, boolean inOrderOfXids, boolean visibleFirst, int reads, Set<Mishap> mishaps) {
        List<Long> order =
                inOrderOfXids ? Interleavings.XIDS : List.of(Interleavings.XIDS.get(1), Interleavings.XIDS.get(0));
        Result found = new Interleavings(redis, HASHES, protocol, order, visibleFirst, reads).walk(mishaps);
        System.out.printf(
                "%s%s%s: %,d orders of steps, %,d states, %d resurrections, %d divergences%n",
                protocol.getClass().getSimpleName(),
                mishaps,
                visibleFirst ? " visible first" : "",
                found.orders(),
                found.states(),
                found.resurrections().size(),
                found.divergences().size());
        found.resurrections().stream()
                .min(Comparator.comparingInt(String::length))
                .ifPresent(steps -> System.out.println("    such as: " + steps));
        return found;
    }

    /** Two instances of the real thing, each with one of the readers. */
    private static class Fenced implements Protocol {

        private final List<SyncCache> instances;

        /** Begins with a memory whose floor is below all that happens; if it is lost, the next floor is as given. */
        Fenced(long nextXid) {
            instances =
                    IntStream.range(0, 2).mapToObj(i -> instance(() -> nextXid)).toList();
            redis.client().getKeys().flushall();
            SyncCache first = instance(() -> 1);
            first.release(((Lookup.Leased) first.lookup(KEY, null)).lease());
        }

        private static SyncCache instance(LongSupplier xids) {
            return new SyncCache(
                    redis, xids, new SimpleMeterRegistry(), new CacheSettings("walk", 1, false, HOUR, 0, HOUR));
        }

        @Override
        public String lookup(int reader) {
            return instances.get(reader).lookup(KEY, null) instanceof Lookup.Leased leased
                    ? leased.lease().id()
                    : null;
        }

        @Override
        public void fill(int reader, String right, ReadPoint point, String row) {
            instances.get(reader).fill(new Lease(KEY, right), point, row, HOUR);
        }

        @Override
        public void invalidate(WritePoint change, ReadPoint seen) {
            instances.get(0).invalidate(List.of(new Fence(KEY, change)), seen);
        }
    }

    /** The same, where the invalidator cannot ask the primary: each change that an entry does not see leaves a fence. */
    private static final class FencedBlindly extends Fenced {

        FencedBlindly() {
            super(ABOVE_ALL);
        }

        @Override
        public void invalidate(WritePoint change, ReadPoint seen) {
            super.invalidate(change, null);
        }
    }

    /** The same, but whatever is delivered is taken to be over. */
    private static final class SettledBlindly extends Fenced {

        SettledBlindly() {
            super(ABOVE_ALL);
        }

        @Override
        public void invalidate(WritePoint change, ReadPoint seen) {
            super.invalidate(change, new ReadPoint(Snapshot.parse("8589934592:8589934592:"), 1L << 40));
        }
    }

    /** The same, but a change's place in the log is taken to be the log's beginning, which everybody has seen. */
    private static final class XidsAlone extends Fenced {

        XidsAlone() {
            super(ABOVE_ALL);
        }

        @Override
        public void invalidate(WritePoint change, ReadPoint seen) {
            super.invalidate(new WritePoint(change.xid(), 0), seen);
        }
    }

    /** What most code does: delete on the event, set on the miss. */
    private static final class DeleteAndSet implements Protocol {

        @Override
        public String lookup(int reader) {
            return call("return {tostring(redis.call('EXISTS', KEYS[1]))}").equals("1") ? null : "reader" + reader;
        }

        @Override
        public void fill(int reader, String right, ReadPoint point, String row) {
            call("redis.call('HSET', KEYS[1], 'row', ARGV[1]) return {''}", row);
        }

        @Override
        public void invalidate(WritePoint change, ReadPoint seen) {
            call("redis.call('DEL', KEYS[1]) return {''}");
        }
    }

    /** A lease on the miss that the event takes away ("Scaling Memcache at Facebook", NSDI 2013). */
    private static final class LeaseOnly implements Protocol {

        @Override
        public String lookup(int reader) {
            String right = "reader" + reader;
            return call(
                                    "if redis.call('EXISTS', KEYS[1], KEYS[2]) > 0 then return {''} end "
                                            + "redis.call('HSET', KEYS[2], 'lease', ARGV[1]) return {ARGV[1]}",
                                    right)
                            .equals(right)
                    ? right
                    : null;
        }

        @Override
        public void fill(int reader, String right, ReadPoint point, String row) {
            call(
                    "if redis.call('HGET', KEYS[2], 'lease') == ARGV[1] then redis.call('DEL', KEYS[2]) "
                            + "redis.call('HSET', KEYS[1], 'row', ARGV[2]) end return {''}",
                    right,
                    row);
        }

        @Override
        public void invalidate(WritePoint change, ReadPoint seen) {
            call("redis.call('DEL', KEYS[1], KEYS[2]) return {''}");
        }
    }

    private static String call(String script, String... arguments) {
        return redis.client()
                .getScript(StringCodec.INSTANCE)
                .<List<String>>eval(
                        RScript.Mode.READ_WRITE,
                        "#!lua\n" + script,
                        RScript.ReturnType.MULTI,
                        List.copyOf(HASHES),
                        (Object[]) arguments)
                .get(0);
    }
}
