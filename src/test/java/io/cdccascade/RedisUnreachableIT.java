package io.cdccascade;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.dev.EmbeddedRedis;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Signal;
import io.cdccascade.support.Topics;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What callers see and what becomes of invalidations while Redis is dead, or hangs, which is worse. */
@DisabledOnOs(OS.WINDOWS)
class RedisUnreachableIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String TOPIC = "cascade.public.sinners";
    private static final String GROUP = "cdc-cascade";
    private static final int READS = 60;

    private static CascadeSystem system;
    private static Topics topics;

    enum Outage {
        KILLED {
            @Override
            void begin(EmbeddedRedis redis) {
                redis.kill();
            }

            @Override
            void end(EmbeddedRedis redis) {
                redis.start();
            }
        },
        HUNG {
            @Override
            void begin(EmbeddedRedis redis) {
                Signal.STOP.to(redis.pid().orElseThrow());
            }

            @Override
            void end(EmbeddedRedis redis) {
                Signal.CONT.to(redis.pid().orElseThrow());
            }
        };

        abstract void begin(EmbeddedRedis redis);

        abstract void end(EmbeddedRedis redis);
    }

    @BeforeAll
    static void start() {
        system = CascadeSystem.start(Map.of("cascade.redis.read-timeout-ms", "80"));
        topics = system.topics();
    }

    @AfterAll
    static void stop() {
        topics.close();
        system.close();
    }

    @BeforeEach
    void fillTheCache() {
        await().atMost(PATIENCE).until(() -> topics.end(TOPIC) > 0 && committed() == topics.end(TOPIC));
        awaitHit();
    }

    @AfterEach
    void endTheOutage() {
        if (redis().pid().isEmpty()) {
            redis().start();
        } else {
            Signal.CONT.to(redis().pid().getAsLong());
        }
    }

    @ParameterizedTest
    @EnumSource(Outage.class)
    void readsAreAnsweredFromPostgresqlAndTheCircuitBreakerOpens(Outage outage) throws Exception {
        outage.begin(redis());

        AtomicLong slowest = new AtomicLong();
        List<HttpResponse<String>> answers = concurrently(() -> {
            long start = System.nanoTime();
            HttpResponse<String> answer = read();
            slowest.accumulateAndGet(System.nanoTime() - start, Math::max);
            return answer;
        });
        System.out.printf(
                "The slowest of %d reads at a time while Redis was %s took %d ms%n",
                READS, outage, TimeUnit.NANOSECONDS.toMillis(slowest.get()));

        assertThat(answers).hasSize(READS).allSatisfy(answer -> {
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).startsWith("{\"code\":14,");
            assertThat(cacheStatus(answer)).isEqualTo("fwd=bypass; detail=unreachable");
        });
        await().atMost(PATIENCE).until(() -> {
            read();
            return breaker().getState() == CircuitBreaker.State.OPEN;
        });

        outage.end(redis());
        awaitHit();
        assertThat(breaker().getState()).isEqualTo(CircuitBreaker.State.CLOSED);
    }

    @ParameterizedTest
    @EnumSource(Outage.class)
    void writesAreStoredAndReadFromPostgresql(Outage outage) {
        int code = 100 + outage.ordinal();
        outage.begin(redis());

        assertThat(system.send("POST", "/sinners/create", "{\"code\":" + code + ",\"name\":\"Zoya\",\"class\":\"S\"}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(system.send("PUT", "/sinners/update/" + code, "{\"name\":\"Hella\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(system.get("/sinners/read/" + code).body()).contains("\"name\":\"Hella\"");
        assertThat(system.send("DELETE", "/sinners/delete/" + code, null).statusCode())
                .isEqualTo(200);
        assertThat(system.get("/sinners/read/" + code).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @EnumSource(Outage.class)
    void invalidationsWaitUncommittedAndAreAppliedWhenRedisIsBack(Outage outage) throws Exception {
        long before = committed();
        outage.begin(redis());

        rename(outage.name());
        awaitInvalidationUnderWay(before);
        await().during(Duration.ofSeconds(2)).atMost(PATIENCE).until(() -> committed() == before);
        assertThat(read().body()).contains("\"name\":\"" + outage + "\"");

        outage.end(redis());
        awaitHitWith(outage.name());
        await().atMost(PATIENCE).until(() -> committed() == topics.end(TOPIC));
    }

    @Test
    void aConsumerThatIsStoppedWhileRedisHangsCommitsNothingAndGoesOnFromThere() throws Exception {
        long before = committed();
        Outage.HUNG.begin(redis());
        rename("stopped");
        awaitInvalidationUnderWay(before);

        system.context().getRouteController().stopRoute("invalidate-entries");
        assertThat(committed()).isEqualTo(before);

        Outage.HUNG.end(redis());
        system.context().getRouteController().startRoute("invalidate-entries");
        awaitHitWith("stopped");
    }

    private static void rename(String name) throws Exception {
        system.sql("UPDATE sinners SET name = '" + name + "' WHERE code = 14");
    }

    private static HttpResponse<String> read() {
        return system.get("/sinners/read/14");
    }

    private static void awaitHit() {
        await().atMost(PATIENCE).until(() -> cacheStatus(read()).equals("hit"));
    }

    private static void awaitHitWith(String name) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = read();
            assertThat(cacheStatus(answer)).isEqualTo("hit");
            assertThat(answer.body()).contains("\"name\":\"" + name + "\"");
        });
    }

    /** Waits until the change has reached the consumer, which holds it and cannot get rid of it. */
    private static void awaitInvalidationUnderWay(long committed) {
        await().atMost(PATIENCE)
                .until(() -> topics.end(TOPIC) > committed
                        && system.context().getInflightRepository().size("invalidate-entries") > 0);
    }

    private static long committed() {
        return topics.committed(GROUP, TOPIC);
    }

    private static EmbeddedRedis redis() {
        return system.servers().redis();
    }

    private static CircuitBreaker breaker() {
        return system.bean("redisBreaker", CircuitBreaker.class);
    }

    private static <T> List<T> concurrently(Callable<T> call) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(READS);
        try {
            List<Future<T>> results = threads.invokeAll(
                    IntStream.range(0, READS).mapToObj(i -> call).toList());
            return results.stream()
                    .map(result -> {
                        try {
                            return result.get();
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    })
                    .toList();
        } finally {
            threads.shutdownNow();
        }
    }
}
