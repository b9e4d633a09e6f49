package io.cdccascade.capture;

import static io.cdccascade.capture.CaptureRig.PATIENCE;
import static io.cdccascade.capture.CaptureRig.TOPIC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.capture.CaptureRig.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CaptureKillIT {

    private static final int ROWS = 20_000;

    @TempDir
    private Path dir;

    private CaptureRig rig;
    private Process capture;

    enum End {
        SIGKILL,
        SIGTERM
    }

    @BeforeEach
    void startCapture() throws Exception {
        rig = new CaptureRig(dir);
        capture = start();
    }

    @AfterEach
    void stop() {
        capture.destroyForcibly();
        rig.close();
    }

    @ParameterizedTest
    @EnumSource
    void everyRowOfATransactionThatWasBeingDeliveredIsOnTheTopicAfterARestart(End end) throws Exception {
        rig.awaitStoredSnapshot();
        long snapshots = rig.snapshots();
        long before = records();
        rig.insert(1001, 1000 + ROWS);
        endInTheMiddleOf(end, before, before + ROWS);
        capture = start();

        awaitAllCreated();
        assertThat(rig.snapshots()).as("read on, not read again").isEqualTo(snapshots);
    }

    @ParameterizedTest
    @EnumSource
    void rowsThatChangedWhileKafkaWasAwayAndCaptureWasEndedAreOnTheTopicAfterARestart(End end) throws Exception {
        rig.awaitStoredSnapshot();
        long snapshots = rig.snapshots();
        rig.kafka.stop();
        rig.insert(1001, 1000 + ROWS);

        end(end);
        rig.kafka.start();
        capture = start();

        awaitAllCreated();
        assertThat(rig.snapshots()).isEqualTo(snapshots);
    }

    @Test
    void aSnapshotThatWasKilledIsTakenAgainFromItsBeginning() throws Exception {
        end(End.SIGKILL);
        rig.insert(1001, 1000 + ROWS);
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            rig.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
            return true;
        });

        capture = start();
        long before = records();
        endInTheMiddleOf(End.SIGKILL, before, before + ROWS);
        rig.sql("DELETE FROM sinners WHERE code = 1001");
        long snapshots = rig.snapshots();
        capture = start();

        await().atMost(PATIENCE).untilAsserted(() -> {
            List<Event> events = rig.events();
            assertThat(rig.snapshots()).isGreaterThan(snapshots);
            int truncate = events.stream().map(Event::op).toList().lastIndexOf("t");
            assertThat(events.subList(truncate, events.size()))
                    .filteredOn(event -> "r".equals(event.op()))
                    .hasSize(ROWS + 1);
        });
    }

    private void awaitAllCreated() {
        await().atMost(PATIENCE).until(() -> records() >= ROWS);
        await().atMost(PATIENCE).untilAsserted(() -> {
            Set<Long> created = rig.events().stream()
                    .filter(event -> "c".equals(event.op()))
                    .map(Event::code)
                    .collect(Collectors.toSet());
            assertThat(LongStream.rangeClosed(1001, 1000 + ROWS)
                            .filter(code -> !created.contains(code))
                            .count())
                    .as("rows that are not on the topic")
                    .isZero();
        });
    }

    /** Ends the process when some of the records are on the topic, and makes sure that it was some and not all. */
    private void endInTheMiddleOf(End end, long from, long to) throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", rig.kafka.bootstrapServers()))) {
            while (records(admin) <= from) {
                assertThat(capture.isAlive()).isTrue();
            }
        }
        end(end);
        assertThat(records()).isGreaterThan(from).isLessThan(to);
    }

    private void end(End end) throws InterruptedException {
        if (end == End.SIGKILL) {
            capture.destroyForcibly();
        } else {
            capture.destroy();
        }
        capture.waitFor();
    }

    private long records() throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", rig.kafka.bootstrapServers()))) {
            return records(admin);
        }
    }

    private static long records(Admin admin) throws Exception {
        if (!admin.listTopics().names().get().contains(TOPIC)) {
            return 0;
        }
        var partition = new TopicPartition(TOPIC, 0);
        return admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                .partitionResult(partition)
                .get()
                .offset();
    }

    private Process start() throws IOException {
        Path settings = dir.resolve("capture.properties");
        try (var writer = Files.newBufferedWriter(settings)) {
            rig.settings().store(writer, null);
        }
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CaptureProcess.class.getName(),
                        settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        dir.resolve("capture.log").toFile()))
                .start();
    }
}
