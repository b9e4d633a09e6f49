package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.client.codec.StringCodec;

/** PostgreSQL is restored or fails over, and gives out xids and positions that it has given out before. */
class HistoriesIT {

    private static final String TABLE = "public.sinners";
    private static final CacheKey KEY = new CacheKey(TABLE, "14");
    private static final CacheKey OTHER = new CacheKey(TABLE, "17");
    private static final String OLD = "{\"code\":14,\"libram\":\"Fraud\"}";
    private static final String NEW = "{\"code\":14,\"libram\":\"Sloth\"}";
    private static final String BEFORE = "69a1b2c3d4e5f607.1";
    private static final String NOW = "69a1b2c3d4e5f607.2";
    private static final String ELSEWHERE = "71a1b2c3d4e5f607.1";
    private static final long MINUTE = 60_000;

    @TempDir
    private static Path folder;

    private static TestRedis redis;

    private final KeySpace names = new KeySpace("test", 64);
    private final List<SyncCache> opened = new ArrayList<>();
    private final SettablePrimary primary = new SettablePrimary();
    private SyncCache cache;

    /** A primary that says what it is told to. */
    private static final class SettablePrimary implements XidSource {

        private final AtomicInteger asked = new AtomicInteger();
        private volatile String history = BEFORE;
        private volatile long next = 9_000;

        @Override
        public Floor nextXid() {
            return new Floor(next, history);
        }

        @Override
        public ReadPoint position() {
            asked.incrementAndGet();
            return point(history, next + ":" + next + ":");
        }

        /** From here on it is in a later history, whose xids are lower. */
        void restore() {
            history = NOW;
            next = 731;
        }
    }

