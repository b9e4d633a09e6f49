package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.redisson.client.RedisException;

/** Two Redis servers that take turns as master and replica, each with a cache of its own that asks it alone. */
class FailoverIT {

    private static final String TABLE = "public.sinners";
    private static final CacheKey KEY = new CacheKey(TABLE, "14");
    private static final CacheKey SLOW = new CacheKey(TABLE, "15");
    private static final String OLD = "{\"code\":14,\"libram\":\"Fraud\"}";
    private static final String NEW = "{\"code\":14,\"libram\":\"Sloth\"}";
    private static final ReadPoint BEFORE_731 = new ReadPoint(Snapshot.parse("731:731:"), 7_310);
    private static final ReadPoint WITH_731 = new ReadPoint(Snapshot.parse("732:732:"), 7_320);
    private static final WritePoint CHANGE = new WritePoint(731, 7_310);
    private static final long MINUTE = 60_000;
    /** For how long a function library trusts what it knows of its server. */
    private static final long TRUSTED_MICROS = 1_000;

    /** How the readers call Redis. */
    enum Calls {
        FUNCTIONS("+@all"),
        SCRIPTS("-fcall -function");

        private final String rights;

        Calls(String rights) {
            this.rights = rights;
        }
    }

    /** A server and its cache. */
    private record Side(TestRedis redis, SyncCache cache) implements AutoCloseable {

        FillResult fill(ReadPoint point, String row) {
            // A busy machine takes its time to make a table known.
            Lookup leased = await().until(this::lookup, Lookup.Leased.class::isInstance);
            return cache.fill(((Lookup.Leased) leased).lease(), point, row, MINUTE);
        }

        Lookup lookup() {
            return cache.lookup(KEY, null);
        }

        @Override
        public void close() {
            cache.close();
            redis.close();
        }
    }

    @TempDir
    private Path folder;

    private final AtomicLong nextXid = new AtomicLong(700);
    private Side a;
    private Side b;

    @BeforeEach
    void start() {
        a = side("a");
        b = side("b");
    }

    private Side side(String name) {
        Path own = folder.resolve(name);
        assertThat(own.toFile().mkdir()).isTrue();
        TestRedis redis = new TestRedis(own);
        return new Side(
                redis, new SyncCache(redis, nextXid::get, new SimpleMeterRegistry(), CacheSettings.defaults("test")));
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
    }

    private void use(Calls calls) {
        a.redis.command("ACL SETUSER default " + calls.rights);
        b.redis.command("ACL SETUSER default " + calls.rights);
    }

    @ParameterizedTest
    @EnumSource(Calls.class)
    void aServerThatReturnsWithoutTheLastWritesOfTheOtherServesNothingOfItsMemory(Calls calls) {
        use(calls);
        assertThat(a.fill(BEFORE_731, OLD)).isEqualTo(FillResult.STORED);
        b.redis.follow(a.redis);
        awaitCopy(b);
        Lease slow = ((Lookup.Leased) a.cache.lookup(SLOW, null)).lease();

        a.redis.demote();
        b.redis.promote();
        nextXid.set(732);
        assertThat(b.cache.invalidate(List.of(new Fence(KEY, CHANGE), new Fence(SLOW, CHANGE))))
                .containsExactly(Verdict.DROPPED, Verdict.FENCED);
        a.redis.promote();

        assertThat(a.redis.text(new KeySpace("test", 64).entry(KEY)))
                .as("its memory")
                .endsWith(OLD);
        assertThat(a.fill(BEFORE_731, OLD)).isEqualTo(FillResult.FLOOR);
        assertThat(a.cache.fill(slow, BEFORE_731, OLD, MINUTE)).isEqualTo(FillResult.FORGOTTEN);
        assertThat(a.fill(WITH_731, NEW)).isEqualTo(FillResult.STORED);
    }

    @ParameterizedTest
    @EnumSource(Calls.class)
    void everyPromotionIsNoticedHoweverSoonAfterTheLast(Calls calls) {
        use(calls);
        for (int turn = 0; turn < 5; turn++) {
            assertThat(a.fill(BEFORE_731, OLD)).isEqualTo(FillResult.STORED);
            assertThat(a.lookup()).isInstanceOf(Lookup.Hit.class);
            long asked = a.redis.now();
            a.redis.demote();
            a.redis.promote();
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> a.redis.now() > asked + TRUSTED_MICROS);
            assertThat(a.lookup()).as("promotion %d", turn).isNotInstanceOf(Lookup.Hit.class);
            a.cache.forget(TABLE);
        }
    }

    @ParameterizedTest
    @EnumSource(Calls.class)
    void serversThatTakeTurnsStartOverEachTime(Calls calls) {
        use(calls);
        Side master = a;
        Side replica = b;
        for (int turn = 0; turn < 4; turn++) {
            assertThat(master.fill(BEFORE_731, OLD)).isEqualTo(FillResult.STORED);
            assertThat(master.lookup()).isInstanceOf(Lookup.Hit.class);
            replica.redis.follow(master.redis);
            awaitCopy(replica);
            assertThat(replica.lookup()).isInstanceOf(Lookup.Bypass.class);

            replica.redis.promote();
            Side demoted = master;
            master = replica;
            replica = demoted;
        }
    }

    @ParameterizedTest
    @EnumSource(Calls.class)
    void aReplicaThatTakesWritesIsNotTakenForTheMaster(Calls calls) {
        use(calls);
        assertThat(a.fill(BEFORE_731, OLD)).isEqualTo(FillResult.STORED);
        b.redis.configure("replica-read-only", "no");
        b.redis.follow(a.redis);
        awaitCopy(b);

        assertThat(b.lookup()).isEqualTo(new Lookup.Bypass(Lookup.Reason.UNREACHABLE));
        List<Fence> change = List.of(new Fence(KEY, CHANGE));
        assertThatThrownBy(() -> b.cache.invalidate(change))
                .isInstanceOf(RedisException.class)
                .hasMessageContaining("READONLY");
    }

    private static void awaitCopy(Side replica) {
        String entry = new KeySpace("test", 64).entry(KEY);
        await().ignoreExceptions()
                .untilAsserted(() -> assertThat(replica.redis.text(entry)).endsWith(OLD));
    }
}
