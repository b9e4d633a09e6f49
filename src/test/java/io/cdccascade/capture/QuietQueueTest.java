package io.cdccascade.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.connector.base.QueueProvider;
import io.debezium.pipeline.Sizeable;
import io.debezium.util.LoggingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The queue as Debezium uses it; fails when an upgrade of Debezium asks its provider in another way. */
@Timeout(60)
class QuietQueueTest {

    private record Event(int number) implements Sizeable {
        @Override
        public long objectSize() {
            return 1;
        }
    }

    @Test
    void isFoundByItsName() {
        assertThat(ServiceLoader.load(QueueProvider.class))
                .filteredOn(provider -> provider.name().equals("quiet"))
                .singleElement()
                .isInstanceOf(QuietQueue.class);
    }

    @Test
    void everyEventComesOnceAndInOrder() throws Exception {
        ChangeEventQueue<Event> queue = queue(new QuietQueue<>(), Duration.ofMillis(2));
        int events = 20_000;

        CompletableFuture<Void> producer = CompletableFuture.runAsync(() -> enqueue(queue, events));
        List<Event> seen = new ArrayList<>();
        while (seen.size() < events) {
            seen.addAll(queue.poll());
        }

        producer.get(1, TimeUnit.MINUTES);
        assertThat(queue.poll()).isEmpty();
        assertThat(seen).extracting(Event::number).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void aRecordIsHandedOverAtOnceAndNotWhenTheIntervalIsOver() throws Exception {
        ChangeEventQueue<Event> queue = queue(new QuietQueue<>(), Duration.ofSeconds(5));
        SynchronousQueue<Event> handed = new SynchronousQueue<>();
        Thread poller = new Thread(() -> {
            try {
                while (true) {
                    for (Event event : queue.poll()) {
                        handed.put(event);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        poller.start();
        try {
            // Each would take five seconds otherwise, and all together more than this test may.
            for (int i = 0; i < 50; i++) {
                queue.enqueue(new Event(i));
                assertThat(handed.take()).isEqualTo(new Event(i));
            }
        } finally {
            poller.interrupt();
            poller.join();
        }
    }

    @Test
    void aPollThatFindsNothingAsksAFewTimesOnly() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        QuietQueue<Event> quiet = new QuietQueue<>();
        ChangeEventQueue<Event> queue = queue(new Counting(quiet, asked), Duration.ofMillis(20));

        for (int i = 0; i < 10; i++) {
            assertThat(queue.poll()).isEmpty();
        }

        // Debezium's own provider is asked tens of thousands of times.
        assertThat(asked.get()).isLessThan(500);
    }

    private static ChangeEventQueue<Event> queue(QueueProvider<Event> provider, Duration interval) {
        return new ChangeEventQueue.Builder<Event>()
                .pollInterval(interval)
                .maxBatchSize(64)
                .maxQueueSize(256)
                .loggingContextSupplier(() -> LoggingContext.forConnector("test", "test", "test"))
                .queueProvider(provider)
                .build();
    }

    private static void enqueue(ChangeEventQueue<Event> queue, int events) {
        try {
            for (int i = 0; i < events; i++) {
                queue.enqueue(new Event(i));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Counting(QuietQueue<Event> queue, AtomicInteger asked) implements QueueProvider<Event> {

        @Override
        public String name() {
            return queue.name();
        }

        @Override
        public void configure(java.util.Map<String, ?> settings) {
            queue.configure(settings);
        }

        @Override
        public void enqueue(Event event) {
            queue.enqueue(event);
        }

        @Override
        public Event poll() {
            return queue.poll();
        }

        @Override
        public int size() {
            asked.incrementAndGet();
            return queue.size();
        }
    }
}
