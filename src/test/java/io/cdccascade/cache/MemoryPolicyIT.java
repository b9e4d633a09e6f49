package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.api.RScript;
import org.redisson.client.RedisOutOfMemoryException;
import org.redisson.client.codec.StringCodec;

/** What a Redis whose memory is full does to changes that are applied before they are visible, under each policy. */
class MemoryPolicyIT {

    private static final String TABLE = "public.sinners";
    private static final String OLD = "{\"code\":14,\"libram\":\"Fraud\"}";
    private static final ReadPoint BEFORE_731 = new ReadPoint(Snapshot.parse("731:731:"), 7_310);
    private static final WritePoint CHANGE = new WritePoint(731, 7_310);
    private static final CacheKey CACHED = new CacheKey(TABLE, "cached");
    private static final long HOUR = 3_600_000;
    private static final int ENTRIES = 6_000;
    private static final int BATCH = 50;
    private static final int CHANGES = 200;
    /** Redis's clock of what was used when moves once a second. */
    private static final long LRU_TICK_MICROS = 1_100_000;

    /** Stores entries of 1 kB that live an hour, and reads each of them some times. */
    private static final String STORE = """
            for i = ARGV[1], ARGV[1] + ARGV[2] - 1 do
                local key = 'test:{0}:public.others:' .. i
                redis.call('SET', key, string.rep('x', 1000), 'PX', 3600000)
                for reads = 1, 10 do redis.call('GET', key) end
            end""";

    @TempDir
    private static Path folder;

    private static TestRedis redis;
    private static SyncCache cache;

    @BeforeAll
    static void start() {
        redis = new TestRedis(folder);
        cache = new SyncCache(redis, () -> 700, new SimpleMeterRegistry(), CacheSettings.defaults("test"));
    }

    @AfterAll
    static void stop() {
        cache.close();
        redis.close();
    }

    @BeforeEach
    void startWithEmptyRedis() {
        redis.configure("maxmemory", "0");
        redis.client().getKeys().flushall();
    }

    @ParameterizedTest
    @ValueSource(strings = {"volatile-lru", "allkeys-lru", "noeviction"})
    void noFenceIsLostSoNoRowIsStoredThatIsOlderThanAnAppliedChange(String policy) {
        assertThat(staleRowsOfAFullRedis(policy)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"volatile-ttl", "volatile-random", "allkeys-random", "volatile-lfu", "allkeys-lfu"})
    void fencesAreEvictedWhileTheirChangesAreInvisible(String policy) {
        assertThat(staleRowsOfAFullRedis(policy)).isPositive();
        assertThat(advice(policy))
                .singleElement()
                .asString()
                .contains(policy, "CONFIG SET maxmemory-policy volatile-lru");
    }

    @Test
    void aFullRedisThatEvictsNothingAndKnowsNoScriptYetAppliesChangesAndAnswersReaders() {
        redis.configure("maxmemory-policy", "noeviction");
        assertThat(fill(CACHED)).isEqualTo(FillResult.STORED);
        redis.command("FUNCTION FLUSH SYNC");
        redis.command("SCRIPT FLUSH SYNC");
        redis.configure("maxmemory", "1");

        assertThat(cache.lookup(CACHED, null)).isInstanceOf(Lookup.Hit.class);
        assertThat(cache.invalidate(List.of(new Fence(CACHED, CHANGE)))).containsExactly(Verdict.DROPPED);
        assertThat(fill(CACHED)).as("there is no room").isEqualTo(FillResult.UNREACHABLE);
        await().untilAsserted(() -> assertThat(redis.hash(new KeySpace("test", 64).fences(CACHED)))
                .as("others need not wait for it")
                .containsOnlyKeys("fences"));
        cache.forget(TABLE);
        assertThat(fill(CACHED)).isNotEqualTo(FillResult.STORED);
    }

    /** Fences changes that no reader sees yet, stores more entries than fit, and counts the old rows that are stored. */
    private static long staleRowsOfAFullRedis(String policy) {
        redis.configure("maxmemory-policy", policy);
        store(0, ENTRIES);
        assertThat(fill(CACHED)).isEqualTo(FillResult.STORED);
        redis.configure("maxmemory", String.valueOf(usedMemory()));
        long full = redis.now();
        await().until(() -> redis.now() > full + LRU_TICK_MICROS);

        assertThat(cache.invalidate(List.of(new Fence(CACHED, CHANGE)))).doesNotContain(Verdict.KEPT);
        assertThat(cache.lookup(CACHED, null)).isNotInstanceOf(Lookup.Hit.class);
        List<CacheKey> keys = IntStream.range(0, CHANGES)
                .mapToObj(code -> new CacheKey(TABLE, "" + code))
                .toList();
        cache.invalidate(keys.stream().map(key -> new Fence(key, CHANGE)).toList());
        for (int stored = 0; stored < ENTRIES / 2; stored += BATCH) {
            store(ENTRIES + stored, BATCH);
        }
        return keys.stream().filter(key -> fill(key) == FillResult.STORED).count();
    }

    /** What becomes of a row that was read before the change was visible. */
    private static FillResult fill(CacheKey key) {
        return cache.lookup(key, null) instanceof Lookup.Leased leased
                ? cache.fill(leased.lease(), BEFORE_731, OLD, HOUR)
                : FillResult.LOST;
    }

    private static void store(int first, int count) {
        try {
            redis.client()
                    .getScript(StringCodec.INSTANCE)
                    .eval(RScript.Mode.READ_WRITE, STORE, RScript.ReturnType.VALUE, List.of(), "" + first, "" + count);
        } catch (RedisOutOfMemoryException e) {
            assertThat(usedMemory()).as("Redis refuses what it has no room for").isPositive();
        }
    }

    private static long usedMemory() {
        return Long.parseLong(redis.info()
                .lines()
                .filter(line -> line.startsWith("used_memory:"))
                .findFirst()
                .orElseThrow()
                .substring("used_memory:".length()));
    }

    private static List<String> advice(String policy) {
        redis.configure("maxmemory-policy", policy);
        return ServerAdvice.of(redis.info(), redis.settings(100));
    }
}
