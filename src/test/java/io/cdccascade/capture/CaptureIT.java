package io.cdccascade.capture;

import static io.cdccascade.capture.CaptureRig.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.cdccascade.capture.CaptureRig.Event;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureIT {

    @TempDir
    private static Path dir;

    private static CaptureRig rig;

    private int seen;

    @BeforeAll
    static void startCapture() throws Exception {
        rig = new CaptureRig(dir);
        rig.startCapture();
        rig.awaitUp();
        rig.awaitStoredSnapshot();
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @BeforeEach
    void startBehindWhatIsThere() throws Exception {
        seen = rig.events().size();
    }

    @Test
    void theFirstSnapshotBeginsWithATruncateAndHasTheRowsThatWereThere() throws Exception {
        List<Event> first = rig.events().subList(0, 3);

        assertThat(first).extracting(Event::op).containsExactly("t", "r", "r");
        assertThat(first.get(0).key()).isNull();
        assertThat(first.get(0).value().at("/source/table").asText()).isEqualTo("sinners");
        assertThat(first.subList(1, 3)).extracting(Event::code).containsExactly(14L, 17L);
    }

    @Test
    void anInsertArrivesAsACreateWithTheRowAndItsKey() throws Exception {
        rig.sql("INSERT INTO sinners (code, name, class, libram) VALUES (100, 'Zoya', 'B', 'Wrath')");

        Event insert = next(1).get(0);
        assertThat(insert.op()).isEqualTo("c");
        assertThat(insert.key().toString()).isEqualTo("{\"code\":100}");
        assertThat(insert.value().get("before").isNull()).isTrue();
        assertThat(insert.value().at("/after/name").asText()).isEqualTo("Zoya");
        assertThat(insert.value().at("/after/tendency").isNull()).isTrue();
        assertThat(insert.value().at("/source/txId").asLong()).isPositive();
        assertThat(insert.value().at("/source/lsn").asLong()).isPositive();
        assertThat(insert.value().get("ts_ms").asLong()).isPositive();
    }

    @Test
    void anUpdateHasNoBeforeUnderTheDefaultReplicaIdentity() throws Exception {
        rig.sql("INSERT INTO sinners (code, name, class) VALUES (200, 'Hella', 'A')");
        rig.sql("UPDATE sinners SET name = 'Hella II' WHERE code = 200");

        Event update = next(2).get(1);
        assertThat(update.op()).isEqualTo("u");
        assertThat(update.code()).isEqualTo(200);
        assertThat(update.value().get("before").isNull()).isTrue();
        assertThat(update.value().at("/after/name").asText()).isEqualTo("Hella II");
    }

    @Test
    void aDeleteIsFollowedByATombstone() throws Exception {
        rig.sql("INSERT INTO sinners (code, name, class) VALUES (300, 'Ninety', 'A')");
        rig.sql("DELETE FROM sinners WHERE code = 300");

        List<Event> events = next(3);
        assertThat(events).extracting(Event::op).containsExactly("c", "d", null);
        assertThat(events).extracting(Event::code).containsOnly(300L);
    }

    @Test
    void aChangeOfTheKeyArrivesAsDeleteTombstoneAndCreate() throws Exception {
        rig.sql("INSERT INTO sinners (code, name, class) VALUES (400, 'Iron', 'C')");
        rig.sql("UPDATE sinners SET code = 401 WHERE code = 400");

        List<Event> events = next(4);
        assertThat(events).extracting(Event::op).containsExactly("c", "d", null, "c");
        assertThat(events).extracting(Event::code).containsExactly(400L, 400L, 400L, 401L);
    }

    @Test
    void aTruncateArrivesWithoutAKey() throws Exception {
        rig.sql("TRUNCATE sinners");

        Event truncate = next(1).get(0);
        assertThat(truncate.op()).isEqualTo("t");
        assertThat(truncate.key()).isNull();
        assertThat(truncate.value().at("/source/txId").asLong()).isPositive();
    }

    @Test
    void savepointsAndTransactionsWithManyRowsNameTheTopLevelTransaction() throws Exception {
        rig.sql("""
                BEGIN;
                INSERT INTO sinners (code, name, class) VALUES (500, 'a', 'A');
                SAVEPOINT inner_one;
                INSERT INTO sinners (code, name, class) VALUES (501, 'b', 'A');
                RELEASE inner_one;
                COMMIT""");

        assertThat(next(2).stream()
                        .map(event -> event.value().at("/source/txId").asLong())
                        .collect(Collectors.toSet()))
                .hasSize(1);
    }

    @Test
    void heartbeatsHaveATopicOfTheirOwnAndMoveTheSlotWhileTheTableRests() throws Exception {
        rig.sql("CREATE TABLE IF NOT EXISTS elsewhere (id int); INSERT INTO elsewhere VALUES (1)");
        int before = heartbeats();

        await().atMost(PATIENCE).until(() -> heartbeats() > before + 1);
        assertThat(rig.events()).hasSize(seen);
    }

    @Test
    void logicalMessagesAndTransactionsOnOtherTablesDisturbNothing() throws Exception {
        rig.sql("SELECT pg_logical_emit_message(true, 'test', 'hello')");
        rig.sql("SELECT pg_logical_emit_message(false, 'test', 'hello')");
        rig.insert(600, 600);

        assertThat(next(1)).extracting(Event::code).containsExactly(600L);
    }

    @Test
    void recordsAndLagAreCounted() throws Exception {
        double before = rig.meters.get("cascade.capture.records").counter().count();

        rig.insert(700, 709);

        await().atMost(PATIENCE)
                .until(() -> rig.meters.get("cascade.capture.records").counter().count() >= before + 10);
        assertThat(rig.meters.get("cascade.capture.lag").timeGauge().value(TimeUnit.SECONDS))
                .isBetween(0.0, 60.0);
        assertThat(rig.meters.get("cascade.capture.restarts").counter().count()).isZero();
    }

    private static int heartbeats() throws JsonProcessingException {
        return rig.events("__debezium-heartbeat.test").size();
    }

    /** The next records of the topic, exactly as many as are awaited. */
    private List<Event> next(int count) throws Exception {
        await().atMost(PATIENCE).until(() -> rig.events().size() >= seen + count);
        List<Event> events = rig.events();
        assertThat(events).hasSize(seen + count);
        return events.subList(seen, seen + count);
    }
}
