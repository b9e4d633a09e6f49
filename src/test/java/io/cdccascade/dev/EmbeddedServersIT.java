package io.cdccascade.dev;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

class EmbeddedServersIT {

    @TempDir
    private Path data;

    private int postgresPort;
    private int redisPort;
    private int kafkaPort;
    private EmbeddedServers servers;

    @BeforeEach
    void chooseFreePorts() throws IOException {
        try (var a = anyPort();
                var b = anyPort();
                var c = anyPort()) {
            postgresPort = a.getLocalPort();
            redisPort = b.getLocalPort();
            kafkaPort = c.getLocalPort();
        }
        servers = servers(data, "");
    }

    @AfterEach
    void stopServers() {
        servers.stop();
    }

    @Test
    void whatPostgresAndKafkaHoldSurvivesAStopAndWhatRedisHoldsDoesNot() throws Exception {
        servers.start();
        assertThat(sql("SELECT string_agg(name, ',' ORDER BY code) FROM sinners"))
                .isEqualTo("Deren,Shalom");
        sql("DELETE FROM sinners WHERE code = 17 RETURNING code");
        sql("SELECT pg_create_logical_replication_slot('here', 'pgoutput')::text");
        produce("before");
        try (var redis = redis()) {
            redis.client.getBucket("key", StringCodec.INSTANCE).set("value");
        }

        servers.stop();
        servers.start();

        assertThat(sql("SELECT string_agg(name, ',' ORDER BY code) FROM sinners"))
                .isEqualTo("Deren");
        assertThat(sql("SELECT string_agg(slot_name, ',') FROM pg_replication_slots"))
                .isEqualTo("here");
        produce("after");
        assertThat(consume(2)).containsExactly("before", "after");
        try (var redis = redis()) {
            assertThat(redis.client.getKeys().count()).isZero();
        }
    }

    @Test
    void postgresDecodesItsLogIsDurableAndAsksForThePassword() throws Exception {
        servers.start();

        assertThat(sql("SHOW wal_level")).isEqualTo("logical");
        assertThat(sql("SHOW fsync")).isEqualTo("on");
        assertThat(sql("SHOW synchronous_commit")).isEqualTo("on");
        assertThat(sql("SHOW listen_addresses")).isEqualTo("127.0.0.1");
        assertThat(sql("SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user"))
                .isEqualTo("true");
        assertThat(sql("SELECT pubname FROM pg_publication")).isEqualTo("cascade");
        var stranger = new EmbeddedPostgres(
                data.resolve("postgres"), postgresPort, "cdc-cascade-db", "admin", "guessed", null);
        assertThatThrownBy(stranger::connect)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("password authentication failed");
    }

    @Test
    void kafkaIsThereAgainOnTheSamePortAfterEveryStop() {
        var kafka = servers.kafka();

        for (int round = 1; round <= 3; round++) {
            kafka.start();
            produce("round " + round);
            kafka.stop();
        }
        kafka.start();

        assertThat(consume(3)).containsExactly("round 1", "round 2", "round 3");
        kafka.stop();
    }

    @Test
    void aStopLeavesNoProcessBehind() {
        servers.start();
        var processes = Stream.of(servers.postgres().pid(), servers.redis().pid())
                .map(pid -> ProcessHandle.of(pid.orElseThrow()).orElseThrow())
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
                .toList();
        assertThat(processes).as("the servers and their children").hasSizeGreaterThan(2);

        servers.stop();

        await().untilAsserted(() -> assertThat(processes).allMatch(EmbeddedServersIT::isGone));
        assertThat(servers.postgres().pid()).isEmpty();
        assertThat(servers.redis().pid()).isEmpty();
    }

    @Test
    void serversThatAKilledRunLeftBehindDoNotBlockTheNextStart() throws Exception {
        var child = startInAnotherJvm();
        var orphans = List.of(
                servers.postgres().pid().orElseThrow(), servers.redis().pid().orElseThrow());
        sql("UPDATE sinners SET tendency = 'kept' WHERE code = 14 RETURNING code");
        produce("kept");

        child.destroyForcibly().waitFor();
        assertThat(orphans).allMatch(pid -> ProcessHandle.of(pid).isPresent());
        servers.start();

        assertThat(sql("SELECT tendency FROM sinners WHERE code = 14")).isEqualTo("kept");
        assertThat(consume(1)).containsExactly("kept");
        await().untilAsserted(() -> assertThat(orphans)
                .allMatch(pid ->
                        ProcessHandle.of(pid).map(EmbeddedServersIT::isGone).orElse(true)));
    }

    @Test
    void aKilledServerStartsAgainWithWhatWasCommitted() throws Exception {
        servers.start();
        sql("UPDATE sinners SET tendency = 'kept' WHERE code = 14 RETURNING code");

        servers.postgres().kill();
        servers.redis().kill();
        assertThat(servers.postgres().pid()).isEmpty();
        servers.postgres().start();
        servers.redis().start();

        assertThat(sql("SELECT tendency FROM sinners WHERE code = 14")).isEqualTo("kept");
        try (var redis = redis()) {
            assertThat(redis.client.getKeys().count()).isZero();
        }
    }

