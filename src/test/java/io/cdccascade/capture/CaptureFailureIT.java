package io.cdccascade.capture;

import static io.cdccascade.capture.CaptureRig.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.capture.CaptureRig.Event;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureFailureIT {

    /** What tests before this one have left behind in the same JVM. */
    private final Set<Thread> others = Thread.getAllStackTraces().keySet();

    @TempDir
    private Path dir;

    private CaptureRig rig;
    private long snapshots;

    @BeforeEach
    void startCapture() throws Exception {
        rig = new CaptureRig(dir);
        rig.startCapture();
        rig.awaitUp();
        rig.awaitStoredSnapshot();
        snapshots = rig.snapshots();
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
        assertThat(rig.snapshots())
                .as("nothing was lost that a snapshot had to bring back")
                .isEqualTo(snapshots);
    }

    @Test
    void captureThatStartsWithoutKafkaAndWithoutTheDatabaseWaitsForBoth() throws Exception {
        rig.stopCapture();
        rig.kafka.stop();
        rig.insert(1000, 1009);
        rig.postgres.stop();

        rig.startCapture();
        await().atMost(PATIENCE)
                .until(() -> rig.health().getMessage().orElse("").contains("refused"));
        rig.postgres.start();
        rig.kafka.start();

        awaitCodes(1000, 1009);
        rig.awaitUp();
        assertThat(rig.snapshots()).isEqualTo(snapshots);
    }

    @Test
    void aTerminatedBackendIsReplaced() throws Exception {
        rig.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'cascade'");
        rig.awaitDown();
        rig.insert(1000, 1009);

        awaitCodes(1000, 1009);
        rig.awaitUp();
        assertThat(rig.snapshots()).isEqualTo(snapshots);
    }

    @Test
    void aRestartedDatabaseIsReadOn() throws Exception {
        rig.postgres.kill();
        rig.awaitDown();
        rig.postgres.start();
        rig.insert(1000, 1009);

        awaitCodes(1000, 1009);
        rig.awaitUp();
        assertThat(rig.snapshots()).isEqualTo(snapshots);
    }

    @Test
    void aSlotThatIsDroppedUnderTheEngineIsReplacedAndTheTableReadAgain() throws Exception {
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            rig.sql("""
                    SELECT pg_terminate_backend(active_pid, 1000) FROM pg_replication_slots
                    WHERE slot_name = 'cascade';
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

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSlotThatSomebodyMadeAgainIsReplacedAndTheTableReadAgain(boolean afterAChange) throws Exception {
        if (afterAChange) {
            // Debezium's offset looks different once it is not the snapshot's any more.
            rig.insert(1, 1);
            awaitCodes(1, 1);
        }
        rig.stopCapture();
        rig.sql("SELECT pg_drop_replication_slot('cascade')");
        rig.insert(1000, 1009);
        rig.sql("SELECT pg_create_logical_replication_slot('cascade', 'pgoutput')");

        rig.startCapture();

        awaitSnapshotWith(1000, 1009);
    }

    @Test
    void aRoleThatMayReplicateAndReadTheTableIsEnoughToReplaceASlot() throws Exception {
        rig.stopCapture();
        rig.sql("CREATE ROLE capture LOGIN REPLICATION PASSWORD 'secret'; GRANT SELECT ON sinners TO capture");
        rig.insert(1000, 1009);
        rig.sql("SELECT pg_replication_slot_advance('cascade', pg_current_wal_lsn())");
        Properties settings = rig.settings();
        settings.putAll(Map.of("cascade.postgres.user", "capture", "cascade.postgres.password", "secret"));

        rig.startCapture(settings);

        awaitSnapshotWith(1000, 1009);
        rig.insert(1010, 1019);
        awaitCodes(1010, 1019);
    }

    @Test
    void aTableThatTheRoleMayNotReadIsForgottenInASnapshotAndStopsNobody() throws Exception {
        rig.stopCapture();
        rig.sql(
                "CREATE ROLE capture LOGIN REPLICATION PASSWORD 'secret'; GRANT SELECT ON sinners TO capture;"
                        + " CREATE SCHEMA closed; CREATE TABLE closed.\"Sec ret\" (id int PRIMARY KEY, v text);"
                        + " INSERT INTO closed.\"Sec ret\" VALUES (1, 'a'); ALTER PUBLICATION cascade ADD TABLE closed.\"Sec ret\"");
        rig.insert(1000, 1009);
        rig.sql("SELECT pg_drop_replication_slot('cascade')");
        Properties settings = rig.settings();
        settings.putAll(Map.of("cascade.postgres.user", "capture", "cascade.postgres.password", "secret"));

        rig.startCapture(settings);

        awaitSnapshotWith(1000, 1009);
        rig.sql("UPDATE closed.\"Sec ret\" SET v = 'b'");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(rig.events("test.closed.Sec_ret"))
                        .extracting(Event::op)
                        .containsExactly("t", "u"));
    }

    @Test
    void aWrongPasswordIsAReasonToBeDownAndIsNotShown() throws Exception {
        rig.stopCapture();
        Properties settings = rig.settings();
        settings.setProperty("cascade.postgres.password", "wrong-secret");

        rig.startCapture(settings);

        await().atMost(PATIENCE)
                .until(() -> rig.health().getMessage().orElse("").contains("authentication failed"));
        assertThat(rig.health().getMessage().orElseThrow()).doesNotContain("wrong-secret");
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
            return rig.query("SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'cascade'")
                    .equals("lost");
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

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(ops()).endsWith("r", "r", "t"));
    }

    @Test
    void aRestartOfTheRouteReadsOnWithoutASnapshotAndLeavesNoThreadBehind() throws Exception {
        var routes = rig.main().getCamelContext().getRouteController();
        routes.stopRoute("capture");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(threads()).isEmpty());
        for (int round = 0; round < 3; round++) {
            routes.startRoute("capture");
            rig.awaitUp();
            routes.stopRoute("capture");
        }
        rig.insert(1000, 1009);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(threads()).isEmpty());
        routes.startRoute("capture");
        awaitCodes(1000, 1009);
        assertThat(rig.snapshots()).isEqualTo(snapshots);
    }

    @Test
    void whatIsLargerThanKafkaAcceptsIsPublishedWithoutItsValuesAndAllElseGoesOn() throws Exception {
        rig.stopCapture();
        rig.sql("""
                ALTER TABLE sinners ALTER libram TYPE text;
                CREATE ROLE stranger LOGIN PASSWORD 'stranger'""");
        try (var admin = Admin.create(Map.of("bootstrap.servers", rig.kafka.bootstrapServers()))) {
            var limit = new AlterConfigOp(new ConfigEntry("max.message.bytes", "200000"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(
                            Map.of(new ConfigResource(ConfigResource.Type.TOPIC, CaptureRig.TOPIC), List.of(limit)))
                    .all()
                    .get();
        }
        Properties settings = rig.settings();
        settings.setProperty("cascade.kafka.max-record-bytes", "600000");
        rig.startCapture(settings);
        rig.awaitUp();

        // The broker refuses the first large row, the producer the second one.
        rig.sql("""
                INSERT INTO sinners (code, name, class, libram) SELECT i, 'name', 'A',
                    repeat('x', CASE i WHEN 1005 THEN 300000 WHEN 1006 THEN 1000000 END) FROM generate_series(1000, 1009) i;
                UPDATE sinners SET tendency = 'x' WHERE code = 1006;
                DELETE FROM sinners WHERE code = 1006;
                SET ROLE stranger;
                SELECT pg_logical_emit_message(true, 'strange', repeat('x', 1000000));
                SELECT pg_logical_emit_message(false, 'strange', repeat('x', 1000000))""");
        rig.insert(1010, 1019);

        awaitCodes(1000, 1019);
        assertThat(rig.events())
                .filteredOn(event -> event.value() != null && List.of("c", "u").contains(event.op()))
                .filteredOn(event -> event.value().get("after").isNull())
                .as("changes without their values")
                .extracting(Event::code)
                .contains(1005L, 1006L)
                .containsOnly(1005L, 1006L);
        assertThat(rig.events())
                .filteredOn(event -> "d".equals(event.op()))
                .extracting(Event::code)
                .contains(1006L);
        rig.awaitUp();
        assertThat(rig.health().getDetails().get("oversize").toString()).contains("public.sinners", "no table");
        assertThat(rig.meters.get("cascade.capture.oversize").counter().count()).isPositive();
        assertThat(rig.snapshots()).isEqualTo(snapshots);
    }

    @Test
    void aTableWhoseTopicCannotExistBesideAnotherOneIsForgottenAndStopsNobody() throws Exception {
        rig.sql("""
                CREATE TABLE eu_orders (id int PRIMARY KEY);
                CREATE TABLE "eu.orders" (id int PRIMARY KEY);
                ALTER PUBLICATION cascade ADD TABLE eu_orders, "eu.orders";
                INSERT INTO eu_orders VALUES (1)""");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(rig.events("test.public.eu_orders"))
                        .extracting(Event::op)
                        .containsExactly("c"));

        rig.sql("INSERT INTO \"eu.orders\" VALUES (1), (2); DELETE FROM \"eu.orders\" WHERE id = 1");
        rig.insert(1000, 1009);

        awaitCodes(1000, 1009);
        assertThat(rig.events("test._.refused"))
                .isNotEmpty()
                .allSatisfy(event -> assertThat(event.op()).isEqualTo("t"))
                .allSatisfy(event -> assertThat(
                                event.value().path("source").path("table").asText())
                        .isEqualTo("eu.orders"));
        rig.awaitUp();
        assertThat(rig.health().getDetails().get("refusedTopics").toString()).contains("test.public.eu.orders");
        rig.sql("INSERT INTO eu_orders VALUES (2)");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(rig.events("test.public.eu_orders"))
                        .extracting(Event::op)
                        .containsExactly("c", "c"));
        assertThat(rig.snapshots()).isEqualTo(snapshots);
    }

    /** The threads of capture, Debezium and Kafka's clients; the embedded broker's come and go. */
    private Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !others.contains(thread))
                .map(Thread::getName)
                .filter(name -> name.matches("(?i).*(capture|debezium|cascade|pool-|kafka-producer|kafka-admin).*"))
                .collect(Collectors.toSet());
    }

    private List<String> ops() throws Exception {
        return rig.events().stream().map(Event::op).toList();
    }

    private void awaitCodes(long from, long to) {
        var wanted = LongStream.rangeClosed(from, to).boxed().toList();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(rig.events())
                        .filteredOn(event -> "c".equals(event.op()))
                        .extracting(Event::code)
                        .containsAll(wanted));
    }

    /** Awaits another snapshot that begins with a TRUNCATE and has all these rows. */
    private void awaitSnapshotWith(long from, long to) {
        var wanted = LongStream.rangeClosed(from, to).boxed().toList();
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<Event> events = rig.events();
            assertThat(rig.snapshots()).isGreaterThan(snapshots);
            int truncate = events.stream().map(Event::op).toList().lastIndexOf("t");
            assertThat(events.subList(truncate, events.size()))
                    .filteredOn(event -> "r".equals(event.op()))
                    .extracting(Event::code)
                    .containsAll(wanted);
        });
    }
}
