package io.cdccascade.capture;

import static io.cdccascade.capture.CaptureRig.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.capture.CaptureRig.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data directory that is put back has the identifier, the timeline and the slot of the one that it replaces. */
class DatabaseHistoryIT {

    @TempDir
    private static Path dir;

    private static CaptureRig rig;

    @BeforeAll
    static void start() throws Exception {
        rig = new CaptureRig(dir);
        rig.startCapture();
        rig.awaitUp();
        rig.awaitStoredSnapshot();
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @Test
    void aCopyThatIsPutBackUnderTheRunningCaptureIsReadAgain() throws Exception {
        copyAndGoOn(1000);
        long snapshots = rig.snapshots();

        putBack();
        rig.sql("UPDATE sinners SET name = 'after the restore' WHERE code = 14");

        awaitSnapshotAfter(snapshots);
        awaitName(14, "after the restore");
        rig.awaitUp();
    }

    @Test
    void aCopyWhoseLogHasGrownPastTheOffsetIsReadAgain() throws Exception {
        copyAndGoOn(2000);
        rig.stopCapture();
        long snapshots = rig.snapshots();
        String end = rig.query("SELECT pg_current_wal_lsn()");

        putBack();
        rig.insert(3000, 6000);
        assertThat(rig.query("SELECT pg_current_wal_flush_lsn() > '" + end + "'::pg_lsn"))
                .as("the log has grown past every position that was captured")
                .isEqualTo("t");
        rig.startCapture();

        awaitSnapshotAfter(snapshots);
        rig.awaitUp();
    }

    @Test
    void aServerThatStopsAndStartsIsReadOn() throws Exception {
        long snapshots = rig.snapshots();

        rig.postgres.stop();
        rig.awaitDown();
        rig.postgres.start();
        rig.sql("UPDATE sinners SET name = 'after the restart' WHERE code = 17");

        awaitName(17, "after the restart");
        rig.awaitUp();
        assertThat(rig.snapshots()).isEqualTo(snapshots);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                rig.query("SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical'"))
                        .as("marks that are left behind")
                        .isIn("1", "2"));
    }

    @Test
    void aSlotOfThatNameInAnotherDatabaseIsLeftAloneAndNamed() throws Exception {
        rig.sql("CREATE DATABASE other");
        rig.stopCapture();
        // The server notices a moment later that the reader has gone.
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            rig.sql("SELECT pg_drop_replication_slot('cascade')");
            return true;
        });
        try (var other = DriverManager.getConnection(
                        rig.postgres.jdbcUrl().replace("cdc-cascade-db", "other"), "admin", "adminpw");
                var statement = other.createStatement()) {
            statement.execute("SELECT pg_create_logical_replication_slot('cascade', 'pgoutput')");
            String theirs = position();

            rig.startCapture();

            await().atMost(PATIENCE)
                    .until(() ->
                            rig.health().getMessage().orElse("").contains("slot cascade is of the database other"));
            assertThat(position()).isEqualTo(theirs);
            statement.execute("SELECT pg_drop_replication_slot('cascade')");
            rig.awaitUp();
        }
    }

    private static String position() throws Exception {
        return rig.query("SELECT concat_ws(' ', database, restart_lsn, confirmed_flush_lsn) FROM pg_replication_slots"
                + " WHERE slot_name = 'cascade'");
    }

    /** Copies the data of the stopped server and captures more changes after. */
    private static void copyAndGoOn(int code) throws Exception {
        rig.awaitUp();
        rig.postgres.stop();
        rig.awaitDown();
        copy(data(), dir.resolve("copy"));
        rig.postgres.start();
        rig.insert(code, code + 99);
        await().atMost(PATIENCE)
                .until(() -> rig.events().stream().anyMatch(event -> event.key() != null && event.code() == code + 99));
        rig.awaitUp();
        awaitOffset();
    }

    /** Until an offset has been stored that stands behind everything that was captured. */
    private static void awaitOffset() throws Exception {
        String end = rig.query("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn");
        rig.sql("SELECT pg_logical_emit_message(false, 'test', '')");
        await().atMost(PATIENCE).until(() -> {
            List<Event> offsets = rig.events("test.offsets");
            return offsets.get(offsets.size() - 1).value().path("lsn").asLong() >= Long.parseLong(end);
        });
    }

    private static void putBack() throws IOException {
        rig.postgres.stop();
        delete(data());
        copy(dir.resolve("copy"), data());
        delete(dir.resolve("copy"));
        rig.postgres.start();
    }

    private static void awaitSnapshotAfter(long snapshots) {
        await().atMost(PATIENCE).until(() -> rig.snapshots() > snapshots);
    }

    private static void awaitName(int code, String name) {
        await().atMost(PATIENCE)
                .until(() -> rig.events().stream()
                        .filter(event -> event.value() != null && event.key() != null && event.code() == code)
                        .anyMatch(event -> event.value()
                                .path("after")
                                .path("name")
                                .asText()
                                .equals(name)));
    }

    private static Path data() {
        return dir.resolve("postgres").resolve("data");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
