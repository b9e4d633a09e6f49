package io.cdccascade.bench;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.CacheSettings;
import io.cdccascade.cache.Fence;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.RedisClients;
import io.cdccascade.cache.RedisSettings;
import io.cdccascade.cache.Snapshot;
import io.cdccascade.cache.SyncCache;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.dev.EmbeddedRedis;
import io.cdccascade.support.TestFolders;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/**
 * The fenced cache's calls against the bare commands that they cannot beat, through the same client to the same Redis:
 * what is slower than them is the price of the protocol.
 */
final class CacheBench {

    private static final String PASSWORD = "bench";
    private static final String TABLE = "public.sinners";
    private static final int BATCH = 500;
    private static final long TTL_MILLIS = 600_000;
    private static final String ROW =
            "{\"code\":14,\"name\":\"Deren\",\"class\":\"S\",\"libram\":\"Fraud\",\"tendency\":"
                    + "\"Fury\",\"created_at\":\"2026-01-01T12:00:00.123456\",\"updated_at\":\"2026-01-01T12:00:00.123456\"}";
    private static final ReadPoint BEFORE = new ReadPoint(Snapshot.parse("1000:1000:"), 10_000);
    private static final WritePoint CHANGE = new WritePoint(2_000, 20_000);

    private final Bench bench;
    private final int rounds;
    private final int calls;
    private RedissonClient redis;
    private SyncCache cache;
    private int used;

    CacheBench(Bench bench) {
        this.bench = bench;
        rounds = bench.option("rounds", 7);
        calls = bench.option("calls", 10_000);
    }

    /** What is measured: what has to be there before, and what is called for each number. */
    private record Side(IntConsumer prepare, IntConsumer call) {}

    void run() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path folder = TestFolders.create();
        try (EmbeddedRedis server = new EmbeddedRedis(folder, port, PASSWORD)) {
            server.start();
            RedisSettings settings = new RedisSettings("127.0.0.1", port, PASSWORD, 5_000, 5_000);
            redis = RedisClients.patient(settings);
            cache = new SyncCache(settings, () -> 3L, new SimpleMeterRegistry(), CacheSettings.defaults("bench"));
            bench.say(
                    "Calls a second, medians of %d rounds of %d calls; invalidate-%d counts keys.",
                    rounds, calls, BATCH);
            bench.say("%-15s %7s %12s %12s %6s  %s", "call", "threads", "cache", "bare", "ratio", "bare command");
            for (int threads : new int[] {1, bench.option("threads", 4)}) {
                compare(
                        "hit",
                        threads,
                        1,
                        new Side(this::fill, this::hit),
                        new Side(this::hset, this::hmget),
                        "HMGET of the entry's four fields");
                compare("hit", threads, 1, new Side(this::fill, this::hit), new Side(this::set, this::get), "GET");
                compare("miss", threads, 1, new Side(i -> {}, this::lease), new Side(i -> {}, this::get), "GET");
                Lease[] leases = new Lease[calls];
                compare(
                        "fill",
                        threads,
                        1,
                        new Side(i -> leases[i] = lease(i), i -> fill(leases[i])),
                        new Side(i -> {}, this::set),
                        "SET PX");
                compare(
                        "invalidate-1",
                        threads,
                        1,
                        new Side(this::fill, i -> invalidate(i, 1)),
                        new Side(this::set, i -> unlink(i, 1)),
                        "UNLINK");
                compare(
                        "invalidate-" + BATCH,
                        threads,
                        BATCH,
                        new Side(this::fill, i -> invalidate(i, BATCH)),
                        new Side(this::set, i -> unlink(i, BATCH)),
                        "UNLINK of " + BATCH);
            }
        } finally {
            if (redis != null) {
                redis.shutdown();
            }
        }
    }

    /** Measures both sides turn by turn, so that a busy neighbour troubles them alike. The first round warms up. */
    private void compare(String name, int threads, int keysPerCall, Side ours, Side bare, String command)
            throws Exception {
        if (!name.startsWith(bench.option("only", ""))) {
            return;
        }
        List<Double> rates = new ArrayList<>();
        List<Double> bareRates = new ArrayList<>();
        for (int round = 0; round <= rounds; round++) {
            double rate = measure(ours, threads, keysPerCall);
            double bareRate = measure(bare, threads, keysPerCall);
            if (round > 0) {
                rates.add(rate);
                bareRates.add(bareRate);
            }
        }
        double rate = Figures.median(rates, each -> each);
        double bareRate = Figures.median(bareRates, each -> each);
        bench.say("%-15s %7d %12.0f %12.0f %6.2f  %s", name, threads, rate, bareRate, rate / bareRate, command);
    }

    private double measure(Side side, int threads, int keysPerCall) throws Exception {
        // Names that no fence of an earlier round forbids.
        used++;
        redis.getKeys().flushdb();
        lease(0);
        used++;
        parallel(threads, calls, 1, side.prepare());
        long start = System.nanoTime();
        parallel(threads, calls, keysPerCall, side.call());
        return calls * 1e9 / (System.nanoTime() - start);
    }

    private static void parallel(int threads, int count, int step, IntConsumer call) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int first = thread * step;
                running.add(pool.submit(() -> {
                    for (int i = first; i < count; i += threads * step) {
                        call.accept(i);
                    }
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            pool.shutdown();
        }
    }

    private CacheKey key(int i) {
        return new CacheKey(TABLE, used + "-" + i);
    }

    private Lease lease(int i) {
        return ((Lookup.Leased) cache.lookup(key(i), null)).lease();
    }

    private void fill(Lease lease) {
        cache.fill(lease, BEFORE, ROW, TTL_MILLIS);
    }

    private void fill(int i) {
        fill(lease(i));
    }

    private void hit(int i) {
        if (!(cache.lookup(key(i), null) instanceof Lookup.Hit)) {
            throw new IllegalStateException("A filled entry was not hit");
        }
    }

    private void invalidate(int first, int count) {
        cache.invalidate(IntStream.range(first, first + count)
                .mapToObj(i -> new Fence(key(i), CHANGE))
                .toList());
    }

    private void get(int i) {
        redis.getBucket(name(i), StringCodec.INSTANCE).get();
    }

    private void hset(int i) {
        redis.getMap(name(i), StringCodec.INSTANCE)
                .putAll(Map.of(
                        "epoch",
                        "1",
                        "snapshot",
                        BEFORE.snapshot().toString(),
                        "lsn",
                        "10000",
                        "read_at",
                        "1",
                        "row",
                        ROW));
    }

    private void hmget(int i) {
        redis.getMap(name(i), StringCodec.INSTANCE).getAll(Set.of("epoch", "snapshot", "read_at", "row"));
    }

    private void set(int i) {
        redis.getBucket(name(i), StringCodec.INSTANCE).set(ROW, Duration.ofMillis(TTL_MILLIS));
    }

    private void unlink(int first, int count) {
        redis.getKeys()
                .unlink(IntStream.range(first, first + count)
                        .mapToObj(this::name)
                        .toArray(String[]::new));
    }

    private String name(int i) {
        return "bare:" + used + "-" + i;
    }
}
