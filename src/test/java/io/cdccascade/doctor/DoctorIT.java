package io.cdccascade.doctor;

import static io.cdccascade.doctor.Patient.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.cdccascade.cache.RedisSettings;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * One system whose servers are made wrong in one way after the other. Each time the finding names it, what the finding says
 * is done, and the finding is gone.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DoctorIT {

    private static final String SLOT = "slot cdc_cascade";
    private static final String SECRET = "s3cret-Of-Ours";

    private static CascadeSystem system;
    private static Patient patient;
    private static TableFiles files;

    @BeforeAll
    static void start() {
        system = CascadeSystem.start(Map.of("cascade.doctor.every-ms", "500"));
        patient = new Patient(system);
        files = new TableFiles(system);
    }

    @AfterAll
    static void stop() {
        system.close();
        patient.close();
        assertThat(patient.said()).isNotEmpty().doesNotContain("adminpw", "rootpw", SECRET);
    }

    @Test
    @Order(1)
    void theShippedSystemHasNothingThatHasToBeDone() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(patient.troubles()).isEmpty());
        assertThat(patient.findings()).extracting(Finding::server).contains("PostgreSQL", "Kafka", "Redis");
        assertThat(patient.findings())
                .as("nothing is left unchecked")
                .allSatisfy(finding -> assertThat(finding.severity()).isEqualTo(Finding.Severity.OK));
    }

    @ParameterizedTest(name = "{0} = {1}")
    @Order(2)
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            fsync                         | off
            full_page_writes              | off
            synchronous_commit            | off
            max_slot_wal_keep_size        | -1
            idle_replication_slot_timeout | 600
            synchronous_standby_names     | 'ghost'
            """)
    void aSettingOfPostgres(String setting, String value) throws Exception {
        system.sql("ALTER SYSTEM SET " + setting + " = " + value, "SELECT pg_reload_conf()");

        patient.awaitCured("PostgreSQL", setting);

        system.sql("ALTER SYSTEM RESET " + setting, "SELECT pg_reload_conf()");
    }

    @ParameterizedTest(name = "{0}")
    @Order(2)
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            publication cascade                    | ALTER PUBLICATION cascade SET (publish = 'insert, update')
            publication cascade                    | ALTER PUBLICATION cascade RENAME TO other
            replica identity of public.loose       | CREATE TABLE loose (id int); ALTER PUBLICATION cascade ADD TABLE loose
            replica identity of public.loosened    | CREATE TABLE loosened (id int PRIMARY KEY); \
            ALTER TABLE loosened REPLICA IDENTITY NOTHING; ALTER PUBLICATION cascade ADD TABLE loosened
            """)
    void thePublication(String check, String provocation) throws Exception {
        // Otherwise the follower creates the publication that is missing.
        system.context().getRouteController().stopRoute("follow-tables");
        try {
            system.sql(provocation);

            patient.awaitCured("PostgreSQL", check);
        } finally {
            system.sql("DROP PUBLICATION IF EXISTS other", "DROP TABLE IF EXISTS loose, loosened");
            system.context().getRouteController().startRoute("follow-tables");
        }
    }

    @ParameterizedTest(name = "{0}")
    @Order(2)
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            unlogged    | CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY)
            deferred    | CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE)
            indexed     | CREATE TABLE indexed (id int NOT NULL UNIQUE)
            nothing     | CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING
            partitioned | CREATE TABLE partitioned (id int PRIMARY KEY) PARTITION BY HASH (id); \
            ALTER PUBLICATION cascade SET (publish_via_partition_root = false)
            """)
    void aTableThatCannotBePublished(String table, String provocation) throws Exception {
        system.sql(provocation);
        files.put(table, "table", table);
        try {
            // Once it can be published, the follower does it.
            patient.awaitCured("PostgreSQL", table + ".camel.yaml");
        } finally {
            files.remove(table);
            system.sql("DROP TABLE " + table);
        }
    }

    @Test
    @Order(2)
    void aTableThatIsNotPublished() throws Exception {
        system.context().getRouteController().stopRoute("follow-tables");
        try {
            system.sql("CREATE TABLE unpublished (id int PRIMARY KEY)");
            files.put("unpublished", "table", "unpublished");

            patient.awaitCured("PostgreSQL", "unpublished.camel.yaml");
        } finally {
            files.remove("unpublished");
            system.sql("DROP TABLE unpublished");
            system.context().getRouteController().startRoute("follow-tables");
        }
    }

    @Test
    @Order(2)
    void aTableFileThatIsWrongIsNamedAlsoWhilePostgresIsUnreachable() throws Exception {
        files.put("wrong", "table", "sinners");
        try {
            assertThat(patient.withPostgresPort(freePort()).troubles())
                    .anyMatch(finding -> finding.text().contains("path: sinners is taken by the bean sinners"));
        } finally {
            files.remove("wrong");
        }
    }

    @Test
    @Order(2)
    void whatTheRoleMayNot() throws Exception {
        system.sql(
                "CREATE ROLE weak LOGIN PASSWORD '" + SECRET + "'",
                "CREATE SCHEMA closed",
                "CREATE TABLE closed.one (id int PRIMARY KEY)",
                "ALTER PUBLICATION cascade ADD TABLE closed.one",
                "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
        Patient weak = patient.withPostgres(patient.postgres("weak", SECRET));
        assertThat(weak.findings()).anyMatch(finding -> finding.check().equals("pg_read_all_stats"));

        weak.awaitCured("PostgreSQL", "REPLICATION");
        weak.awaitCured("PostgreSQL", "pg_control_system");
        weak.awaitCured("PostgreSQL", "SELECT public.sinners");
        weak.awaitCured("PostgreSQL", "SELECT closed.one");

        assertThat(weak.troubles()).isEmpty();
        assertThat(weak.findings()).noneMatch(finding -> finding.meaning().contains("could not be checked"));
        system.sql(
                "GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC",
                "DROP SCHEMA closed CASCADE",
                "DROP OWNED BY weak",
                "DROP ROLE weak");
    }

    @Test
    @Order(2)
    void aTransactionThatIsOpenForLong() throws Exception {
        Patient strict = patient.withLimits(new DoctorSettings.Limits(1L << 40, 1L << 40, 0, 60_000, 1_000_000));
        try (Connection open = system.servers().postgres().connect()) {
            open.setAutoCommit(false);
            int pid;
            try (var rows = open.createStatement().executeQuery("SELECT pg_backend_pid()")) {
                rows.next();
                pid = rows.getInt(1);
            }

            strict.awaitCured("PostgreSQL", "transaction of session " + pid);

            assertThatThrownBy(() -> open.createStatement().execute("SELECT 1")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    @Order(2)
    void largeTransactionsThatDoNotFitTheMemory() throws Exception {
        Patient strict = patient.withLimits(new DoctorSettings.Limits(1L << 40, 1L << 20, 300, 60_000, 1_000_000));
        system.sql(
                "ALTER SYSTEM SET logical_decoding_work_mem = '64kB'",
                "SELECT pg_reload_conf()",
                "CREATE TABLE wide (id int PRIMARY KEY, text text)",
                "ALTER PUBLICATION cascade ADD TABLE wide");
        await().atMost(PATIENCE).untilAsserted(() -> {
            system.sql(
                    "INSERT INTO wide SELECT n, repeat('x', 500) FROM generate_series(1, 5000) n", "DELETE FROM wide");
            assertThat(strict.findings()).anyMatch(finding -> finding.check().equals("logical_decoding_work_mem"));
        });

        patient.obey(strict.await("PostgreSQL", "logical_decoding_work_mem"));

        strict.awaitWithout("PostgreSQL", "logical_decoding_work_mem");
        system.sql("DROP TABLE wide");
    }

    @Test
    @Order(2)
    void aSlotOfSomebodyElseThatNobodyReads() throws Exception {
        system.sql(
                "SELECT pg_create_logical_replication_slot('forgotten', 'pgoutput')",
                "SELECT pg_logical_emit_message(false, 'x', repeat('x', 3000000)) FROM generate_series(1, 2)");

        patient.withLimits(new DoctorSettings.Limits(4L << 20, 1L << 40, 300, 60_000, 1_000_000))
                .awaitCured("PostgreSQL", "slot forgotten");
    }

    @Test
    @Order(3)
    void theSlotOfCapture() throws Exception {
        system.context().getRouteController().stopRoute("capture");
        assertThat(patient.awaitTrouble("PostgreSQL", SLOT).meaning()).contains("nobody reads it");

        system.sql(
                "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'",
                "SELECT pg_reload_conf()",
                "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000)) FROM generate_series(1, 40)",
                "SELECT pg_switch_wal()",
                "CHECKPOINT");
        Finding lost = await().atMost(PATIENCE)
                .until(
                        () -> patient.awaitTrouble("PostgreSQL", SLOT),
                        finding -> finding.meaning().contains("it has lost the log"));
        patient.obey(lost);

        system.sql(
                "SELECT pg_drop_replication_slot('cdc_cascade')",
                "SELECT pg_create_physical_replication_slot('cdc_cascade')");
        Finding foreign = patient.awaitTrouble("PostgreSQL", SLOT);
        assertThat(foreign.meaning()).contains("is not for logical decoding");
        patient.obey(foreign);
        assertThat(patient.awaitTrouble("PostgreSQL", SLOT).fix()).startsWith("start the application");

        system.context().getRouteController().startRoute("capture");
        patient.awaitWithout("PostgreSQL", SLOT);
        system.sql("ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()");
    }

    @ParameterizedTest(name = "{0} of {1}")
    @Order(2)
    @CsvSource({
        "retention.ms,        cascade.public.sinners, 60000",
        "retention.bytes,     cascade.public.sinners, 1000000",
        "cleanup.policy,      cascade.public.sinners, compact",
        "max.message.bytes,   cascade.public.sinners, 1048576",
        "min.insync.replicas, cascade.public.sinners, 2",
        "cleanup.policy,      cascade.offsets,        delete",
    })
    void aSettingOfATopic(String setting, String topic, String value) throws Exception {
        patient.alter(topic, setting, value);

        patient.awaitCured("Kafka", topic);
    }

    @Test
    @Order(2)
    void aGroupWithoutMembers() throws Exception {
        system.context().getRouteController().stopRoute("invalidate-entries");

        assertThat(patient.awaitTrouble("Kafka", "group cdc-cascade").meaning()).contains("has no members");

        system.context().getRouteController().startRoute("invalidate-entries");
        patient.awaitWithout("Kafka", "group cdc-cascade");
    }

    @ParameterizedTest(name = "{1}")
    @Order(2)
    @CsvSource({
        "maxmemory,    CONFIG SET maxmemory 0",
        "maxmemory-policy, CONFIG SET maxmemory-policy allkeys-random",
        "maxmemory-policy, CONFIG SET maxmemory-policy noeviction",
        "replicas,     CONFIG SET min-replicas-to-write 1",
        "appendfsync,  CONFIG SET appendonly yes appendfsync always",
        "role,         REPLICAOF 127.0.0.1 1",
    })
    void aSettingOfRedis(String check, String provocation) {
        patient.redis(provocation.split(" "));

        patient.awaitCured("Redis", check);

        patient.redis("CONFIG", "SET", "appendonly", "no", "maxmemory", "512mb");
    }

    @Test
    @Order(2)
    void aRedisThatCannotSaveAndRefusesWrites() throws Exception {
        // What is to be renamed to this name cannot be.
        Path obstacle = Files.createDirectories(Path.of(system.setting("cascade.data"), "redis", "dump.rdb", "full"));
        patient.redis("CONFIG", "SET", "save", "3600 1");
        patient.redis("BGSAVE");

        patient.awaitCured("Redis", "persistence");

        Files.delete(obstacle);
        Files.delete(obstacle.getParent());
    }

    @Test
    @Order(2)
    void aRedisThatForbidsConfigIsSaidToBeUnchecked() {
        patient.redis("ACL", "SETUSER", "default", "-config");
        Finding unchecked = patient.await("Redis", "CONFIG GET");
        assertThat(unchecked.severity()).isEqualTo(Finding.Severity.NOTE);

        patient.obey(unchecked);

        patient.awaitWithout("Redis", "CONFIG GET");
        patient.redis("ACL", "SETUSER", "default", "+config");
    }

    @Test
    @Order(2)
    void clocksThatDiffer() {
        Patient late = patient.withClock(Clock.offset(Clock.systemUTC(), Duration.ofHours(-1)));

        assertThat(late.troubles()).extracting(Finding::server).containsExactlyInAnyOrder("PostgreSQL", "Redis");
        assertThat(late.troubles())
                .allSatisfy(finding ->
                        assertThat(finding.meaning()).contains("ahead of").contains("PT"));
    }

    @Test
    @Order(2)
    void aServerThatIsUnreachableOrHangsIsNamedAndTheOthersAreExamined() throws Exception {
        try (ServerSocket hung = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            int closed = freePort();
            assertThat(patient.withPostgresPort(hung.getLocalPort()).troubles())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.meaning()).startsWith("PostgreSQL at"));
            assertThat(patient.withKafkaPort(closed).troubles())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.meaning()).startsWith("Kafka at"));
            assertThat(patient.withRedis(hung.getLocalPort(), "rootpw").troubles())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.meaning()).startsWith("Redis at"));
        }
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    @Order(2)
    void aPasswordThatIsWrongIsNotShown() {
        assertThat(patient.withPostgres(patient.postgres("admin", SECRET)).troubles())
                .singleElement()
                .satisfies(finding -> assertThat(finding.fix()).contains("cascade.postgres.password"));
        assertThat(patient.withRedis(Integer.parseInt(system.setting("cascade.redis.port")), SECRET)
                        .troubles())
                .singleElement()
                .satisfies(finding -> assertThat(finding.fix()).contains("cascade.redis.password"));
    }

    @Test
    @Order(2)
    void aRedisThatIsNoClusterAlthoughTheSettingsSaySo() {
        assertThat(patient.withRedis(new RedisSettings(
                                "127.0.0.1",
                                Integer.parseInt(system.setting("cascade.redis.port")),
                                "rootpw",
                                true,
                                1000,
                                1000))
                        .troubles())
                .singleElement()
                .satisfies(finding -> assertThat(finding.meaning()).contains("set cascade.redis.cluster=false"));
    }

    /** A right that is missing is no trouble of the servers; a check that fails otherwise says that it did. */
    @Test
    @Order(2)
    void aCheckThatFailsIsNotTakenForOneThatFoundNothing() {
        Findings findings = new Findings("PostgreSQL", new Secrets(List.of(SECRET)));

        findings.attempt("one", () -> {
            throw new SQLException("permission denied", "42501");
        });
        findings.attempt("other", () -> {
            throw new IllegalStateException(new SQLException("timeout of " + SECRET, "57014"));
        });

        assertThat(findings.all())
                .extracting(Finding::isTrouble, Finding::meaning)
                .containsExactly(
                        tuple(false, "could not be checked: permission denied"),
                        tuple(true, "could not be checked: timeout of ***"));
    }

    @Test
    @Order(2)
    void nothingIsWritten() {
        AtomicInteger sessions = new AtomicInteger();
        Patient watched = patient.withPostgres(new DelegatingDataSource(patient.postgres("admin", "adminpw")) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection real = super.getConnection();
                sessions.incrementAndGet();
                return Patient.beforeClose(
                        real,
                        () -> assertThatThrownBy(() -> real.createStatement().execute("CREATE TABLE scribbled ()"))
                                .hasMessageContaining("read-only transaction"));
            }
        });

        // The system itself may write meanwhile, but not each time.
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<String> before = patient.contents();
            sessions.set(0);
            watched.findings();
            assertThat(sessions).hasValue(1);
            assertThat(patient.contents()).isEqualTo(before);
        });
    }

    @Test
    @Order(2)
    void healthHasTheFindingsAndReadinessStaysUp() {
        patient.redis("CONFIG", "SET", "maxmemory", "0");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(system.request("GET", "/observe/health/ready?data=true", null)
                                .body())
                        .contains("\"Redis.maxmemory\"")
                        .contains("CONFIG SET maxmemory"));
        assertThat(system.readiness()).isEqualTo(200);

        patient.redis("CONFIG", "SET", "maxmemory", "512mb");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(system.request("GET", "/observe/health?data=true", null)
                                .body())
                        .doesNotContain("Redis.maxmemory"));
    }

    @Test
    @Order(2)
    void theScriptSaysByItsExitCodeWhetherSomethingHasToBeDone() throws Exception {
        Map<String, String> environment = Map.of(
                "CASCADE_POSTGRES_PORT", system.setting("cascade.postgres.port"),
                "CASCADE_KAFKA_PORT", system.setting("cascade.kafka.port"),
                "CASCADE_REDIS_PORT", system.setting("cascade.redis.port"));
        assertThat(patient.script(environment))
                .satisfies(run -> assertThat(run.output()).contains("notes: 0, warnings: 0, errors: 0"))
                .satisfies(run -> assertThat(run.exit()).isZero());

        patient.redis("CONFIG", "SET", "maxmemory", "0");
        assertThat(patient.script(environment))
                .satisfies(run -> assertThat(run.output()).contains("fix: CONFIG SET maxmemory"))
                .satisfies(run -> assertThat(run.exit()).isEqualTo(1));
        patient.redis("CONFIG", "SET", "maxmemory", "512mb");

        assertThat(patient.script(environment, "--verbose").exit()).isEqualTo(2);
        assertThat(patient.script(Map.of("CASCADE_REDIS_PORT", "many")))
                .satisfies(run -> assertThat(run.output()).contains("cascade.redis.port must be a whole number"))
                .satisfies(run -> assertThat(run.exit()).isEqualTo(2));
    }

    @Test
    @Order(4)
    void whatOnlyARestartOfPostgresChanges() throws Exception {
        system.context().getRouteController().stopRoute("capture");
        system.sql(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
                "ALTER SYSTEM SET wal_level = replica",
                "ALTER SYSTEM SET max_replication_slots = 1",
                "ALTER SYSTEM SET max_wal_senders = 0",
                "ALTER SYSTEM SET max_prepared_transactions = 2");
        restart();
        system.sql("BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'left behind'");

        patient.withLimits(new DoctorSettings.Limits(1L << 40, 1L << 40, 0, 60_000, 1_000_000))
                .awaitCured("PostgreSQL", "prepared transaction 'left behind'");
        for (String check : List.of("wal_level", "max_replication_slots", "max_wal_senders")) {
            patient.obey(patient.awaitTrouble("PostgreSQL", check));
        }
        restart();

        for (String check : List.of("wal_level", "max_replication_slots", "max_wal_senders")) {
            patient.awaitWithout("PostgreSQL", check);
        }
        system.context().getRouteController().startRoute("capture");
        patient.awaitWithout("PostgreSQL", SLOT);
    }

    @Test
    @Order(5)
    void aStandby() throws Exception {
        Path data = Path.of(system.setting("cascade.data"), "postgres", "data");
        system.servers().postgres().stop();
        Files.createFile(data.resolve("standby.signal"));
        system.servers().postgres().start();

        patient.awaitCured("PostgreSQL", "primary");
    }

    private static void restart() {
        system.servers().postgres().stop();
        system.servers().postgres().start();
    }
}
