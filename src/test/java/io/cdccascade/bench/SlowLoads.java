package io.cdccascade.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Hits and liveness while 200 connections ask for rows that take a second to load, each for another one. */
final class SlowLoads {

    static final int COUNT = 200;

    private static final String LIVENESS = "/observe/health/live";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    // Who is refused or has his row asks again after this time, as a client would that heeds Retry-After.
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final int QUIET_ANSWERS = 5;
    private static final long QUIET_MILLIS = 50;

    private final BenchServer server;
    private final HttpCase hit;
    private final AtomicInteger next = new AtomicInteger();

    /** What hits and liveness saw, and the slow requests themselves: those that were refused have failed. */
    record Seen(Load hits, Load liveness, Load slow) {}

    /**
     * @param server the application
     * @param hit    what is asked for meanwhile
     */
    SlowLoads(BenchServer server, HttpCase hit) {
        this.server = server;
        this.hit = hit;
    }

    Seen measure(Duration duration) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            HttpLoad slowly = new HttpLoad(server.address(), COUNT, this::slowRequest, 200, null, PAUSE);
            Future<Load> slow = threads.submit(() -> slowly.run(() -> !over.get(), Duration.ZERO));
            TimeUnit.SECONDS.sleep(1);
            byte[] request = HttpCases.request(server, LIVENESS, "");
            HttpLoad probe = new HttpLoad(server.address(), 1, () -> request, 200, null, Duration.ofMillis(20));
            Future<Load> liveness = threads.submit(() -> probe.run(duration, PATIENCE));
            Load hits = new HttpLoad(
                            server.address(),
                            hit.connections(),
                            hit.requests(),
                            hit.status(),
                            hit.cacheStatus(),
                            Duration.ZERO)
                    .run(duration, PATIENCE);
            Load live = liveness.get();
            over.set(true);
            return new Seen(hits, live, slow.get());
        } finally {
            over.set(true);
            threads.shutdown();
            awaitQuiet();
        }
    }

    private byte[] slowRequest() {
        return HttpCases.request(
                server, "/api/v1/slow/read/" + (BenchRows.SLOW + next.getAndIncrement() % BenchRows.SLOW_COUNT), "");
    }

    /** What was cut off may still be worked on; the next case is not to pay for it. */
    private void awaitQuiet() throws IOException, InterruptedException {
        long start = System.nanoTime();
        for (int quick = 0; quick < QUIET_ANSWERS && System.nanoTime() - start < PATIENCE.toNanos(); ) {
            long asked = System.nanoTime();
            server.get(LIVENESS);
            quick = System.nanoTime() - asked < QUIET_MILLIS * 1_000_000 ? quick + 1 : 0;
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }
}
