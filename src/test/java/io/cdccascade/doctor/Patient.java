package io.cdccascade.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.cache.RedisSettings;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.TestFolders;
import io.cdccascade.table.CaptureContent;
import io.cdccascade.table.TableCheck;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/** A running system that a doctor examines, and that does what a finding says: the very text is executed. */
final class Patient implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Those of a busy machine, whose clock is one but may stop between two looks at it. */
    static final DoctorSettings.Limits LIMITS = new DoctorSettings.Limits(1L << 40, 1L << 40, 300, 60_000, 1_000_000);

    private static final Pattern SQL = Pattern.compile("\\b(?:ALTER|CREATE|GRANT|SELECT|ROLLBACK) [^;]*;");
    private static final Pattern TOPIC = Pattern.compile("--entity-name (\\S+) --add-config ([^\\s=]+)=(\\S+)");
    private static final Pattern REDIS =
            Pattern.compile("(?:CONFIG SET [\\w-]+ [\\w\"-]+|ACL SETUSER default \\S+?|REPLICAOF NO ONE)(?=[;,])");

    /** How a run of the script ended. */
    record Run(int exit, String output) {}

    private final CascadeSystem system;
    private final DataSource postgres;
    private final String brokers;
    private final RedisSettings redis;
    private final DoctorSettings.Limits limits;
    private final Clock clock;
    private final List<String> said;

    Patient(CascadeSystem system) {
        this(
                system,
                source("admin", "adminpw", system.setting("cascade.postgres.port")),
                "127.0.0.1:" + system.setting("cascade.kafka.port"),
                redis(Integer.parseInt(system.setting("cascade.redis.port")), "rootpw"),
                LIMITS,
                Clock.systemUTC(),
                Collections.synchronizedList(new ArrayList<>()));
    }

    private Patient(
            CascadeSystem system,
            DataSource postgres,
            String brokers,
            RedisSettings redis,
            DoctorSettings.Limits limits,
            Clock clock,
            List<String> said) {
        this.system = system;
        this.postgres = postgres;
        this.brokers = brokers;
        this.redis = redis;
        this.limits = limits;
        this.clock = clock;
        this.said = said;
    }

    Patient withPostgres(DataSource other) {
        return new Patient(system, other, brokers, redis, limits, clock, said);
    }

    Patient withPostgresPort(int port) {
        PGSimpleDataSource other = source("admin", "adminpw", String.valueOf(port));
        other.setLoginTimeout(2);
        return withPostgres(other);
    }

    Patient withKafkaPort(int port) {
        return new Patient(system, postgres, "127.0.0.1:" + port, redis, limits, clock, said);
    }

    Patient withRedis(int port, String password) {
        return withRedis(redis(port, password));
    }

    Patient withRedis(RedisSettings other) {
        return new Patient(system, postgres, brokers, other, limits, clock, said);
    }

    Patient withLimits(DoctorSettings.Limits other) {
        return new Patient(system, postgres, brokers, redis, other, clock, said);
    }

    Patient withClock(Clock other) {
        return new Patient(system, postgres, brokers, redis, limits, other, said);
    }

    DataSource postgres(String user, String password) {
        return source(user, password, system.setting("cascade.postgres.port"));
    }

    private static PGSimpleDataSource source(String user, String password, String port) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {"127.0.0.1"});
        source.setPortNumbers(new int[] {Integer.parseInt(port)});
        source.setDatabaseName("cdc-cascade-db");
        source.setUser(user);
        source.setPassword(password);
        source.setLoginTimeout(20);
        source.setSocketTimeout(20);
        return source;
    }

    private static RedisSettings redis(int port, String password) {
        return new RedisSettings("127.0.0.1", port, password, 1000, 1000);
    }

    /** What a doctor finds now. */
    List<Finding> findings() {
        DoctorSettings settings = new DoctorSettings(
                "127.0.0.1:" + system.setting("cascade.postgres.port"),
                "cdc_cascade",
                "cascade",
                brokers,
                "cascade",
                "cascade.offsets",
                "cdc-cascade",
                33554432,
                Duration.ofDays(1),
                limits);
        try (Admin admin = Admin.create(
                Map.of("bootstrap.servers", brokers, "request.timeout.ms", 4000, "default.api.timeout.ms", 4000))) {
            List<Finding> found = Doctor.of(
                            settings,
                            postgres,
                            () -> admin,
                            redis,
                            new TableCheck(system.context(), "cascade", CaptureContent.ROWS),
                            clock,
                            new Secrets(List.of("adminpw", "rootpw", redis.password())))
                    .examine();
            found.forEach(finding -> said.add(finding.text()));
            return found;
        }
    }

    /** Everything that was ever found, as one text. */
    String said() {
        return String.join("\n", said);
    }

    List<Finding> troubles() {
        return findings().stream().filter(Finding::isTrouble).toList();
    }

    private Optional<Finding> find(String server, String check) {
        return findings().stream()
                .filter(finding -> finding.severity() != Finding.Severity.OK)
                .filter(finding ->
                        finding.server().equals(server) && finding.check().equals(check))
                .findFirst();
    }

    /** Waits until something is said of a thing that is not right. */
    Finding await(String server, String check) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> find(server, check), Optional::isPresent)
                .orElseThrow();
    }

    Finding awaitTrouble(String server, String check) {
        Finding finding = await(server, check);
        assertThat(finding.isTrouble()).as(finding.text()).isTrue();
        return finding;
    }

    void awaitWithout(String server, String check) {
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(find(server, check)).isEmpty());
    }

    /** Waits until a doctor finds it, does what he says, and waits until he finds it no more. */
    void awaitCured(String server, String check) {
        obey(awaitTrouble(server, check));
        awaitWithout(server, check);
    }

    /** Executes what a finding says. */
    void obey(Finding finding) {
        List<String> remedies = switch (finding.server()) {
            case "PostgreSQL" -> all(SQL, finding.text());
            case "Kafka" -> all(TOPIC, finding.text());
            default -> all(REDIS, finding.text());
        };
        assertThat(remedies).as(finding.text()).isNotEmpty();
        for (String remedy : remedies) {
            try {
                switch (finding.server()) {
                    case "PostgreSQL" -> system.sql(remedy);
                    case "Kafka" -> {
                        Matcher words = TOPIC.matcher(remedy);
                        assertThat(words.matches()).isTrue();
                        alter(words.group(1), words.group(2), words.group(3));
                    }
                    default -> redis(remedy.replace("\"", "").split(" ", -1));
                }
            } catch (Exception e) {
                throw new AssertionError(finding.text() + ": " + remedy, e);
            }
        }
    }

    private static List<String> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(result -> result.group()).toList();
    }

    /** Changes a topic's setting, as kafka-configs.sh does. */
    void alter(String topic, String setting, String value) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, topic),
                            List.of(new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
        }
    }

    /** Runs a command of Redis that answers with a status. */
    void redis(String... words) {
        RedisClient client = RedisClient.create("redis://:rootpw@127.0.0.1:" + system.setting("cascade.redis.port"));
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            CommandArgs<String, String> rest = new CommandArgs<>(StringCodec.UTF8);
            for (int i = 1; i < words.length; i++) {
                rest.add(words[i]);
            }
            connection.sync().dispatch(CommandType.valueOf(words[0]), new StatusOutput<>(StringCodec.UTF8), rest);
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    /** What the servers hold, as far as a doctor could have changed it. */
    List<String> contents() throws Exception {
        List<String> contents = new ArrayList<>();
        try (Connection connection = postgres.getConnection();
                var rows = connection.createStatement().executeQuery("""
                        SELECT (SELECT string_agg(relname, ',' ORDER BY oid) FROM pg_class),
                               (SELECT string_agg(name || reset_val, ',' ORDER BY name) FROM pg_settings),
                               (SELECT string_agg(p::text, ',' ORDER BY p::text) FROM pg_publication_rel p),
                               (SELECT string_agg(slot_name, ',' ORDER BY slot_name) FROM pg_replication_slots),
                               (SELECT string_agg(r::text, ',' ORDER BY r::text) FROM pg_roles r)""")) {
            rows.next();
            for (int i = 1; i <= 5; i++) {
                contents.add(rows.getString(i));
            }
        }
        RedisClient client = RedisClient.create("redis://:rootpw@127.0.0.1:" + system.setting("cascade.redis.port"));
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            contents.add(String.valueOf(connection.sync().dbsize()));
            contents.add(connection.sync().configGet("*").toString());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
            contents.add(new TreeSet<>(admin.listTopics().names().get()).toString());
            contents.add(new TreeSet<>(admin.listGroups().all().get().stream()
                            .map(group -> group.groupId())
                            .toList())
                    .toString());
        }
        return contents;
    }

    /** The same connection, which does something before it is closed. */
    static Connection beforeClose(Connection real, Runnable last) {
        return (Connection) Proxy.newProxyInstance(
                Patient.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        last.run();
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() instanceof SQLException failure ? failure : e;
                    }
                });
    }

    /** Runs what scripts/doctor runs, in a process of its own. */
    Run script(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        Path output = TestFolders.create().resolve("doctor.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-cp",
                "target/classes" + File.pathSeparator + Files.readString(Path.of("target/classpath.txt")),
                "io.cdccascade.DoctorMain"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        String printed = Files.readString(output);
        said.add(printed);
        return new Run(process.exitValue(), printed);
    }

    @Override
    public void close() {
        said.add("");
    }
}
