package io.cdccascade.consistency;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.http.RequestLine;
import io.cdccascade.support.CacheContents;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.ChangeTopic;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.redisson.api.RBucket;

/** Two instances of the application that share the servers. The first captures, both serve and invalidate. */
class TwoInstancesIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String CONSUMER = "invalidate-entries";
    private static final int READERS = 200;
    // All far longer than the slowest test machine takes, so that it is the protocol that decides and not the clock.
    private static final Map<String, String> UNHURRIED = Map.of(
            "cascade.cache.lease-ms",
            "60000",
            "cascade.cache.wait-ms",
            "30000",
            "cascade.redis.read-timeout-ms",
            "10000",
            "cascade.postgres.statement-timeout-ms",
            "30000",
            "cascade.postgres.lock-timeout-ms",
            "30000",
            // Changes are to wait for the consumers.
            "cascade.capture.early-fence",
            "false");

    private static CascadeSystem first;
    private static CascadeSystem second;
    private static ChangeTopic topic;
    private static CacheContents contents;

    @BeforeAll
    static void start() {
        first = CascadeSystem.start(UNHURRIED);
        second = first.startSecond(UNHURRIED);
        topic = new ChangeTopic(first);
        contents = new CacheContents(first);
    }

    @AfterAll
    static void stop() {
        contents.close();
        topic.close();
        second.close();
        first.close();
    }

    @Test
    void aTokenOfOneInstanceIsHonouredOnTheOtherThoughAnOlderRowIsCached() throws Exception {
        topic.awaitApplied();
        String old = second.get("/sinners/read/14").body();
        assertThat(cacheStatus(first.get("/sinners/read/14"))).isEqualTo("hit");
        RBucket<String> entry = contents.entry(14);
        String before = entry.get();
        long from = topic.end();
        HttpResponse<String> written;
        stopConsumers();
        try {
            written = first.send("PUT", "/sinners/update/14", "{\"tendency\":\"Calm\"}");
            String token = written.headers().firstValue(RequestLine.TOKEN).orElseThrow();
            topic.awaitChange(from, 14);
            // As if the writer had not been able to fence the entry, whose change event has not arrived either.
            entry.set(before);

            HttpResponse<String> stranger = second.get("/sinners/read/14");
            assertThat(cacheStatus(stranger)).isEqualTo("hit");
            assertThat(stranger.body()).as("what others may still see").isEqualTo(old);
            for (CascadeSystem instance : List.of(first, second)) {
                HttpResponse<String> own = instance.get("/sinners/read/14", RequestLine.TOKEN, token);
                assertThat(own.body()).isEqualTo(written.body()).isNotEqualTo(old);
                assertThat(cacheStatus(own)).isEqualTo("fwd=bypass; detail=unseen");
            }
        } finally {
            startConsumers();
        }
        topic.awaitApplied();
        assertThat(second.get("/sinners/read/14").body()).isEqualTo(written.body());
        assertThat(cacheStatus(first.get("/sinners/read/14"))).isEqualTo("hit");
    }

    @Test
    void aHerdOverTwoInstancesCostsOneQuery() throws Exception {
        // Known to both, so that only the row is loaded below.
        first.get("/sinners/read/1");
        second.get("/sinners/read/1");
        ExecutorService threads = Executors.newFixedThreadPool(READERS);
        List<Future<HttpResponse<String>>> answers = new ArrayList<>();
        try (Sent sentByFirst = new Sent(first);
                Sent sentBySecond = new Sent(second);
                Connection connection = first.servers().postgres().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("BEGIN");
            statement.execute("LOCK TABLE sinners IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < READERS; i++) {
                CascadeSystem instance = i % 2 == 0 ? first : second;
                answers.add(threads.submit(() -> instance.get("/sinners/read/17")));
            }
            // The load waits for the lock until both instances are busy with readers.
            await().atMost(PATIENCE)
                    .until(() -> sentByFirst.lookups.get() >= 10
                            && sentBySecond.lookups.get() >= 10
                            && sentByFirst.loads.get() + sentBySecond.loads.get() > 0);
            statement.execute("COMMIT");

            Set<String> rows = new HashSet<>();
            for (Future<HttpResponse<String>> answer : answers) {
                rows.add(answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).body());
            }
            assertThat(rows).hasSize(1);
            assertThat(sentByFirst.lookups.get() + sentBySecond.lookups.get())
                    .as("look-ups")
                    .isEqualTo(READERS);
            assertThat(sentByFirst.loads.get() + sentBySecond.loads.get())
                    .as("queries")
                    .isEqualTo(1);
        } finally {
            threads.shutdownNow();
        }
    }

    private static void stopConsumers() throws Exception {
        for (CascadeSystem instance : List.of(first, second)) {
            instance.context().getRouteController().stopRoute(CONSUMER);
        }
    }

    private static void startConsumers() throws Exception {
        for (CascadeSystem instance : List.of(first, second)) {
            instance.context().getRouteController().startRoute(CONSUMER);
        }
    }

    /** Counts what an instance's readers ask of Redis and of PostgreSQL. */
    private static final class Sent extends EventNotifierSupport implements AutoCloseable {

        final AtomicInteger lookups = new AtomicInteger();
        final AtomicInteger loads = new AtomicInteger();
        private final CascadeSystem instance;

        Sent(CascadeSystem instance) {
            this.instance = instance;
            instance.context().getManagementStrategy().addEventNotifier(this);
            start();
        }

        @Override
        public void notify(CamelEvent event) {
            if (event instanceof CamelEvent.ExchangeSendingEvent sending) {
                String endpoint = sending.getEndpoint().getEndpointUri();
                if (endpoint.equals("cascade://lookup")) {
                    lookups.incrementAndGet();
                } else if (endpoint.equals("cascade://load")) {
                    loads.incrementAndGet();
                }
            }
        }

        @Override
        public void close() {
            instance.context().getManagementStrategy().removeEventNotifier(this);
            stop();
        }
    }
}