    @BeforeAll
    static void startRedis() {
        redis = new TestRedis(folder);
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void readInTheHistoryBefore() {
        redis.client().getKeys().flushall();
        cache = open();
        assertThat(fill(cache, KEY, point(BEFORE, "9000:9000:"), OLD)).isEqualTo(FillResult.STORED);
        assertThat(cache.lookup(KEY, null)).isInstanceOf(Lookup.Hit.class);
        // It stands as far as a process that has just been started would find it.
        primary.asked.set(0);
    }

    @AfterEach
    void closeTheCaches() {
        opened.forEach(SyncCache::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {NOW, BEFORE})
    void anEntryOfAnEarlierEpochIsNotKeptThoughItSeemsToSeeTheChange(String history) {
        primary.restore();
        // A copy of the data that is put back without a recovery keeps the history's name.
        primary.history = history;
        cache.forget(TABLE);
        cache.release(lease(cache, OTHER));

        assertThat(cache.invalidate(List.of(fence(KEY, 735)))).containsExactly(Verdict.DROPPED);
        assertThat(fill(cache, KEY, point(history, "735:735:"), OLD))
                .as("the change is applied, but not yet visible")
                .isEqualTo(FillResult.FENCED);
        assertThat(fill(cache, KEY, point(history, "736:736:"), NEW)).isEqualTo(FillResult.STORED);
        assertThat(cache.invalidate(List.of(fence(KEY, 735)))).containsExactly(Verdict.KEPT);
    }

    @Test
    void anEntryIsNotKeptInAMemoryThatDoesNotKnowItsTable() {
        redis.client().getMap(names.bucket(KEY), StringCodec.INSTANCE).put(TABLE + ":identity", "another server's");
        assertThat(cache.invalidate(List.of(fence(KEY, 735)))).containsExactly(Verdict.DROPPED);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 17})
    void fencesOfAnEarlierHistoryDoNotHoldUpFills(int fences) {
        cache.invalidate(LongStream.range(9_000, 9_000 + fences)
                .mapToObj(xid -> fence(KEY, xid))
                .toList());
        primary.restore();
        cache.forget(TABLE);
        assertThat(fill(cache, KEY, point(NOW, "731:731:"), NEW)).isEqualTo(FillResult.STORED);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 17})
    void fencesOfAnEarlierHistoryDoNotMixWithThoseOfTheNext(int fences) {
        cache.invalidate(LongStream.range(9_000, 9_000 + fences)
                .mapToObj(xid -> fence(KEY, xid))
                .toList());
        primary.restore();
        cache.forget(TABLE);
        cache.release(lease(cache, OTHER));
        cache.invalidate(LongStream.range(735, 735 + fences)
                .mapToObj(xid -> fence(KEY, xid))
                .toList());
        assertThat(fill(cache, KEY, point(NOW, "735:735:"), OLD)).isEqualTo(FillResult.FENCED);
        long next = 735 + fences;
        assertThat(fill(cache, KEY, point(NOW, next + ":" + next + ":"), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void whatWasSeenOfAnotherHistorySettlesNoChange() {
        assertThat(cache.invalidate(List.of(fence(OTHER, 735)), point(NOW, "736:736:")))
                .containsExactly(Verdict.FENCED);
        assertThat(cache.invalidate(List.of(fence(OTHER, 735)), point(BEFORE, "736:736:")))
                .containsExactly(Verdict.SETTLED);
        redis.client().getMap(names.bucket(OTHER), StringCodec.INSTANCE).put(TABLE + ":identity", "another server's");
        assertThat(cache.invalidate(List.of(fence(OTHER, 735)), point(BEFORE, "736:736:")))
                .containsExactly(Verdict.FENCED);
    }

    @Test
    void aFenceWrittenJustBeforeTheTableIsForgottenIsCoveredByTheFloor() {
        cache.invalidate(List.of(fence(KEY, 9_000)));
        primary.next = 9_001;
        cache.forget(TABLE);
        assertThat(fill(cache, KEY, point(BEFORE, "9000:9000:"), OLD)).isEqualTo(FillResult.FLOOR);
        assertThat(fill(cache, KEY, point(BEFORE, "9001:9001:"), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void fencesOfAnEarlierVersionOfThisProjectCount() {
        redis.delete(names.entry(KEY));
        redis.client().getMap(names.fences(KEY), StringCodec.INSTANCE).put("fences", "9000@90000 9001@90010");
        assertThat(fill(cache, KEY, point(BEFORE, "9001:9001:"), OLD)).isEqualTo(FillResult.FENCED);
        redis.client().getMap(names.fences(KEY), StringCodec.INSTANCE).put("fences", "9001@90010");
        cache.invalidate(List.of(fence(KEY, 9_002)));
        assertThat(redis.hash(names.fences(KEY)).get("fences")).endsWith(" 9001@90010 9002@90020");
    }

    @Test
    void whatRedisForgotWhileThePrimaryWasRestoredHoldsNothingUp() {
        redis.client().getKeys().flushall();
        cache.invalidate(List.of(fence(KEY, 9_000)));
        primary.restore();
        assertThat(fill(cache, KEY, point(NOW, "731:731:"), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void aLoadFromBeforeIsNotStoredAfterTheTableWasForgotten() {
        Lease lease = lease(cache, OTHER);
        primary.restore();
        cache.forget(TABLE);
        assertThat(cache.fill(lease, point(BEFORE, "9000:9000:"), OLD, MINUTE)).isEqualTo(FillResult.FORGOTTEN);
    }

    @Test
    void aLoadFromTheNewHistoryMakesEntriesFromBeforeBeForgotten() {
        Lease lease = lease(cache, OTHER);
        primary.restore();
        assertThat(cache.fill(lease, point(NOW, "731:731:"), NEW, MINUTE)).isEqualTo(FillResult.HISTORY);
        await().until(() -> cache.lookup(KEY, null), Lookup.Leased.class::isInstance);
        assertThat(fill(cache, OTHER, point(NOW, "731:731:"), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void aLastLoadFromBeforeIsRefusedAndForgetsNothing() {
        primary.restore();
        cache.forget(TABLE);
        assertThat(fill(cache, KEY, point(NOW, "731:731:"), NEW)).isEqualTo(FillResult.STORED);
        assertThat(fill(cache, OTHER, point(BEFORE, "9000:9000:"), OLD)).isEqualTo(FillResult.HISTORY);
        await().until(() -> primary.asked.get() > 0);
        assertThat(cache.lookup(KEY, null)).isInstanceOf(Lookup.Hit.class);
    }

    @Test
    void anInstanceThatHasReadTheNewHistoryDoesNotAnswerFromTheOneBefore() {
        primary.restore();
        fill(cache, new CacheKey("public.others", "1"), point(NOW, "731:731:"), NEW);
        assertBypass(cache.lookup(KEY, null), Lookup.Reason.UNKNOWN);
        await().until(() -> cache.lookup(KEY, null), Lookup.Leased.class::isInstance);
    }

    @Test
    void anInstanceThatHasJustStartedAsksWhereThePrimaryStands() {
        primary.restore();
        SyncCache started = open();
        await().until(() -> started.lookup(KEY, null), Lookup.Leased.class::isInstance);
    }

    @Test
    void anInstanceThatOnlyHitsNoticesTheNewHistoryToo() {
        SyncCache attentive = new SyncCache(
                redis.settings(5_000),
                primary,
                0,
                new SimpleMeterRegistry(),
                new CacheSettings("test", 64, false, 3_000, 150, 600_000));
        opened.add(attentive);
        await().until(() -> attentive.lookup(KEY, null), Lookup.Hit.class::isInstance);
        primary.restore();
        await().until(() -> attentive.lookup(KEY, null), Lookup.Leased.class::isInstance);
    }

    @Test
    void anOwnWriteKeepsNoEntryOfAnEarlierHistory() {
        primary.restore();
        Fence own = new Fence(KEY, new WritePoint(NOW, 735, 7_350));
        assertThat(cache.reader().fence(own).join()).isTrue();
        assertThat(redis.text(names.entry(KEY))).isNull();
    }

    @Test
    void aTokenOfAnEarlierHistoryIsIgnored() {
        primary.restore();
        cache.forget(TABLE);
        fill(cache, KEY, point(NOW, "731:731:"), NEW);
        primary.asked.set(0);
        assertThat(cache.lookup(KEY, new WritePoint(BEFORE, 8_999, 89_990)))
                .as("its numbers are beyond those of the entry")
                .isInstanceOf(Lookup.Hit.class);
        assertThat(primary.asked).hasValue(0);
    }

    @Test
    void aTokenOfALaterHistoryIsNotHonouredByAnEntryWhoseNumbersAreHigher() {
        primary.restore();
        assertBypass(cache.lookup(KEY, new WritePoint(NOW, 735, 7_350)), Lookup.Reason.UNKNOWN);
        await().until(() -> cache.lookup(KEY, null), Lookup.Leased.class::isInstance);
    }

    @Test
    void aTokenOfAnotherSystemIsAskedAboutOnceAndIgnored() {
        WritePoint token = new WritePoint(ELSEWHERE, 20_000, 200_000);
        assertThat(cache.lookup(KEY, token)).isInstanceOf(Lookup.Hit.class);
        assertThat(cache.lookup(KEY, token)).isInstanceOf(Lookup.Hit.class);
        assertThat(cache.lookupAll(List.of(KEY), token)).allMatch(Lookup.Hit.class::isInstance);
        assertThat(primary.asked).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "9000-1-69a1b2c3d4e5f607.1",
                "1-90000-69a1b2c3d4e5f607.1",
                "1-9007199254740992-69a1b2c3d4e5f607.1",
                "9007199254740992-1-69a1b2c3d4e5f607.1",
                "9000-1",
                "1-90000",
                "1-1-69a1b2c3d4e5f607.3"
            })
    void aMadeUpTokenFromTheFutureIsRefused(String token) {
        WritePoint madeUp = WritePoint.parse(token);
        assertBypass(cache.lookup(KEY, madeUp), Lookup.Reason.NEVER_MADE);
        assertBypass(cache.lookupAll(List.of(KEY), madeUp).get(0), Lookup.Reason.NEVER_MADE);
        assertThat(cache.lookup(KEY, null)).isInstanceOf(Lookup.Hit.class);
    }

    @Test
    void aTokenWhoseXidWouldLieInTheFutureAfterAWraparoundIsSeen() {
        long wrap = 1L << 32;
        primary.next = wrap + 100;
        redis.delete(names.entry(KEY));
        fill(cache, KEY, point(BEFORE, (wrap + 100) + ":" + (wrap + 100) + ":"), NEW);
        assertThat(cache.lookup(KEY, new WritePoint(BEFORE, 200, 2_000))).isInstanceOf(Lookup.Hit.class);
    }

    @Test
    void aTokenOfAWriteThatTheEntryLacksIsAskedAboutOnlyUntilThePrimaryIsKnownToHaveComeSoFar() {
        primary.next = 9_500;
        WritePoint token = new WritePoint(BEFORE, 9_400, 94_000);
        assertBypass(cache.lookup(KEY, token), Lookup.Reason.UNSEEN);
        assertBypass(cache.lookup(KEY, token), Lookup.Reason.UNSEEN);
        assertThat(primary.asked).hasValue(1);
    }

    private SyncCache open() {
        SyncCache made = new SyncCache(
                redis.settings(5_000),
                primary,
                new SimpleMeterRegistry(),
                new CacheSettings("test", 64, false, 3_000, 150, 600_000));
        opened.add(made);
        return made;
    }

    private static Lease lease(SyncCache from, CacheKey key) {
        Lookup lookup = from.lookup(key, null);
        assertThat(lookup).isInstanceOf(Lookup.Leased.class);
        return ((Lookup.Leased) lookup).lease();
    }

    private static FillResult fill(SyncCache in, CacheKey key, ReadPoint point, String row) {
        return in.fill(lease(in, key), point, row, MINUTE);
    }

    /** As if every transaction wrote ten bytes, in the order of the xids. */
    private static Fence fence(CacheKey key, long xid) {
        return new Fence(key, new WritePoint(xid, xid * 10));
    }

    private static ReadPoint point(String history, String snapshot) {
        Snapshot parsed = Snapshot.parse(snapshot);
        return new ReadPoint(history, parsed, parsed.xmax() * 10);
    }

    private static void assertBypass(Lookup lookup, Lookup.Reason reason) {
        assertThat(lookup)
                .asInstanceOf(type(Lookup.Bypass.class))
                .extracting(Lookup.Bypass::reason)
                .isEqualTo(reason);
    }
}