    @Test
    void aHungRedisIsStoppedAllTheSame() throws Exception {
        servers.redis().start();
        var redis = ProcessHandle.of(servers.redis().pid().orElseThrow()).orElseThrow();
        assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(redis.pid()))
                        .start()
                        .waitFor())
                .isZero();

        servers.redis().stop();

        await().untilAsserted(() -> assertThat(isGone(redis)).isTrue());
    }

    @Test
    void aPidFileThatNamesAStrangerHarmsNobody() throws Exception {
        servers.start();
        servers.stop();
        var stranger = new ProcessBuilder("sleep", "600").start();
        try {
            var pidFile = Long.toString(stranger.pid());
            Files.writeString(data.resolve("redis/redis.pid"), pidFile);
            Files.writeString(data.resolve("postgres/data/postmaster.pid"), pidFile);

            servers.start();

            assertThat(sql("SELECT name FROM sinners WHERE code = 14")).isEqualTo("Deren");
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroy();
        }
    }

    @Test
    void aTakenPortIsNamedWithTheSettingsThatHelpAndNothingIsLeftRunning() throws IOException {
        try (var other = new ServerSocket(redisPort, 1, InetAddress.getLoopbackAddress())) {
            assertThatIllegalStateException()
                    .isThrownBy(servers::start)
                    .withMessage("Port " + other.getLocalPort() + " is taken: set cascade.redis.port (or "
                            + "CASCADE_REDIS_PORT) to another one, or cascade.redis.host to use that server");
        }
        assertThat(servers.postgres().pid()).isEmpty();

        servers.start();

        assertThat(servers.redis().pid()).isPresent();
    }

    @Test
    void aServerThatDoesNotStartTakesTheOthersDownWithIt() {
        servers = servers(data, "", "no such script.sql");

        assertThatThrownBy(servers::start).hasStackTraceContaining("no such script.sql");

        assertThat(servers.postgres().pid()).isEmpty();
        assertThat(servers.redis().pid()).isEmpty();
        servers = servers(data, "");
        servers.start();
        assertThat(servers.postgres().pid()).isPresent();
    }

    @Test
    void twoInstancesOnOneDataFolderAreRefusedAndTheFirstGoesOn() {
        servers.start();
        var second = servers(data, "");

        assertThatIllegalStateException()
                .isThrownBy(second::start)
                .withMessageContaining(data.toString())
                .withMessageContaining("cascade.data");
        second.stop();

        assertThat(servers.postgres().pid()).isPresent();
    }

    @Test
    void aServerWithAHostIsLeftAlone() {
        servers = servers(data, "redis.example.org");

        servers.start();

        assertThat(servers.redis().pid()).isEmpty();
        assertThat(servers.redisUrl()).isEqualTo("redis://redis.example.org:" + redisPort);
        assertThat(servers.postgresUrl())
                .isEqualTo("postgresql://admin:adminpw@localhost:" + postgresPort + "/cdc-cascade-db");
    }

    /** Runs the servers until it is killed. */
    static final class Child {

        private Child() {}

        public static void main(String[] args) throws InterruptedException {
            servers(
                            Path.of(args[0]),
                            Integer.parseInt(args[1]),
                            Integer.parseInt(args[2]),
                            Integer.parseInt(args[3]),
                            "",
                            "scripts/init.sql")
                    .start();
            System.out.println("started");
            Thread.currentThread().join();
        }
    }

    /** A process that has exited may stay as a zombie, without arguments, until the system's first process minds. */
    private static boolean isGone(ProcessHandle process) {
        return !process.isAlive() || process.info().arguments().isEmpty();
    }

    private Process startInAnotherJvm() throws IOException {
        var classpath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        classpath,
                        Child.class.getName(),
                        data.toString(),
                        Integer.toString(postgresPort),
                        Integer.toString(redisPort),
                        Integer.toString(kafkaPort))
                .redirectErrorStream(true)
                .start();
        var output = new BufferedReader(new InputStreamReader(child.getInputStream()));
        assertThat(output.lines().anyMatch("started"::equals))
                .as("the child JVM has started its servers")
                .isTrue();
        return child;
    }

    private EmbeddedServers servers(Path folder, String redisHost) {
        return servers(folder, redisHost, "scripts/init.sql");
    }

    private EmbeddedServers servers(Path folder, String redisHost, String script) {
        return servers(folder, postgresPort, redisPort, kafkaPort, redisHost, script);
    }

    private static EmbeddedServers servers(
            Path folder, int postgresPort, int redisPort, int kafkaPort, String redisHost, String script) {
        return new EmbeddedServers(
                folder.toString(),
                null,
                postgresPort,
                "cdc-cascade-db",
                "admin",
                "adminpw",
                script,
                redisHost,
                redisPort,
                "rootpw",
                "embedded",
                kafkaPort);
    }

    private static ServerSocket anyPort() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    private String sql(String query) throws SQLException {
        try (var connection = servers.postgres().connect();
                var result = connection.createStatement().executeQuery(query)) {
            return result.next() ? result.getString(1) : null;
        }
    }

    private void produce(String value) {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers.kafka().bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>("topic", value)).get(30, SECONDS);
        } catch (Exception e) {
            throw new AssertionError("could not produce " + value, e);
        }
    }

    private List<String> consume(int count) {
        var values = new ArrayList<String>();
        try (var consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        servers.kafka().bootstrapServers(),
                        "auto.offset.reset",
                        "earliest",
                        "group.id",
                        "test"),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.subscribe(List.of("topic"));
            await().atMost(30, SECONDS).until(() -> {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
                return values.size() >= count;
            });
            assertThat(consumer.endOffsets(List.of(new TopicPartition("topic", 0)))
                            .values())
                    .containsExactly((long) count);
        }
        return values;
    }

    private record RedisConnection(RedissonClient client) implements AutoCloseable {

        @Override
        public void close() {
            client.shutdown();
        }
    }

    private RedisConnection redis() {
        var config = new Config();
        config.useSingleServer()
                .setAddress("redis://localhost:" + redisPort)
                .setPassword("rootpw")
                .setConnectionMinimumIdleSize(1)
                .setConnectionPoolSize(1);
        return new RedisConnection(Redisson.create(config));
    }
}
