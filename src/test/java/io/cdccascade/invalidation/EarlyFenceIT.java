package io.cdccascade.invalidation;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CacheContents;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.ChangeTopic;
import io.cdccascade.support.Signal;
import io.cdccascade.table.TableFiles;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What readers see of a change that capture holds, while nobody applies what comes from Kafka. */
class EarlyFenceIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String CONSUMER = "invalidate-entries";
    private static final int FIRST = 1_000;
    private static final int ROWS = 500;
    private static final long MIDDLE = FIRST + ROWS / 2;
    private static final long LAST = FIRST + ROWS - 1;

    @TempDir
    static Path folder;

    private static Path capture;
    private static CascadeSystem system;
    private static ChangeTopic topic;
    private static CacheContents contents;

    private long from;

    @BeforeAll
    static void startOnACopyOfTheCaptureRoute() throws Exception {
        capture = Files.copy(Path.of("routes/capture.camel.yaml"), folder.resolve("copy.camel.yaml"));
        system = CascadeSystem.start(Map.of(
                "camel.main.routes-include-pattern",
                "file:routes/beans.camel.yaml,file:routes/*.camel.yaml,file:" + capture,
                "camel.main.routes-exclude-pattern",
                "**/capture.camel.yaml",
                "cascade.live.scan-ms",
                "50"));
        topic = new ChangeTopic(system);
        contents = new CacheContents(system);
        system.sql(
                "INSERT INTO sinners (code, name, class) SELECT code, 'a', 'S' FROM generate_series(%d, %d) code"
                        .formatted(FIRST, LAST),
                "CREATE TABLE hot (id int PRIMARY KEY, v int)",
                "INSERT INTO hot VALUES (1, 0)");
        TableFiles files = new TableFiles(system);
        files.put("hot", "table", "hot", "onChange", "refresh");
        files.awaitServed("hot");
    }

    @AfterAll
    static void stop() {
        contents.close();
        topic.close();
        system.close();
    }

    @BeforeEach
    void stopApplyingWhatComesFromKafka() throws Exception {
        topic.awaitApplied();
        for (String row : new String[] {"/sinners/read/14", "/sinners/read/" + MIDDLE, "/hot/read/1"}) {
            await().atMost(PATIENCE).until(() -> cacheStatus(system.get(row)).equals("hit"));
        }
        system.context().getRouteController().stopRoute(CONSUMER);
        from = topic.end();
    }

    @AfterEach
    void applyAgain() throws Exception {
        system.context().getRouteController().startRoute(CONSUMER);
        topic.awaitApplied();
    }

    @Test
    void aChangeByAnotherProgramIsSeenBeforeItComesBackFromKafka() throws Exception {
        double confirmed = count("confirmed");

        rename(14, "early");

        awaitRead(14, "early");
        await().atMost(PATIENCE)
                .until(() -> cacheStatus(system.get("/sinners/read/14")).equals("hit"));
        await().atMost(PATIENCE).until(() -> count("confirmed") > confirmed);
    }

    @Test
    void aRowOfALargeTransactionWaitsForKafka() throws Exception {
        String entry = contents.text("public.sinners:" + MIDDLE);
        double skipped = count("skipped");

        system.sql("UPDATE sinners SET tendency = 'many' WHERE code BETWEEN %d AND %d".formatted(FIRST, LAST));

        topic.awaitChange(from, LAST);
        assertThat(count("skipped")).isGreaterThan(skipped);
        assertThat(contents.text("public.sinners:" + MIDDLE)).isEqualTo(entry);
    }

    @Test
    void anEntryThatIsLoadedAgainOnChangeIsThereUntilThen() throws Exception {
        String entry = contents.text("public.hot:1");

        system.sql("UPDATE hot SET v = v + 1 WHERE id = 1");

        rename(14, "after");
        awaitRead(14, "after");
        assertThat(contents.text("public.hot:1")).isEqualTo(entry);
    }

    @Test
    void withoutTheStepTheEntryStaysUntilTheChangeComesFromKafka() throws Exception {
        String shipped = Files.readString(capture);
        String entry = contents.text("public.sinners:14");
        write(shipped.substring(0, shipped.indexOf("        - filter:"))
                + shipped.substring(shipped.indexOf("        - to:\n            id: publish-changes")));
        await().atMost(PATIENCE).until(() -> system.context().getProcessor("fence-early") == null);

        rename(14, "late");

        topic.awaitChange(from, 14);
        await().during(Duration.ofSeconds(1))
                .atMost(PATIENCE)
                .until(() -> entry.equals(contents.text("public.sinners:14")));
        system.context().getRouteController().startRoute(CONSUMER);
        awaitRead(14, "late");
        write(shipped);
        await().atMost(PATIENCE).until(() -> system.context().getProcessor("fence-early") != null);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void captureGoesOnPublishingWhileRedisHangs() throws Exception {
        double failed = count("failed");
        long redis = system.servers().redis().pid().orElseThrow();
        Signal.STOP.to(redis);
        try {
            rename(14, "hung");
            topic.awaitChange(from, 14);
            rename(MIDDLE, "hung");
            topic.awaitChange(from, MIDDLE);
            await().atMost(PATIENCE).until(() -> count("failed") > failed);
        } finally {
            Signal.CONT.to(redis);
        }
        awaitRead(14, "hung");
    }

    private static void rename(long code, String name) throws Exception {
        system.sql("UPDATE sinners SET name = '%s' WHERE code = %d".formatted(name, code));
    }

    private static void awaitRead(long code, String name) {
        await().atMost(PATIENCE)
                .until(() -> system.get("/sinners/read/" + code).body().contains("\"name\":\"" + name + "\""));
    }

    /** At once: the scan must not see half of it. */
    private static void write(String text) throws IOException {
        Path whole = Files.writeString(folder.resolve("whole"), text);
        Files.move(whole, capture, StandardCopyOption.REPLACE_EXISTING);
    }

    private static double count(String result) {
        return system.bean("metricsRegistry", MeterRegistry.class)
                .counter("cascade.early.fences", "result", result)
                .count();
    }
}
