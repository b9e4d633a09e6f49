package io.cdccascade.bench;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.CacheSettings;
import io.cdccascade.cache.Fence;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.RedisSettings;
import io.cdccascade.cache.Snapshot;
import io.cdccascade.cache.SyncCache;
import io.cdccascade.cache.UnsettledFences;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.dev.EmbeddedRedis;
import io.cdccascade.support.TestFolders;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * What the fences of many changes take in Redis, of rows of which none is cached: where PostgreSQL says which of them are over,
 * and where it cannot be asked. In the first case one change in twenty is not visible yet when it is applied.
 */
final class FenceMemory {

    private static final String PASSWORD = "bench";
    private static final String TABLE = "public.sinners";
    private static final int BATCH = 500;
    private static final int NOT_OVER = 25;
    private static final int BYTES_A_PLACE = 100;

    private final Bench bench;
    private final int changes;

    FenceMemory(Bench bench) {
        this.bench = bench;
        this.changes = bench.option("changes", 1_000_000);
    }

    void run() throws Exception {
        bench.say(
                "Fences of %,d changes of different rows take %.1f MB, and %.1f MB where PostgreSQL cannot be asked",
                changes, megabytes(true), megabytes(false));
    }

    private double megabytes(boolean asked) throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Map<String, String> settings = Map.of("cascade.redis.port", "" + port, "cascade.redis.password", PASSWORD);
        try (EmbeddedRedis server = new EmbeddedRedis(TestFolders.create(), port, PASSWORD)) {
            server.start();
            try (BenchRedis redis = new BenchRedis(settings);
                    SyncCache cache = new SyncCache(
                            new RedisSettings("127.0.0.1", port, PASSWORD, 5_000, 5_000),
                            () -> 3L,
                            new SimpleMeterRegistry(),
                            CacheSettings.defaults("bench"))) {
                cache.release(((Lookup.Leased) cache.lookup(new CacheKey(TABLE, "first"), null)).lease());
                long before = redis.memory();
                apply(cache, asked);
                return (redis.memory() - before) / 1e6;
            }
        }
    }

    private void apply(SyncCache cache, boolean asked) {
        UnsettledFences unsettled = new UnsettledFences(10_000);
        for (long from = 0; from < changes; from += BATCH) {
            List<Fence> batch = LongStream.range(from, from + BATCH)
                    .mapToObj(i ->
                            new Fence(new CacheKey(TABLE, "" + i), new WritePoint(1_000 + i, BYTES_A_PLACE * (i + 1))))
                    .toList();
            long end = 1_000 + from + BATCH - NOT_OVER;
            ReadPoint seen =
                    asked ? new ReadPoint(new Snapshot(end, end, List.of()), BYTES_A_PLACE * (from + BATCH + 1)) : null;
            List<Fence> fences = unsettled.with(batch, seen);
            cache.invalidate(fences, seen);
            unsettled.applied(fences, seen);
        }
    }
}
