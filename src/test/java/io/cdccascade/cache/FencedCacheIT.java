package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.api.RMap;
import org.redisson.client.codec.StringCodec;

class FencedCacheIT {

    private static final String TABLE = "public.sinners";
    private static final CacheKey KEY = new CacheKey(TABLE, "14");
    private static final String OLD = "{\"code\":14,\"libram\":\"Fraud\"}";
    private static final String NEW = "{\"code\":14,\"libram\":\"Sloth\"}";
    private static final ReadPoint BEFORE_731 = point("731:731:");
    private static final ReadPoint WITH_731 = point("732:732:");
    private static final long MINUTE = 60_000;

    @TempDir
    private static Path folder;

    private static TestRedis redis;

    private final AtomicLong nextXid = new AtomicLong(700);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final KeySpace names = new KeySpace("test", 64);
    private final List<SyncCache> opened = new ArrayList<>();
    private SyncCache cache;

    @BeforeAll
    static void startRedis() {
        redis = new TestRedis(folder);
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void startWithARedisThatKnowsTheTable() {
        redis.client().getKeys().flushall();
        CacheInvalidator setUp = new CacheInvalidator(
                redis.connection(), new SimpleMeterRegistry(), new CacheSettings("test", 64, false, 3_000, 0, 600_000));
        setUp.setFloor(TABLE, setUp.renew(TABLE, "", false, History.UNKNOWN), new Floor(700, History.UNKNOWN));
        cache = cache(3_000);
    }

    @AfterEach
    void closeTheCaches() {
        opened.forEach(SyncCache::close);
    }

    private SyncCache open(TestRedis server, LongSupplier xids, SimpleMeterRegistry registry, CacheSettings settings) {
        return open(server.settings(5_000), xids, registry, settings);
    }

    private SyncCache open(
            RedisSettings server, LongSupplier xids, SimpleMeterRegistry registry, CacheSettings settings) {
        SyncCache made = new SyncCache(server, xids, registry, settings);
        opened.add(made);
        return made;
    }

    @Test
    void aFilledEntryIsServedUntilItsChangeArrives() {
        assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.STORED);
        assertThat(entry(KEY).row()).isEqualTo(OLD);
        assertThat(entry(KEY).readPoint()).isEqualTo(BEFORE_731);

        assertThat(cache.invalidate(List.of(fence(KEY, 731)))).containsExactly(Verdict.DROPPED);
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
        assertThat(entry(KEY).row()).isEqualTo(NEW);
    }

    @Test
    void whatIsAppliedAfterTheQuestionMakesNoAnswerYounger() {
        fill(KEY, BEFORE_731, OLD);
        long bound = TimeUnit.SECONDS.toNanos(30);
        cache.applied(new Freshness(System.nanoTime() - 2 * bound, null));

        CompletableFuture<Lookup> one = cache.reader().lookup(KEY, "", null, bound);
        CompletableFuture<List<Lookup>> several = cache.reader().lookupAll(List.of(KEY), "", null, bound);
        cache.applied(null);

        for (Lookup found : List.of(one.join(), several.join().get(0))) {
            assertThat(found)
                    .isInstanceOfSatisfying(
                            Lookup.Bypass.class,
                            bypass -> assertThat(bypass.reason()).isEqualTo(Lookup.Reason.STALE));
        }
        assertThat(cache.reader().lookup(KEY, "", null, bound).join()).isInstanceOf(Lookup.Hit.class);
    }

    @Test
    void aReaderWhoFindsEverythingTooOldWaitsForNobody() {
        Lease held = ((Lookup.Leased) cache.lookup(KEY, null)).lease();
        cache.applied(new Freshness(System.nanoTime() - MINUTE * 1_000_000, null));

        assertThat(cache.reader().lookup(KEY, "", null, 1).join()).isEqualTo(new Lookup.Bypass(Lookup.Reason.BUSY));
        cache.release(held);
    }

    @Test
    void aPersonWhoLooksUpTheKeySeesTheRow() {
        fill(KEY, BEFORE_731, OLD);
        assertThat(redis.text(names.entry(KEY)))
                .matches("[0-9]{16} [0-9]{13} 731:731: 7310 0 [A-Za-z0-9_-]{22}\n" + Pattern.quote(OLD));
    }

    @Test
    void everyEntryLivesItsTimeGiveOrTakeATenth() {
        List<Long> lives = IntStream.range(0, 50)
                .mapToObj(code -> new CacheKey(TABLE, "ttl" + code))
                .map(key -> {
                    fill(key, BEFORE_731, OLD);
                    return redis.client()
                            .getBucket(names.entry(key), StringCodec.INSTANCE)
                            .remainTimeToLive();
                })
                .toList();
        assertThat(lives)
                .allSatisfy(life -> assertThat(life).isBetween(MINUTE * 8 / 10, MINUTE * 11 / 10))
                .doesNotContain(-1L);
        assertThat(lives.stream().distinct().count()).isGreaterThan(10);
    }

    @Test
    void anEntryExpiresByRedissClock() {
        Lease lease = lease(KEY);
        cache.fill(lease, BEFORE_731, OLD, 20);
        await().untilAsserted(() -> assertThat(redis.text(names.entry(KEY))).isNull());
        lease(KEY);
    }

    @Test
    void anAbsentRowIsAnEntryLikeAnyOther() {
        assertThat(fill(KEY, BEFORE_731, null)).isEqualTo(FillResult.STORED);
        assertThat(entry(KEY).absent()).isTrue();
        assertThat(redis.text(names.entry(KEY))).doesNotContain("\n");

        assertThat(cache.invalidate(List.of(fence(KEY, 731)))).containsExactly(Verdict.DROPPED);
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
        assertThat(entry(KEY).row()).isEqualTo(NEW);
    }

