package io.cdccascade.capture;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.ConnectWorker;
import io.cdccascade.table.CachedTable;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The connector on a real Kafka Connect, registered and looked after by the shipped routes. */
class ConnectorIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String SLOT = "cdc_cascade";

    @TempDir
    static Path dir;

    private static CascadeSystem system;
    private static ConnectWorker connect;
    private static HttpResponse<String> readinessBeforeConnect;

    @BeforeAll
    static void startTheSystemBeforeKafkaConnect() {
        Map<String, String> settings = new HashMap<>(CascadeSystem.freshSettings());
        connect = new ConnectWorker(dir, "localhost:" + settings.get("cascade.kafka.port"));
        settings.putAll(Map.of(
                "cascade.capture.mode",
                "connect",
                "cascade.connect.url",
                connect.url(),
                "cascade.connect.watch-ms",
                "250",
                "cascade.connect.transforms",
                "truncate"));
        system = CascadeSystem.start(settings);
        await().untilAsserted(() -> assertThat(readiness().body()).contains("Kafka Connect could not be asked"));
        readinessBeforeConnect = readiness();
        connect.start();
        awaitReady();
    }

    @AfterAll
    static void stop() {
        connect.close();
        system.close();
    }

    @Test
    void aKafkaConnectThatIsNotUpYetIsWaitedForAndReadinessSaysSo() {
        assertThat(readinessBeforeConnect.statusCode()).isEqualTo(503);
        assertThat(readiness().statusCode()).isEqualTo(200);
        assertThat(status().statusCode()).isEqualTo(200);
        assertThat(status().body()).contains("\"name\":\"cascade\"", "\"state\":\"RUNNING\"");
    }

    @Test
    void anUpdateBehindTheApisBackReachesTheCache() throws SQLException {
        updateAndAwait("Calm");
    }

    @Test
    void registeringAgainIsHarmlessAndTellsNoPassword() throws SQLException {
        HttpResponse<String> answer = system.request("PUT", "/observe/connector", null);

        assertThat(answer.statusCode()).isEqualTo(204);
        assertThat(answer.body()).isEmpty();
        awaitReady();
        updateAndAwait("Joy");
    }

    @Test
    void restartingLeavesAloneWhatRuns() throws SQLException {
        HttpResponse<String> answer = system.request("POST", "/observe/connector/restart", null);

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).contains("RUNNING").doesNotContain("RESTARTING");
        updateAndAwait("Peace");
    }

    @Test
    void whatChangesWhileKafkaConnectIsDownReachesTheCacheWhenItIsBack() throws SQLException {
        awaitHit();
        connect.kill();
        await().untilAsserted(() -> assertThat(readiness().statusCode()).isEqualTo(503));
        system.sql("UPDATE sinners SET tendency = 'Missed' WHERE code = 14");
        assertThat(system.request("GET", "/observe/connector", null).statusCode())
                .isEqualTo(503);

        connect.start();

        awaitReady();
        awaitRow("Missed");
    }

    @Test
    void aLostSlotMakesTheCacheForgetTheTableBecauseNobodyKnowsWhatWasMissed() throws Exception {
        awaitHit();
        tellKafkaConnect("stop");
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> system.sql("SELECT pg_drop_replication_slot('" + SLOT + "')"));
        await().untilAsserted(() -> assertThat(readiness().body()).contains("the connector is STOPPED"));
        system.sql("UPDATE sinners SET tendency = 'Unseen' WHERE code = 14");

        tellKafkaConnect("resume");

        awaitRow("Unseen");
        awaitReady();
    }

    @Test
    void aTableThatComesWhileTheConnectorRunsIsCapturedToo() throws Exception {
        system.sql("CREATE TABLE abbesses (code int PRIMARY KEY, name text)", "INSERT INTO abbesses VALUES (1, 'Nox')");
        CachedTable file = new CachedTable();
        file.setTable("abbesses");
        system.context().getRegistry().bind("abbesses", file);
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(cacheStatus(system.get("/abbesses/read/1"))).isEqualTo("hit"));
        // The first change may come while the connector is given its new configuration: capture must catch up with it.
        system.sql("UPDATE abbesses SET name = 'Langley' WHERE code = 1");

        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(system.get("/abbesses/read/1").body()).contains("Langley"));
    }

    private static void tellKafkaConnect(String what) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(connect.url() + "/connectors/cascade/" + what))
                .PUT(HttpRequest.BodyPublishers.noBody())
                .build();
        HttpResponse<Void> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
        assertThat(answer.statusCode()).isBetween(200, 299);
    }

    private static void updateAndAwait(String tendency) throws SQLException {
        awaitHit();
        system.sql("UPDATE sinners SET tendency = '" + tendency + "' WHERE code = 14");
        awaitRow(tendency);
    }

    private static void awaitHit() {
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(cacheStatus(system.get("/sinners/read/14"))).isEqualTo("hit"));
    }

    private static void awaitRow(String tendency) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(system.get("/sinners/read/14").body()).contains(tendency));
    }

    private static void awaitReady() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(readiness().statusCode())
                        .as(readiness().body() + connect.log())
                        .isEqualTo(200));
    }

    private static HttpResponse<String> readiness() {
        return system.request("GET", "/observe/health/ready", null);
    }

    private static HttpResponse<String> status() {
        return system.request("GET", "/observe/connector", null);
    }
}
