package io.cdccascade.consistency;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CacheContents;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.ChangeTopic;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.redisson.api.RBucket;

/**
 * The change event arrives before its commit is visible, and a reader comes between: the order of things that no cache
 * fed by change events survives by deleting alone. Here PostgreSQL is made to take it every time.
 */
class VisibilityRaceIT {

    private static CascadeSystem system;
    private static ChangeTopic topic;
    private static CacheContents contents;
    private static long lastCode = 1_000;

    /** The transaction whose event overtakes it. */
    private enum Write {
        INSERT,
        UPDATE,
        DELETE;

        /** What makes the row, if there is one before. */
        String before(long code) {
            return this == INSERT
                    ? "SELECT"
                    : "INSERT INTO sinners (code, name, class) VALUES (" + code + ", 'old', 'S')";
        }

        String sql(long code) {
            return switch (this) {
                case INSERT -> "INSERT INTO sinners (code, name, class) VALUES (" + code + ", 'new', 'S')";
                case UPDATE -> "UPDATE sinners SET name = 'new' WHERE code = " + code;
                case DELETE -> "DELETE FROM sinners WHERE code = " + code;
            };
        }
    }

    /** A cache that readers ask for the rows of the table; rows are JSON texts, empty where there is none. */
    private interface Cache {

        /** Answers from the cache, else from SQL, and then may fill. */
        String read(long code);

        /** Returns when the change event of a row, which is on the topic, has been applied. */
        void apply(long code);
    }

    @BeforeAll
    static void start() throws SQLException {
        // The reader that is held between load and fill must not lose its lease for being slow.
        system = CascadeSystem.start(Map.of("cascade.cache.lease-ms", "60000"));
        topic = new ChangeTopic(system);
        contents = new CacheContents(system);
        HiddenCommit.makePossible(system.servers().postgres());
        // The table's memory is complete, and no transaction from before its floor is left.
        await().atMost(Duration.ofMinutes(1))
                .until(() -> cacheStatus(system.get("/sinners/read/14")).equals("hit"));
    }

