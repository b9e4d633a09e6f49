package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BulkheadsTest {

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final CountDownLatch end = new CountDownLatch(1);
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private Bulkheads bulkheads;

    @AfterEach
    void stop() throws Exception {
        end.countDown();
        bulkheads.close();
        timer.shutdownNow();
    }

    @Test
    void whatDoesNotFitIntoTheQueueIsRefusedAtOnce() {
        bulkheads = bulkheads(1, 60_000);

        run(Bulkheads.Kind.LOADS);
        run(Bulkheads.Kind.LOADS);
        run(Bulkheads.Kind.LOADS);

        assertThat(refused).hasValue(1);
        end.countDown();
        await().untilAtomic(done, is(2));
    }

    @Test
    void whatHasWaitedForItsTurnTooLongIsRefusedAndNeverRun() {
        bulkheads = bulkheads(10, 1);

        run(Bulkheads.Kind.LOADS);
        run(Bulkheads.Kind.LOADS);

        await().untilAtomic(refused, greaterThan(0));
        end.countDown();
        await().until(() -> done.get() + refused.get() == 2);
    }

    @Test
    void oneKindThatIsFullLeavesTheOthersFree() {
        bulkheads = bulkheads(1, 60_000);
        run(Bulkheads.Kind.LOADS);
        run(Bulkheads.Kind.LOADS);

        bulkheads.run(Bulkheads.Kind.WRITES, done::incrementAndGet, refused::incrementAndGet);

        await().untilAtomic(done, is(1));
    }

    private void run(Bulkheads.Kind kind) {
        bulkheads.run(
                kind,
                () -> {
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    done.incrementAndGet();
                },
                refused::incrementAndGet);
    }

    private Bulkheads bulkheads(int queue, long patienceMillis) {
        return new Bulkheads(
                Map.of(Bulkheads.Kind.LOADS, 1, Bulkheads.Kind.WRITES, 1),
                queue,
                patienceMillis,
                timer,
                new SimpleMeterRegistry());
    }
}
