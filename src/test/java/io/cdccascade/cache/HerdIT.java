package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HerdIT {

    private static final int READERS = 1_000;
    private static final CacheKey KEY = new CacheKey("public.sinners", "14");
    private static final ReadPoint READ_POINT = new ReadPoint(Snapshot.parse("731:731:"), 7_310);
    private static final String ROW = "{\"code\":14}";

    @TempDir
    private Path folder;

    private TestRedis redis;
    private ExecutorService threads;
    private final AtomicInteger loads = new AtomicInteger();
    private final CountDownLatch herd = new CountDownLatch(READERS);

    @BeforeEach
    void start() {
        redis = new TestRedis(folder);
        threads = Executors.newFixedThreadPool(READERS);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        redis.close();
    }

    @Test
    void aThousandReadersOfAColdKeyCostOneLoad() throws Exception {
        assertThat(readAtOnce(List.of(instance()))).hasSize(READERS).containsOnly(ROW);
        assertThat(loads).hasValue(1);
    }

    @Test
    void aThousandReadersOnFourInstancesThatHaveTimeCostOneLoad() throws Exception {
        List<SyncCache> instances = List.of(instance(), instance(), instance(), instance());
        assertThat(readAtOnce(instances)).hasSize(READERS).containsOnly(ROW);
        assertThat(loads).hasValue(1);
    }

    @Test
    void readersDoNotWaitForALoadThatFailed() throws Exception {
        SyncCache cache = instance();
        Lease failed = ((Lookup.Leased) cache.lookup(KEY, null)).lease();
        Future<Lookup> follower = threads.submit(() -> cache.lookup(KEY, null));
        cache.release(failed);
        assertThat(follower.get()).isInstanceOf(Lookup.Leased.class);
    }

    @Test
    void aReaderWhoMustSeeMoreThanTheLoadSawDoesNotShareIt() throws Exception {
        SyncCache cache = instance();
        Lease lease = ((Lookup.Leased) cache.lookup(KEY, null)).lease();
        Future<Lookup> follower = threads.submit(() -> cache.lookup(KEY, new WritePoint(731, 7_310)));
        cache.fill(lease, READ_POINT, ROW, 60_000);
        assertThat(follower.get()).isEqualTo(new Lookup.Bypass(Lookup.Reason.UNSEEN));
    }

    private List<String> readAtOnce(List<SyncCache> instances) throws Exception {
        List<Callable<String>> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            SyncCache cache = instances.get(i % instances.size());
            readers.add(() -> read(cache));
        }
        List<String> rows = new ArrayList<>();
        for (Future<String> reader : threads.invokeAll(readers)) {
            rows.add(reader.get());
        }
        return rows;
    }

    private String read(SyncCache cache) throws InterruptedException {
        herd.countDown();
        Lookup lookup = cache.lookup(KEY, null);
        if (lookup instanceof Lookup.Hit hit) {
            return hit.entry().row();
        }
        loads.incrementAndGet();
        if (lookup instanceof Lookup.Leased leased) {
            // The load lasts until the whole herd is there.
            herd.await();
            cache.fill(leased.lease(), READ_POINT, ROW, 60_000);
        }
        return ROW;
    }

    private SyncCache instance() {
        return new SyncCache(
                redis.settings(30_000),
                () -> 700,
                new SimpleMeterRegistry(),
                new CacheSettings("test", 64, false, 60_000, 30_000, 600_000));
    }
}
