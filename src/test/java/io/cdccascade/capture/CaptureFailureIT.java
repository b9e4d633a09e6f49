package io.cdccascade.capture;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

import io.cdccascade.capture.CaptureRig.Event;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static io.cdccascade.capture.CaptureRig.PATIENCE;
import static io.cdccascade.capture.CaptureRig.TOPIC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class CaptureFailureIT {

    @TempDir
    private Path dir;
    private CaptureRig rig;

    @BeforeEach
    void startCapture() throws Exception {
        rig = new CaptureRig(dir);
        rig.startCapture();
        rig.awaitUp();
        await().atMost(PATIENCE).until(() -> rig.events().size() == 3);
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    @Test
    void rowsThatChangeWhileKafkaIsAwayArriveWhenItIsBack() throws Exception {
        rig.kafka.stop();
        rig.insert(1000, 1099);
        rig.awaitDown();
        rig.insert(1100, 1199);
        rig.kafka.start();

        awaitCodes(1000, 1199);
        rig.awaitUp();
        assertThat(ops()).as("nothing was lost that a snapshot would have to bring back").containsOnlyOnce("t");
    }

    @Test
    void captureThatStartsWithoutKafkaAndWithoutTheDatabaseWaitsForBoth() throws Exception {
        rig.stopCapture();
        rig.kafka.stop();
        rig.insert(1000, 1009);
        rig.postgres.stop();

        rig.startCapture();
        await().atMost(PATIENCE).until(() -> rig.health().getMessage().orElse("").contains("refused"));
        rig.postgres.start();
        rig.kafka.start();

        awaitCodes(1000, 1009);
        rig.awaitUp();
        assertThat(ops()).containsOnlyOnce("t");
    }

    @Test
    void aTerminatedBackendIsReplaced() throws Exception {
        rig.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'cascade'");
        rig.awaitDown();
        rig.insert(1000, 1009);

        awaitCodes(1000, 1009);
        rig.awaitUp();
        assertThat(ops()).containsOnlyOnce("t");
    }

    @Test
    void aRestartedDatabaseIsReadOn() throws Exception {
        rig.postgres.kill();
        rig.awaitDown();
        rig.postgres.start();
        rig.insert(1000, 1009);

        awaitCodes(1000, 1009);
        rig.awaitUp();
        assertThat(ops()).containsOnlyOnce("t");
    }

    @Test
    void aSlotThatIsDroppedUnderTheEngineIsReplacedAndTheTableReadAgain() throws Exception {
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            rig.sql("""
                    SELECT pg_terminate_backend(active_pid, 1000) FROM pg_replication_slots WHERE slot_name = 'cascade';
                    SELECT pg_drop_replication_slot('cascade')""");
            return true;
        });
        rig.awaitDown();
        rig.insert(1000, 1009);

        awaitSnapshotWith(1000, 1009);
        rig.awaitUp();
    }

    @Test
    void aSlotThatIsGoneAtTheStartIsReplacedAndTheTableReadAgain() throws Exception {
        rig.stopCapture();
        rig.sql("SELECT pg_drop_replication_slot('cascade')");
        rig.insert(1000, 1009);

        rig.startCapture();

        awaitSnapshotWith(1000, 1009);
    }

    @Test
    void aSlotThatSomebodyMadeAnewIsReplacedAndTheTableReadAgain() throws Exception {
        rig.stopCapture();
        rig.sql("SELECT pg_drop_replication_slot('cascade')");
        rig.insert(1000, 1009);
        rig.sql("SELECT pg_create_logical_replication_slot('cascade', 'pgoutput')");

        rig.startCapture();

        awaitSnapshotWith(1000, 1009);
    }

    @Test
    void aSlotThatSomebodyMovedIsReplacedAndTheTableReadAgain() throws Exception {
        rig.stopCapture();
        rig.insert(1000, 1009);
        rig.sql("SELECT pg_replication_slot_advance('cascade', pg_current_wal_lsn())");

        rig.startCapture();

        awaitSnapshotWith(1000, 1009);
    }

    @Test
    void aSlotThatLostItsLogIsReplacedAndTheTableReadAgain() throws Exception {
        rig.stopCapture();
        rig.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
        rig.sql("SELECT pg_reload_conf()");
        rig.insert(1000, 1009);
        await().atMost(PATIENCE).until(() -> {
            rig.sql("SELECT pg_logical_emit_message(false, 'fill', 'x'), pg_switch_wal()");
            rig.sql("CHECKPOINT");
            return rig.query("SELECT wal_status FROM pg_replication_slots").equals("lost");
        });

        rig.startCapture();

        awaitSnapshotWith(1000, 1009);
    }

    @Test
    void whenKafkaHasLostTheOffsetsTheTableIsReadAgain() throws Exception {
        rig.stopCapture();
        rig.insert(1000, 1009);
        try (var admin = Admin.create(Map.of("bootstrap.servers", rig.kafka.bootstrapServers()))) {
            admin.deleteTopics(List.of("test.offsets")).all().get();
        }

        rig.startCapture();

        awaitSnapshotWith(1000, 1009);
    }

    @Test
    void aTableThatWasEmptiedWhileTheSlotWasGoneIsStillForgotten() throws Exception {
        rig.stopCapture();
        rig.sql("SELECT pg_drop_replication_slot('cascade')");
        rig.sql("DELETE FROM sinners");

        rig.startCapture();
        rig.awaitUp();

        assertThat(ops()).containsExactly("t", "r", "r", "t");
    }

    @Test
    void aRestartOfTheRouteReadsOnWithoutASnapshotAndLeavesNoThreadBehind() throws Exception {
        var routes = rig.main().getCamelContext().getRouteController();
        routes.stopRoute("capture");
        await().atMost(PATIENCE).until(() -> threads().isEmpty());
        for (int round = 0; round < 3; round++) {
            routes.startRoute("capture");
            rig.awaitUp();
            routes.stopRoute("capture");
        }
        rig.insert(1000, 1009);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(threads()).isEmpty());
        routes.startRoute("capture");
        awaitCodes(1000, 1009);
        assertThat(ops()).containsExactly("t", "r", "r", "c", "c", "c", "c", "c", "c", "c", "c", "c", "c");
    }

    /** The threads of capture, Debezium and Kafka's clients; the embedded broker's come and go. */
    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.matches("(?i).*(capture|debezium|cdc-cascade|pool-|kafka-producer|kafka-admin).*"))
                .collect(Collectors.toSet());
    }

    private List<String> ops() throws Exception {
        return rig.events().stream().map(Event::op).toList();
    }

    private void awaitCodes(long from, long to) {
        var wanted = LongStream.rangeClosed(from, to).boxed().toList();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(rig.events(TOPIC)).filteredOn(event -> "c".equals(event.op()))
                .extracting(Event::code).containsAll(wanted));
    }

    /** Awaits a second snapshot that begins with a TRUNCATE and has all these rows. */
    private void awaitSnapshotWith(long from, long to) {
        var wanted = LongStream.rangeClosed(from, to).boxed().toList();
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<Event> events = rig.events();
            int truncate = events.stream().map(Event::op).toList().lastIndexOf("t");
            assertThat(truncate).isPositive();
            assertThat(events.subList(truncate, events.size())).filteredOn(event -> "r".equals(event.op()))
                    .extracting(Event::code).containsAll(wanted);
        });
    }
}