    @Test
    void aRowReadBeforeTheChangeIsNotStoredAfterIt() {
        Lease lease = lease(KEY);
        cache.invalidate(List.of(fence(KEY, 731)));
        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void aRowReadUnderANewLeaseIsNotStoredWhileItsChangeIsAppliedButNotYetVisible() {
        cache.invalidate(List.of(fence(KEY, 731)));
        assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, point("731:735:731,733"), OLD)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, point("730:735:730,733"), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void anEventThatTheEntryAlreadySawCostsNoMiss() {
        fill(KEY, WITH_731, NEW);
        assertThat(cache.invalidate(List.of(fence(KEY, 731), fence(KEY, 4))))
                .containsExactly(Verdict.KEPT, Verdict.KEPT);
        assertThat(entry(KEY).row()).isEqualTo(NEW);
        assertThat(redis.hash(names.fences(KEY))).isEmpty();
    }

    @Test
    void aChangeThatIsOverLeavesNothingBehind() {
        fill(KEY, BEFORE_731, OLD);
        CacheKey cold = new CacheKey(TABLE, "15");

        assertThat(cache.invalidate(List.of(fence(KEY, 731), fence(cold, 731)), WITH_731))
                .containsExactly(Verdict.DROPPED, Verdict.SETTLED);

        assertThat(redis.hash(names.fences(KEY))).isEmpty();
        assertThat(redis.hash(names.fences(cold))).isEmpty();
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void aChangeThatIsNotOverIsFencedWhateverElseThePrimaryHasSeen() {
        ReadPoint seen = point("730:735:731,733");
        assertThat(cache.invalidate(List.of(fence(KEY, 731), fence(KEY, 732)), seen))
                .containsExactly(Verdict.FENCED, Verdict.SETTLED);
        assertThat(cache.invalidate(List.of(new Fence(KEY, new WritePoint(732, seen.lsn()))), seen))
                .as("an xid that a crash has given again")
                .containsExactly(Verdict.FENCED);
        assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void besideALeaseAFenceStaysAsLongAsTheLeaseThoughItsChangeIsOver() {
        Lease lease = lease(KEY);
        long life = redis.life(names.fences(KEY));

        assertThat(cache.invalidate(List.of(fence(KEY, 731)), WITH_731)).containsExactly(Verdict.FENCED);

        assertThat(redis.life(names.fences(KEY))).isPositive().isLessThanOrEqualTo(life);
        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void aFenceThatWasSetWhileItsChangeWasInvisibleIsRemovedOnceThatIsOver() {
        cache.invalidate(List.of(fence(KEY, 731), fence(KEY, 740)));

        assertThat(cache.invalidate(List.of(fence(KEY, 731)), WITH_731)).containsExactly(Verdict.SETTLED);

        assertThat(redis.hash(names.fences(KEY))).containsExactly(Map.entry("fences", epoch() + " 740@7400"));
        assertThat(cache.invalidate(List.of(fence(KEY, 740)), point("741:741:")))
                .containsExactly(Verdict.SETTLED);
        assertThat(redis.hash(names.fences(KEY))).isEmpty();
    }

    @Test
    void fencesTooManyToNameAreRemovedOnceAllAreOver() {
        cache.invalidate(LongStream.rangeClosed(801, 817)
                .mapToObj(xid -> fence(KEY, xid))
                .toList());

        assertThat(cache.invalidate(List.of(fence(KEY, 801)), point("817:818:817")))
                .containsExactly(Verdict.FENCED);
        assertThat(redis.hash(names.fences(KEY))).containsKey("upto");
        assertThat(cache.invalidate(List.of(fence(KEY, 801)), point("818:818:")))
                .containsExactly(Verdict.SETTLED);
        assertThat(redis.hash(names.fences(KEY))).isEmpty();
    }

    @Test
    void anXidGivenAgainAfterACrashIsNotTakenForTheOneThatWasSeen() {
        Fence again = new Fence(KEY, new WritePoint(731, 7_320));
        CacheKey loading = new CacheKey(TABLE, "15");
        fill(KEY, WITH_731, OLD);
        Lease slow = lease(loading);

        assertBypass(cache.lookup(KEY, again.change()), Lookup.Reason.UNSEEN);
        assertThat(cache.invalidate(List.of(again, new Fence(loading, again.change()))))
                .containsExactly(Verdict.DROPPED, Verdict.FENCED);
        assertThat(cache.fill(slow, WITH_731, OLD, MINUTE)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, new ReadPoint(Snapshot.parse("732:732:"), 7_321), NEW))
                .isEqualTo(FillResult.STORED);
    }

    @Test
    void ofTwoPositionsOfATransactionTheLaterCounts() {
        WritePoint early = new WritePoint(731, 7_310);
        WritePoint late = new WritePoint(731, 7_315);
        Snapshot snapshot = Snapshot.parse("732:732:");
        for (List<WritePoint> order : List.of(List.of(early, late), List.of(late, early))) {
            CacheKey key = new CacheKey(TABLE, order.toString());
            cache.invalidate(
                    order.stream().map(change -> new Fence(key, change)).toList());
            assertThat(redis.hash(names.fences(key))).containsExactly(Map.entry("fences", epoch() + " 731@7315"));
            assertThat(fill(key, new ReadPoint(snapshot, 7_315), OLD)).isEqualTo(FillResult.FENCED);
            assertThat(fill(key, new ReadPoint(snapshot, 7_316), NEW)).isEqualTo(FillResult.STORED);
        }
    }

    @Test
    void positionsNearTheEndOfWhatIsExactAreToldApart() {
        long end = 1L << 53;
        Snapshot snapshot = Snapshot.parse("732:732:");
        fill(KEY, new ReadPoint(snapshot, end - 1), OLD);
        assertThat(cache.invalidate(List.of(new Fence(KEY, new WritePoint(731, end - 2)))))
                .containsExactly(Verdict.KEPT);
        assertThat(cache.invalidate(List.of(new Fence(KEY, new WritePoint(731, end - 1)))))
                .containsExactly(Verdict.DROPPED);
        assertThat(redis.hash(names.fences(KEY))).containsEntry("fences", epoch() + " 731@" + (end - 1));
    }

    @Test
    void aFenceOutlivesTheFillThatItRefused() {
        cache.invalidate(List.of(fence(KEY, 731), fence(KEY, 740)));
        assertThat(fill(KEY, WITH_731, OLD)).isEqualTo(FillResult.FENCED);
        assertThat(redis.hash(names.fences(KEY))).containsExactly(Map.entry("fences", epoch() + " 740@7400"));
        assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void anOlderEventReplayedDoesNotReplaceANewerFence() {
        cache.invalidate(List.of(fence(KEY, 740), fence(KEY, 731)));
        assertThat(fill(KEY, WITH_731, OLD)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void aSecondReaderIsNotLeasedWhileTheFirstMayFill() {
        lease(KEY);
        assertBypass(other().lookup(KEY, null), Lookup.Reason.BUSY);
    }

    @Test
    void aFillCountsOnce() {
        Lease lease = lease(KEY);
        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.STORED);
        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.LOST);
        redis.delete(names.entry(KEY));
        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.LOST);
    }

    @Test
    void aLookupThatLandsTwiceMakesNoLeaseThatAnOldFillFits() {
        List<String> keys = List.of(names.entry(KEY), names.fences(KEY), names.bucket(KEY));
        List<String> arguments = List.of(TABLE, "token", "3000", "");
        cache.release(lease(KEY));
        String first = redis.connection()
                .run(Script.LOOKUP, keys, arguments)
                .toCompletableFuture()
                .join()
                .get(1);
        assertThat(redis.connection()
                        .run(Script.LOOKUP, keys, arguments)
                        .toCompletableFuture()
                        .join())
                .as("a retry at once")
                .containsExactly("leased", first, "");
        cache.release(new Lease(KEY, first));
        assertThat(redis.connection()
                        .run(Script.LOOKUP, keys, arguments)
                        .toCompletableFuture()
                        .join()
                        .get(0))
                .as("a duplicate that lands late")
                .isEqualTo("leased");
        assertThat(cache.fill(new Lease(KEY, first), BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.LOST);
    }

    @Test
    void anExpiredLeaseFillsNothingAndIsGivenToTheNext() {
        SyncCache hasty = cache(1);
        Lease late = ((Lookup.Leased) hasty.lookup(KEY, null)).lease();
        Lookup next = await().until(() -> cache.lookup(KEY, null), Lookup.Leased.class::isInstance);
        assertThat(cache.fill(late, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.LOST);
        assertThat(cache.fill(((Lookup.Leased) next).lease(), WITH_731, NEW, MINUTE))
                .isEqualTo(FillResult.STORED);
    }

    @Test
    void aLeaseThatExpiredUnclaimedFillsNothing() {
        SyncCache hasty = cache(1);
        cache.release(lease(KEY));
        cache.invalidate(List.of(fence(KEY, 5)));
        Lease late = ((Lookup.Leased) hasty.lookup(KEY, null)).lease();
        long until = Long.parseLong(redis.hash(names.fences(KEY)).get("lease_until"));
        await().until(() -> redis.now() > until);
        assertThat(cache.fill(late, WITH_731, NEW, MINUTE)).isEqualTo(FillResult.LOST);
    }

    @Test
    void aReleasedLeaseGoesToTheNextReaderAndLeavesTheFences() {
        Lease lease = lease(KEY);
        cache.invalidate(List.of(fence(KEY, 731)));
        cache.release(lease);
        assertThat(cache.fill(lease, WITH_731, NEW, MINUTE)).isEqualTo(FillResult.LOST);
        assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void aCallerWhoWroteIsNotAnsweredFromBeforeItsWrite() {
        fill(KEY, BEFORE_731, OLD);
        assertBypass(cache.lookup(KEY, fence(KEY, 731).change()), Lookup.Reason.UNSEEN);
        assertThat(((Lookup.Hit) cache.lookup(KEY, fence(KEY, 730).change()))
                        .entry()
                        .row())
                .isEqualTo(OLD);
        assertThat(entry(KEY).row()).as("others still hit").isEqualTo(OLD);
    }

    @Test
    void moreFencesThanCanBeNamedStandForAllUpToTheNewest() {
        cache.invalidate(LongStream.rangeClosed(801, 817)
                .mapToObj(xid -> fence(KEY, xid))
                .toList());
        assertThat(redis.hash(names.fences(KEY))).containsExactly(Map.entry("upto", epoch() + " 817@8170"));
        assertThat(fill(KEY, point("805:900:805"), OLD)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, point("817:900:817"), OLD)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, point("818:900:820"), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void theFencesThatStandForManyAskForAsMuchOfTheLogAsTheLastOfThem() {
        cache.invalidate(LongStream.rangeClosed(801, 817)
                .mapToObj(xid -> new Fence(KEY, new WritePoint(xid, 20_000 - xid)))
                .toList());
        assertThat(redis.hash(names.fences(KEY))).containsExactly(Map.entry("upto", epoch() + " 817@19199"));
        Snapshot all = Snapshot.parse("900:900:");
        assertThat(fill(KEY, new ReadPoint(all, 19_199), OLD)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, new ReadPoint(all, 19_200), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void theNewestOfManyFencesIsFoundAcrossTheWraparound() {
        long wrap = 1L << 32;
        cache.invalidate(LongStream.rangeClosed(wrap - 10, wrap + 6)
                .mapToObj(xid -> fence(KEY, xid))
                .toList());
        assertThat(redis.hash(names.fences(KEY))).containsEntry("upto", epoch() + " 6@" + (wrap + 6) * 10);
        nextXid.set(wrap - 100);
        assertThat(fill(KEY, point(wrap + 6 + ":" + (wrap + 6) + ":"), OLD)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, point(wrap + 7 + ":" + (wrap + 7) + ":"), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void fencesThatComeAfterTheOverflowStillCount() {
        cache.invalidate(LongStream.rangeClosed(801, 817)
                .mapToObj(xid -> fence(KEY, xid))
                .toList());
        cache.invalidate(List.of(fence(KEY, 830)));
        assertThat(fill(KEY, point("820:820:"), OLD)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, point("831:831:"), NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void aForgottenTableHasNoEntriesAndItsLeasesFillNothing() {
        CacheKey elsewhere = new CacheKey("public.others", "14");
        CacheKey leasedBefore = new CacheKey(TABLE, "15");
        fill(KEY, BEFORE_731, OLD);
        fill(elsewhere, BEFORE_731, OLD);
        Lease lease = lease(leasedBefore);

        nextXid.set(732);
        cache.forget(TABLE);

        assertThat(cache.fill(lease, point("900:900:"), OLD, MINUTE)).isEqualTo(FillResult.FORGOTTEN);
        assertThat(fill(KEY, BEFORE_731, OLD))
                .as("the TRUNCATE may not be visible yet")
                .isEqualTo(FillResult.FLOOR);
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
        assertThat(entry(elsewhere).row()).as("other tables stay").isEqualTo(OLD);
    }

    @Test
    void aRedisThatForgotEverythingIsFilledOnlyByReadersWhoSeeAllThatWasFenced() {
        fill(KEY, BEFORE_731, OLD);
        Lease lease = lease(new CacheKey(TABLE, "15"));
        cache.invalidate(List.of(fence(KEY, 731)));

        redis.client().getKeys().flushall();
        nextXid.set(732);

        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.LOST);
        assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.FLOOR);
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void theFloorIsForgottenWithTheFencesItStandsFor() {
        redis.client().getKeys().flushall();
        CacheSettings brief = new CacheSettings("test", 64, false, 1, 0, 1);
        nextXid.set(Long.MAX_VALUE >> 10);
        SyncCache forgetful = open(redis, nextXid::get, meters, brief);
        forgetful.lookup(KEY, null);
        await().until(() -> fill(KEY, BEFORE_731, OLD), FillResult.STORED::equals);
    }

    @Test
    void anEvictedEntryIsAMiss() {
        fill(KEY, BEFORE_731, OLD);
        redis.delete(names.entry(KEY));
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void anEvictedFenceTakesTheLeaseWithIt() {
        Lease lease = lease(KEY);
        cache.invalidate(List.of(fence(KEY, 731)));
        redis.delete(names.fences(KEY));
        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.LOST);
    }

    @Test
    void anEvictedBucketIsATableThatWasForgotten() {
        fill(KEY, BEFORE_731, OLD);
        redis.delete(names.bucket(KEY));
        nextXid.set(732);
        assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.FLOOR);
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void aFloorReadForALostMemoryIsNotSetInTheNextOne() {
        redis.client().getKeys().flushall();
        SyncCache interrupted = open(
                redis,
                () -> {
                    redis.client().getKeys().flushall();
                    return 700;
                },
                meters,
                CacheSettings.defaults("test"));
        assertBypass(interrupted.lookup(KEY, null), Lookup.Reason.UNKNOWN);
        assertThat(redis.hash(names.bucket(KEY))).isEmpty();
    }

    @Test
    void withoutThePrimaryAnUnknownTableIsReadWithoutCache() {
        redis.client().getKeys().flushall();
        SyncCache blind = open(
                redis,
                () -> {
                    throw new IllegalStateException("the primary cannot be reached");
                },
                meters,
                CacheSettings.defaults("test"));
        assertBypass(blind.lookup(KEY, null), Lookup.Reason.UNKNOWN);
        assertThat(fill(KEY, BEFORE_731, OLD))
                .as("another instance can still ask")
                .isEqualTo(FillResult.STORED);
        assertThat(((Lookup.Hit) blind.lookup(KEY, null)).entry().row()).isEqualTo(OLD);
    }

    @Test
    void lostScriptsAreLoadedAgain() {
        fill(KEY, BEFORE_731, OLD);
        redis.client().getScript().scriptFlush();
        assertThat(entry(KEY).row()).isEqualTo(OLD);
        redis.client().getScript().scriptFlush();
        assertThat(cache.invalidate(List.of(fence(KEY, 731)))).containsExactly(Verdict.DROPPED);
    }

    @Test
    void aRedisRestartedFromAnOldDumpDoesNotServeWhatItRemembers() {
        fill(KEY, BEFORE_731, OLD);
        redis.stop();
        redis.keepDump();
        redis.start();
        nextXid.set(720);
        awaitConnection();
        fill(KEY, BEFORE_731, OLD);
        cache.invalidate(List.of(fence(KEY, 731)));
        redis.stop();
        redis.restoreDump();
        redis.start();
        nextXid.set(732);
        awaitConnection();

        assertThat(redis.text(names.entry(KEY))).as("the dump has the entry").endsWith(OLD);
        assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.FLOOR);
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void aReplicaIsNotAskedForWhatOnlyThePrimaryRedisKnows(@TempDir Path elsewhere) {
        fill(KEY, BEFORE_731, OLD);
        try (TestRedis replica = new TestRedis(elsewhere)) {
            SyncCache misled = open(replica, nextXid::get, meters, CacheSettings.defaults("test"));
            assertThat(misled.lookup(KEY, null)).isInstanceOf(Lookup.Leased.class);
            replica.follow(redis);
            assertBypass(misled.lookup(KEY, null), Lookup.Reason.UNREACHABLE);
        }
    }

    @Test
    void aFullRedisStillInvalidates() {
        fill(KEY, BEFORE_731, OLD);
        redis.configure("maxmemory", "1");
        try {
            assertThat(cache.invalidate(List.of(fence(KEY, 731)))).containsExactly(Verdict.DROPPED);
            assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.UNREACHABLE);
        } finally {
            redis.configure("maxmemory", "0");
        }
    }

    @Test
    void aRedisThatCannotBeReachedIsReadPastAndUsedAgainWhenItCan() {
        try (SyncCache reader = open(redis.settings(80), nextXid::get, meters, CacheSettings.defaults("test"))) {
            redis.stop();
            assertBypass(reader.lookup(KEY, null), Lookup.Reason.UNREACHABLE);
            redis.start();
            Lookup leased = await().until(() -> reader.lookup(KEY, null), Lookup.Leased.class::isInstance);
            reader.release(((Lookup.Leased) leased).lease());
            redis.stop();
            assertBypass(reader.lookup(KEY, null), Lookup.Reason.UNREACHABLE);
            redis.start();
            await().ignoreExceptions().until(() -> fill(KEY, BEFORE_731, OLD), FillResult.STORED::equals);
            await().until(() -> reader.lookup(KEY, null), Lookup.Hit.class::isInstance);
        }
    }

    @Test
    void aRedisThatHangsIsNotWaitedForByReadersButByInvalidations() {
        try (SyncCache reader = open(redis.settings(80), nextXid::get, meters, CacheSettings.defaults("test"))) {
            fill(KEY, BEFORE_731, OLD);
            await().until(() -> reader.lookup(KEY, null), Lookup.Hit.class::isInstance);
            redis.hang(2_000);
            assertBypass(reader.lookup(KEY, null), Lookup.Reason.UNREACHABLE);
            assertThat(cache.invalidate(List.of(fence(KEY, 731)))).containsExactly(Verdict.DROPPED);
        }
    }

    @Test
    void aLeaseThatArrivesAfterItsReaderHasGivenUpIsGivenBack() {
        try (SyncCache reader = open(redis.settings(80), nextXid::get, meters, CacheSettings.defaults("test"))) {
            CacheKey cold = new CacheKey(TABLE, "cold");
            reader.release(
                    ((Lookup.Leased) await().until(() -> reader.lookup(cold, null), Lookup.Leased.class::isInstance))
                            .lease());
            redis.hang(500);
            assertBypass(reader.lookup(cold, null), Lookup.Reason.UNREACHABLE);
            await().untilAsserted(
                            () -> assertThat(redis.hash(names.fences(cold))).isEmpty());
            assertThat(other().lookup(cold, null)).isInstanceOf(Lookup.Leased.class);
        }
    }

    @Test
    void aUserWhoMayNotCallFunctionsCallsScripts() {
        redis.command("ACL SETUSER default -fcall -function");
        try (SyncCache reader = open(redis.settings(5_000), nextXid::get, meters, CacheSettings.defaults("test"))) {
            assertThat(fill(KEY, BEFORE_731, OLD)).isEqualTo(FillResult.STORED);
            assertThat(((Lookup.Hit) reader.lookup(KEY, null)).entry().row()).isEqualTo(OLD);
            assertRenewed(renewing(1_000), List.of(new CacheKey(TABLE, "slow")));
        } finally {
            redis.command("ACL SETUSER default +@all");
        }
    }

    @Test
    void aFunctionLibraryThatIsGoneIsLoadedAgain() {
        fill(KEY, BEFORE_731, OLD);
        redis.command("FUNCTION FLUSH SYNC");
        assertThat(entry(KEY).row()).isEqualTo(OLD);
    }

    @Test
    void severalKeysAreAskedForInOneCallAndAnsweredInOrder() {
        List<CacheKey> keys = IntStream.range(0, 250)
                .mapToObj(code -> new CacheKey(TABLE, "several" + code))
                .toList();
        lease(KEY);
        fill(keys.get(0), BEFORE_731, OLD);
        fill(keys.get(120), BEFORE_731, null);
        Lease held = lease(keys.get(249));

        List<Lookup> found = cache.lookupAll(keys, null);

        assertThat(found).hasSize(250);
        assertThat(((Lookup.Hit) found.get(0)).entry().row()).isEqualTo(OLD);
        assertThat(((Lookup.Hit) found.get(120)).entry().absent()).isTrue();
        assertBypass(found.get(249), Lookup.Reason.BUSY);
        assertThat(found.stream().filter(Lookup.Leased.class::isInstance)).hasSize(247);
        assertBypass(
                cache.lookupAll(List.of(keys.get(0)), fence(KEY, 731).change()).get(0), Lookup.Reason.UNSEEN);
        cache.release(held);
    }

    @Test
    void anEntryThatIsLoadedAgainIsAnsweredUntilItIsReplaced() {
        fill(KEY, BEFORE_731, OLD);
        CacheKey cold = new CacheKey(TABLE, "cold");

        Map<CacheKey, Lease> leases =
                cache.reader().refresh(List.of(KEY, cold), "").join();

        assertThat(leases).containsOnlyKeys(KEY);
        assertThat(cache.reader().refresh(List.of(KEY), "").join())
                .as("one at a time")
                .isEmpty();
        assertThat(entry(KEY).row()).isEqualTo(OLD);
        assertThat(cache.fill(leases.get(KEY), WITH_731, NEW, MINUTE)).isEqualTo(FillResult.STORED);
        assertThat(entry(KEY).row()).isEqualTo(NEW);
        assertThat(cache.invalidate(List.of(fence(KEY, 731)))).containsExactly(Verdict.KEPT);
    }

    @Test
    void aChangeEndsTheEntryThatIsLoadedAgainAndWhatItsLoadDidNotSee() {
        fill(KEY, BEFORE_731, OLD);
        Lease lease = cache.reader().refresh(List.of(KEY), "").join().get(KEY);

        assertThat(cache.invalidate(List.of(fence(KEY, 731)))).containsExactly(Verdict.DROPPED);

        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.FENCED);
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
    }

    @Test
    void anEntryOfAnEarlierVersionOfThisProjectIsAMiss() {
        cache.release(lease(KEY));
        redis.client().getMap(names.entry(KEY), StringCodec.INSTANCE).put("row", OLD);
        assertThat(cache.invalidate(List.of(fence(KEY, 700)))).containsExactly(Verdict.FENCED);
        assertThat(fill(KEY, WITH_731, NEW)).isEqualTo(FillResult.STORED);
        assertThat(entry(KEY).row()).isEqualTo(NEW);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                "\"quoted\" 'text'",
                "back\\slash",
                "😈 sinner",
                "14:fence",
                "{17}",
                "{}",
                "}{",
                "%3A",
                "tab\tnewline\n",
                "null"
            })
    void anyTextIsAKey(String text) {
        CacheKey key = new CacheKey(TABLE, text);
        String row = "{\"name\":\"" + text + "\"}";
        assertThat(fill(key, BEFORE_731, row)).isEqualTo(FillResult.STORED);
        assertThat(entry(key).row()).isEqualTo(row);
        assertThat(cache.invalidate(List.of(fence(key, 731)))).containsExactly(Verdict.DROPPED);
        assertThat(fill(key, BEFORE_731, row)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void manyFencesAreAppliedInOneCallAndAnsweredInOrder() {
        List<Fence> fences = IntStream.range(0, 2_500)
                .mapToObj(code -> fence(new CacheKey(TABLE, "many" + code), 731))
                .toList();
        fill(fences.get(0).key(), BEFORE_731, OLD);
        fill(fences.get(1_200).key(), WITH_731, NEW);
        fill(fences.get(2_499).key(), BEFORE_731, OLD);
        List<Verdict> verdicts = cache.invalidate(fences);
        assertThat(verdicts).hasSize(2_500);
        assertThat(verdicts.get(0)).isEqualTo(Verdict.DROPPED);
        assertThat(verdicts.get(1_200)).isEqualTo(Verdict.KEPT);
        assertThat(verdicts.get(2_499)).isEqualTo(Verdict.DROPPED);
        assertThat(verdicts.stream().filter(Verdict.FENCED::equals)).hasSize(2_497);
        assertThat(cache.invalidate(List.of())).isEmpty();
    }

    @Test
    void aServerThatIsNoClusterIsNamedWithWhatToDo() {
        RedisSettings server = redis.settings(80);
        RedisSettings mistaken = new RedisSettings(server.host(), server.port(), server.password(), true, 80, 5_000);
        EventLoopGroup loop = new NioEventLoopGroup(1);
        try (LettuceClient client = new LettuceClient(loop.next(), mistaken)) {
            assertThat(client.connect().toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableThat()
                    .satisfies(failure -> assertThat(ServerAdvice.ofFailure(failure, mistaken))
                            .singleElement()
                            .asString()
                            .contains("cascade.redis.cluster=false"));
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    @Test
    void aClusterIsCalledOneBucketAtATimeWithTheSameResult() {
        SyncCache clustered = open(redis, nextXid::get, meters, new CacheSettings("test", 64, true, 3_000, 0, 600_000));
        Lease lease = ((Lookup.Leased) clustered.lookup(KEY, null)).lease();
        assertThat(clustered.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.STORED);
        CacheKey cold = new CacheKey(TABLE, "99");
        assertThat(clustered.invalidate(List.of(fence(cold, 731), fence(KEY, 731), fence(cold, 732))))
                .containsExactly(Verdict.FENCED, Verdict.DROPPED, Verdict.FENCED);
        clustered.forget(TABLE);
        assertThat(clustered.lookup(KEY, null)).isInstanceOf(Lookup.Leased.class);
        assertRenewed(
                open(redis, nextXid::get, meters, new CacheSettings("test", 64, true, 1_000, MINUTE, 0, 600_000)),
                IntStream.range(0, 30)
                        .mapToObj(code -> new CacheKey(TABLE, "slow" + code))
                        .toList());
    }

    private void assertRenewed(SyncCache holder, List<CacheKey> keys) {
        List<Lease> leases = holder.lookupAll(keys, null).stream()
                .map(found -> ((Lookup.Leased) found).lease())
                .toList();
        List<Long> until = keys.stream().map(this::leaseUntil).toList();
        Renewal renewal = holder.reader().renew(leases);
        for (int i = 0; i < keys.size(); i++) {
            int at = i;
            await().until(() -> leaseUntil(keys.get(at)) > until.get(at));
        }
        renewal.stop();
    }

    @Test
    void aReaderOfAnotherInstanceWaitsForTheFill() {
        Lease lease = lease(KEY);
        SyncCache patient =
                open(redis, nextXid::get, meters, new CacheSettings("test", 64, false, 60_000, 60_000, 600_000));
        CompletableFuture<Lookup> waiting = CompletableFuture.supplyAsync(() -> patient.lookup(KEY, null));
        cache.fill(lease, BEFORE_731, OLD, MINUTE);
        await().untilAsserted(() -> assertThat(waiting).isCompletedWithValueMatching(Lookup.Hit.class::isInstance));
    }

    @Test
    void aLeaseIsRenewedWhileItsHolderLoadsAndAHerdOverTwoInstancesWaitsForIt() {
        SyncCache holder = renewing(2_000);
        SyncCache elsewhere = renewing(2_000);
        Lease lease = ((Lookup.Leased) holder.lookup(KEY, null)).lease();
        Renewal renewal = holder.reader().renew(List.of(lease));
        long expiry = leaseUntil(KEY);
        List<CompletableFuture<Lookup>> herd = IntStream.range(0, 40)
                .mapToObj(i -> (i % 2 == 0 ? holder : elsewhere).reader().lookup(KEY, "", null, Freshness.UNBOUNDED))
                .toList();

        await().until(() -> redis.now() > expiry + 1_000_000);
        assertThat(herd).noneMatch(CompletableFuture::isDone);
        renewal.stop();
        assertThat(holder.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.STORED);

        await().untilAsserted(() -> assertThat(herd)
                .allSatisfy(reader -> assertThat(reader).isCompletedWithValueMatching(Lookup.Hit.class::isInstance)));
    }

    @Test
    void theLeaseOfAHolderThatDiesWhileItLoadsGoesToAReaderThatWaits() {
        SyncCache holder = renewing(1_000);
        Renewal renewal = holder.reader().renew(List.of(((Lookup.Leased) holder.lookup(KEY, null)).lease()));
        long expiry = leaseUntil(KEY);
        CompletableFuture<Lookup> waiting = renewing(1_000).reader().lookup(KEY, "", null, Freshness.UNBOUNDED);
        await().until(() -> leaseUntil(KEY) > expiry);
        assertThat(waiting).isNotDone();

        holder.close();
        await().untilAsserted(() -> assertThat(waiting).isCompletedWithValueMatching(Lookup.Leased.class::isInstance));
        renewal.stop();
    }

    @Test
    void aRenewedLeaseFillsNothingThatAFenceForbids() {
        SyncCache holder = renewing(1_000);
        Lease lease = ((Lookup.Leased) holder.lookup(KEY, null)).lease();
        Renewal renewal = holder.reader().renew(List.of(lease));
        long expiry = leaseUntil(KEY);
        await().until(() -> redis.now() > expiry);
        cache.invalidate(List.of(fence(KEY, 731)));
        renewal.stop();
        assertThat(holder.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void aReaderWaitsForALeaseAndForTheNextButNotForOneAfterTheOther() {
        lease(KEY);
        SyncCache patient =
                open(redis, nextXid::get, meters, new CacheSettings("test", 64, false, 100, 60_000, 60_000, 600_000));
        CompletableFuture<Lookup> waiting = patient.reader().lookup(KEY, "", null, Freshness.UNBOUNDED);
        long start = redis.now();
        await().until(() -> redis.now() > start + 300_000);
        assertThat(waiting).isNotDone();
        redis.client()
                .<String, String>getMap(names.fences(KEY), StringCodec.INSTANCE)
                .put("lease", "somebody else's");
        await().untilAsserted(() -> assertThat(waiting).isCompletedWithValue(new Lookup.Bypass(Lookup.Reason.BUSY)));
    }

    @Test
    void onlyALeaseInForceIsRenewed() {
        Lease lease = lease(KEY);
        long until = leaseUntil(KEY);
        assertThat(renew(lease, MINUTE)).isEqualTo("renewed");
        assertThat(leaseUntil(KEY)).isGreaterThan(until);

        RMap<String, String> held = redis.client().getMap(names.fences(KEY), StringCodec.INSTANCE);
        held.put("lease_until", "1");
        assertThat(renew(lease, MINUTE)).as("expired").isEqualTo("lost");
        Lease next = lease(KEY);
        long nextUntil = leaseUntil(KEY);
        assertThat(renew(lease, MINUTE)).as("taken by another").isEqualTo("lost");
        assertThat(leaseUntil(KEY)).isEqualTo(nextUntil);

        cache.invalidate(List.of(fence(KEY, 731)));
        redis.delete(names.fences(KEY));
        assertThat(renew(next, MINUTE)).as("evicted").isEqualTo("lost");
        assertThat(redis.hash(names.fences(KEY))).isEmpty();

        Lease used = lease(KEY);
        cache.fill(used, WITH_731, NEW, MINUTE);
        assertThat(renew(used, MINUTE)).as("used up").isEqualTo("lost");
        redis.delete(names.entry(KEY));
        Lease released = lease(KEY);
        cache.release(released);
        assertThat(renew(released, MINUTE)).as("released").isEqualTo("lost");
        Lease forgotten = lease(KEY);
        cache.forget(TABLE);
        assertThat(renew(forgotten, MINUTE)).isEqualTo("forgotten");
    }

    @Test
    void aLeaseIsRenewedUntilItIsAsOldAsItMayBecome() {
        Lease lease = lease(KEY);
        long until = leaseUntil(KEY);
        long takenAt = Long.parseLong(redis.hash(names.fences(KEY)).get("lease_at")) * 1_000;
        await().until(() -> redis.now() > until - 2_900_000);
        assertThat(renew(lease, 3_050)).isEqualTo("renewed");
        assertThat(leaseUntil(KEY)).isEqualTo(takenAt + 3_050_000);
        assertThat(renew(lease, 10)).isEqualTo("renewed");
        assertThat(leaseUntil(KEY)).as("never shorter").isEqualTo(takenAt + 3_050_000);
    }

    @Test
    void fencesLiveAsLongAsTheRenewedLeaseBesideThem() {
        Lease lease = lease(KEY);
        cache.invalidate(List.of(fence(KEY, 731)));
        RMap<String, String> held = redis.client().getMap(names.fences(KEY), StringCodec.INSTANCE);
        held.expire(Duration.ofMillis(1_500));
        assertThat(renew(lease, MINUTE)).isEqualTo("renewed");
        assertThat(held.remainTimeToLive()).isGreaterThan(1_500);
        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.FENCED);
    }

    @Test
    void aFloorThatHasEndedCountsForALeaseThatWasTakenBefore() {
        redis.client().getKeys().flushall();
        nextXid.set(732);
        Lease lease = lease(KEY);
        long takenAt = Long.parseLong(redis.hash(names.fences(KEY)).get("lease_at")) * 1_000;
        redis.client()
                .<String, String>getMap(names.bucket(KEY), StringCodec.INSTANCE)
                .put(TABLE + ":floor_until", String.valueOf(takenAt + 1));
        await().until(() -> redis.now() > takenAt + 2_000);

        assertThat(cache.fill(lease, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.FLOOR);
        assertThat(fill(KEY, BEFORE_731, OLD)).as("it counts for no later one").isEqualTo(FillResult.STORED);
    }

    @Test
    void whatHappensIsCounted() {
        fill(KEY, BEFORE_731, OLD);
        entry(KEY);
        cache.invalidate(List.of(fence(KEY, 731)));
        fill(KEY, BEFORE_731, OLD);
        assertThat(count("lookups", "hit")).isEqualTo(1);
        assertThat(count("lookups", "leased")).isEqualTo(2);
        assertThat(count("fills", "stored")).isEqualTo(1);
        assertThat(count("fills", "fenced")).isEqualTo(1);
        assertThat(count("invalidations", "dropped")).isEqualTo(1);
    }

    private double count(String what, String result) {
        return meters.get("cascade.cache." + what)
                .tags("table", TABLE, "result", result)
                .counter()
                .count();
    }

    private String renew(Lease lease, long renewMillis) {
        return redis.connection()
                .run(
                        Script.RENEW,
                        List.of(names.fences(lease.key()), names.bucket(lease.key())),
                        List.of(TABLE, "3000", String.valueOf(renewMillis), lease.id()))
                .toCompletableFuture()
                .join()
                .get(0);
    }

    /** In microseconds of Redis's clock; 0 where there is no lease. */
    private long leaseUntil(CacheKey key) {
        return Long.parseLong(redis.hash(names.fences(key)).getOrDefault("lease_until", "0"));
    }

    /** An instance that renews its leases and waits for others'. */
    private SyncCache renewing(long leaseMillis) {
        return open(
                redis,
                nextXid::get,
                meters,
                new CacheSettings("test", 64, false, leaseMillis, MINUTE, MINUTE, 600_000));
    }

    private SyncCache cache(long leaseMillis) {
        return open(redis, nextXid::get, meters, new CacheSettings("test", 64, false, leaseMillis, 150, 600_000));
    }

    /** Another instance, which does not wait. */
    private SyncCache other() {
        return open(redis, nextXid::get, meters, new CacheSettings("test", 64, false, 3_000, 0, 600_000));
    }

    private void awaitConnection() {
        CacheKey any = new CacheKey("public.others", "any");
        await().until(
                        () -> cache.lookup(any, null),
                        found -> !found.equals(new Lookup.Bypass(Lookup.Reason.UNREACHABLE)));
    }

    private Lease lease(CacheKey key) {
        Lookup lookup = cache.lookup(key, null);
        assertThat(lookup).isInstanceOf(Lookup.Leased.class);
        return ((Lookup.Leased) lookup).lease();
    }

    private FillResult fill(CacheKey key, ReadPoint point, String row) {
        return cache.fill(lease(key), point, row, MINUTE);
    }

    private Entry entry(CacheKey key) {
        Lookup lookup = cache.lookup(key, null);
        assertThat(lookup).isInstanceOf(Lookup.Hit.class);
        return ((Lookup.Hit) lookup).entry();
    }

    private String epoch() {
        return redis.hash(names.bucket(KEY)).get(TABLE + ":epoch");
    }

    /** As if every transaction wrote ten bytes, in the order of the xids. */
    private static Fence fence(CacheKey key, long xid) {
        return new Fence(key, new WritePoint(xid, xid * 10));
    }

    private static ReadPoint point(String snapshot) {
        Snapshot parsed = Snapshot.parse(snapshot);
        return new ReadPoint(parsed, parsed.xmax() * 10);
    }

    private static void assertBypass(Lookup lookup, Lookup.Reason reason) {
        assertThat(lookup)
                .asInstanceOf(type(Lookup.Bypass.class))
                .extracting(Lookup.Bypass::reason)
                .isEqualTo(reason);
    }
}