    @AfterAll
    static void stop() throws SQLException {
        try {
            HiddenCommit.makeImpossible(system.servers().postgres());
        } finally {
            contents.close();
            topic.close();
            system.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    void aRowWhoseEventOvertakesItsCommitEndsFresh(Write write) throws SQLException {
        long code = race(new Api(), write);

        HttpResponse<String> fresh = system.get("/sinners/read/" + code);
        assertThat(cacheStatus(fresh)).isEqualTo("fwd=miss; stored");
        assertThat(row(fresh)).isEqualTo(select(code));
        HttpResponse<String> cached = system.get("/sinners/read/" + code);
        assertThat(cacheStatus(cached)).isEqualTo("hit");
        assertThat(row(cached)).isEqualTo(select(code));
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    void whatAReaderHoldsWhenTheEventOvertakesItsCommitIsNotStored(Write write) throws Exception {
        long code = prepared(write);
        String old = select(code);
        long from = topic.end();
        HttpResponse<String> late;
        try (PausedFill fill = new PausedFill()) {
            CompletableFuture<HttpResponse<String>> reader = CompletableFuture.supplyAsync(
                    () -> system.get("/sinners/read/" + code), work -> new Thread(work, "reader").start());
            fill.awaitReader();
            try (HiddenCommit commit = HiddenCommit.of(system.servers().postgres(), write.sql(code))) {
                topic.awaitChange(from, code);
                topic.awaitApplied();
                fill.goOn();
                late = reader.get(30, TimeUnit.SECONDS);
                assertThat(commit.isHidden()).isTrue();
            }
        }

        assertThat(row(late)).isEqualTo(old);
        assertThat(cacheStatus(late)).isEqualTo("fwd=miss; detail=fenced");
        assertThat(row(system.get("/sinners/read/" + code)))
                .isEqualTo(select(code))
                .isNotEqualTo(old);
        HttpResponse<String> cached = system.get("/sinners/read/" + code);
        assertThat(cacheStatus(cached)).isEqualTo("hit");
        assertThat(row(cached)).isEqualTo(select(code));
    }

    @Test
    void bothKeysEndFreshWhenTheEventsOfAKeyChangeOvertakeIt() throws SQLException {
        long from = prepared(Write.UPDATE);
        long to = ++lastCode;
        Api api = new Api();
        assertThat(api.read(from)).contains("old");
        assertThat(api.read(to)).isEmpty();
        long offset = topic.end();
        try (HiddenCommit commit = HiddenCommit.of(
                system.servers().postgres(), "UPDATE sinners SET code = " + to + " WHERE code = " + from)) {
            topic.awaitChange(offset, to);
            topic.awaitApplied();
            assertThat(cacheStatus(system.get("/sinners/read/" + from))).isEqualTo("fwd=miss; detail=fenced");
            assertThat(cacheStatus(system.get("/sinners/read/" + to))).isEqualTo("fwd=miss; detail=fenced");
            assertThat(commit.isHidden()).isTrue();
        }

        assertThat(api.read(from)).isEmpty();
        assertThat(api.read(to)).contains("old").isEqualTo(select(to));
        assertThat(cacheStatus(system.get("/sinners/read/" + from))).isEqualTo("hit");
        assertThat(cacheStatus(system.get("/sinners/read/" + to))).isEqualTo("hit");
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    void deletingOnTheEventAndSettingOnTheMissEndsStale(Write write) throws SQLException {
        Cache cache = new DeleteAndSet();
        assertStale(cache, race(cache, write));
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    void aLeaseThatTheEventTakesAwayEndsStale(Write write) throws SQLException {
        Cache cache = new LeaseOnly();
        assertStale(cache, race(cache, write));
    }

    private static void assertStale(Cache cache, long code) throws SQLException {
        assertThat(cache.read(code)).as("what is cached").isNotEqualTo(select(code));
    }

    /** Reads a row before, while and after its event has been applied to a cache and its commit is not yet visible. */
    private static long race(Cache cache, Write write) throws SQLException {
        long code = prepared(write);
        String old = select(code);
        assertThat(cache.read(code)).isEqualTo(old);
        long from = topic.end();
        try (HiddenCommit commit = HiddenCommit.of(system.servers().postgres(), write.sql(code))) {
            topic.awaitChange(from, code);
            cache.apply(code);
            assertThat(cache.read(code))
                    .as("what a reader sees while the commit is hidden")
                    .isEqualTo(old);
            assertThat(commit.isHidden()).isTrue();
        }
        assertThat(select(code)).as("what SQL returns now").isNotEqualTo(old);
        return code;
    }

    /** A key of its own, with a row if the write needs one, and nothing left to be applied. */
    private static long prepared(Write write) throws SQLException {
        long code = ++lastCode;
        long from = topic.end();
        system.sql(write.before(code));
        if (write != Write.INSERT) {
            topic.awaitChange(from, code);
        }
        topic.awaitApplied();
        return code;
    }

    private static String select(long code) throws SQLException {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT to_json(s)::text FROM sinners s WHERE code = " + code)) {
            return row.next() ? row.getString(1) : "";
        }
    }

    private static String row(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isIn(200, 404);
        return answer.statusCode() == 200 ? answer.body() : "";
    }

    /** The real thing. */
    private static final class Api implements Cache {

        @Override
        public String read(long code) {
            return row(system.get("/sinners/read/" + code));
        }

        @Override
        public void apply(long code) {
            topic.awaitApplied();
        }
    }

    /** What most code does. */
    private static class DeleteAndSet implements Cache {

        @Override
        public String read(long code) {
            String cached = entry(code).get();
            if (cached != null) {
                return cached;
            }
            String row = load(code);
            entry(code).set(row);
            return row;
        }

        @Override
        public void apply(long code) {
            entry(code).delete();
        }

        final RBucket<String> entry(long code) {
            return contents.redis().getBucket(getClass().getSimpleName() + ":" + code);
        }

        static String load(long code) {
            try {
                return select(code);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** "Scaling Memcache at Facebook", NSDI 2013. One reader at a time, so it need not be atomic here. */
    private static final class LeaseOnly extends DeleteAndSet {

        @Override
        public String read(long code) {
            String cached = entry(code).get();
            if (cached != null) {
                return cached;
            }
            String mine = UUID.randomUUID().toString();
            lease(code).set(mine);
            String row = load(code);
            if (mine.equals(lease(code).getAndDelete())) {
                entry(code).set(row);
            }
            return row;
        }

        @Override
        public void apply(long code) {
            super.apply(code);
            lease(code).delete();
        }

        private RBucket<String> lease(long code) {
            return contents.redis().getBucket("lease:" + code);
        }
    }

    /** Holds the first reader between its load and its fill. */
    private static final class PausedFill extends EventNotifierSupport implements AutoCloseable {

        private final CountDownLatch loaded = new CountDownLatch(1);
        private final CountDownLatch mayFill = new CountDownLatch(1);

        PausedFill() {
            system.context().getManagementStrategy().addEventNotifier(this);
            start();
        }

        @Override
        public void notify(CamelEvent event) throws InterruptedException {
            if (event instanceof CamelEvent.ExchangeSendingEvent sending
                    && sending.getEndpoint().getEndpointUri().equals("cascade://fill")) {
                loaded.countDown();
                assertThat(mayFill.await(30, TimeUnit.SECONDS)).isTrue();
            }
        }

        void awaitReader() throws InterruptedException {
            assertThat(loaded.await(30, TimeUnit.SECONDS))
                    .as("a reader that fills")
                    .isTrue();
        }

        void goOn() {
            mayFill.countDown();
        }

        @Override
        public void close() {
            goOn();
            system.context().getManagementStrategy().removeEventNotifier(this);
            stop();
        }
    }
}
