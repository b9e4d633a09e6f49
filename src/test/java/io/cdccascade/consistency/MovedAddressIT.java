package io.cdccascade.consistency;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.cdccascade.dev.EmbeddedPostgres;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.MovableAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * PostgreSQL's address moves to a copy while the old server still runs and capture is still connected to it. Both have the
 * same system identifier and are on the same timeline.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MovedAddressIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static EmbeddedPostgres old;
    private static EmbeddedPostgres copy;
    private static MovableAddress address;
    private static CascadeSystem system;

    @BeforeAll
    static void start() throws Exception {
        Map<String, String> settings = new HashMap<>(CascadeSystem.freshSettings());
        Path data = Path.of(settings.get("cascade.data"));
        old = postgres(data.resolve("old"), settings.get("cascade.postgres.port"));
        old.start();
        old.stop();
        copy(data.resolve("old"), data.resolve("copy"));
        old.start();
        copy = postgres(data.resolve("copy"), CascadeSystem.freshSettings().get("cascade.postgres.port"));
        copy.start();
        address = new MovableAddress(old.port());
        settings.put("cascade.postgres.host", "127.0.0.1");
        settings.put("cascade.postgres.port", String.valueOf(address.port()));
        settings.put("cascade.capture.restart-delay-max-ms", "1000");
        system = CascadeSystem.start(settings);
    }

    @AfterAll
    static void stop() {
        system.close();
        address.close();
        old.close();
        copy.close();
    }

    @Test
    @Order(1)
    void rowsOfAServerThatIsNotCapturedAreNeitherAnsweredFromTheCacheNorStored() throws Exception {
        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        awaitHit("Deren");

        moveTo(copy);
        sql(copy, "UPDATE sinners SET name = 'of the copy' WHERE code = 14");

        await().atMost(PATIENCE).until(() -> system.readiness() == 503);
        for (int i = 0; i < 3; i++) {
            var answer = system.get("/sinners/read/14");
            assertThat(answer.body()).contains("of the copy");
            assertThat(cacheStatus(answer)).isEqualTo("fwd=bypass; detail=untrusted");
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(system.request("GET", "/observe/health/ready", null)
                                .body())
                        .contains("the replication slot cdc_cascade is not active there"));
    }

    @Test
    @Order(2)
    void theCacheIsUsedAgainWhenTheAddressIsBack() throws Exception {
        moveTo(old);

        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        awaitHit("Deren");
    }

    @Test
    @Order(3)
    void theCacheIsUsedAgainWhenCaptureHasFollowed() throws Exception {
        moveTo(copy);
        await().atMost(PATIENCE).until(() -> system.readiness() == 503);

        old.stop();

        await().atMost(PATIENCE).until(() -> system.readiness() == 200);
        awaitHit("of the copy");
        sql(copy, "UPDATE sinners SET name = 'captured' WHERE code = 14");
        awaitHit("captured");
    }

    private static void awaitHit(String name) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            var answer = system.get("/sinners/read/14");
            assertThat(cacheStatus(answer)).isEqualTo("hit");
            assertThat(answer.body()).contains(name);
        });
    }

    /** The pool's connections are made again at the new address; capture keeps its own. */
    private static void moveTo(EmbeddedPostgres server) {
        address.moveTo(server.port());
        system.bean("dataSource", HikariDataSource.class).getHikariPoolMXBean().softEvictConnections();
    }

    private static EmbeddedPostgres postgres(Path dir, String port) {
        return new EmbeddedPostgres(
                dir, Integer.parseInt(port), "cdc-cascade-db", "admin", "adminpw", Path.of("scripts/init.sql"));
    }

    private static void sql(EmbeddedPostgres server, String sql) throws SQLException {
        try (var connection = server.connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
