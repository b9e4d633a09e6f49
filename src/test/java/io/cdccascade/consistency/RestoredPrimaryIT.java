package io.cdccascade.consistency;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.http.RequestLine;
import io.cdccascade.support.CacheContents;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.ChangeTopic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * PostgreSQL is restored from a backup to a new timeline while the application runs. What was read before the restore carries
 * higher xids and positions than all that comes after it.
 */
class RestoredPrimaryIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String LOST = "lost in the restore";

    private static CascadeSystem system;
    private static ChangeTopic topic;
    private static CacheContents contents;
    private static String tokenOfBefore;
    private static String entryOfBefore;
    private static long endOfBefore;
    private static HttpResponse<String> firstWrite;
    private static HttpResponse<String> firstRead;

    @BeforeAll
    static void restore() throws SQLException, IOException {
        system = CascadeSystem.start();
        topic = new ChangeTopic(system);
        contents = new CacheContents(system);
        system.sql("INSERT INTO sinners (code, name, class) VALUES (1, 'Zoya', 'S'), (16, 'Hecate', 'S')");
        Path data = Path.of(system.setting("cascade.data"), "postgres", "data");
        Path backup = data.resolveSibling("backup");
        system.servers().postgres().stop();
        copy(data, backup);
        system.servers().postgres().start();
        readBefore();

        endOfBefore = topic.end();
        system.servers().postgres().stop();
        delete(data);
        copy(backup, data);
        Files.createFile(data.resolve("recovery.signal"));
        Files.writeString(data.resolve("postgresql.auto.conf"), "restore_command = 'false'\n");
        system.servers().postgres().start();
        await().atMost(PATIENCE)
                .until(() -> select("SELECT pg_is_in_recovery()").equals("f"));
        // At once, while capture has yet to find out.
        firstWrite = await().atMost(PATIENCE)
                .until(
                        () -> system.send("PUT", "/sinners/update/1", "{\"tendency\":\"Calm\"}"),
                        answer -> answer.statusCode() == 200);
        firstRead = system.get("/sinners/read/14", RequestLine.TOKEN, token(firstWrite));
    }

    /** Rows are cached that the restore takes back, and one is fenced by a change that it takes back. */
    private static void readBefore() throws SQLException {
        system.sql("DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
        for (long code : List.of(1L, 14L, 16L)) {
            system.sql("UPDATE sinners SET name = '" + LOST + "' WHERE code = " + code);
        }
        for (long code : List.of(1L, 14L, 16L)) {
            await().atMost(PATIENCE).untilAsserted(() -> {
                HttpResponse<String> answer = system.get("/sinners/read/" + code);
                assertThat(answer.body()).contains(LOST);
                assertThat(cacheStatus(answer)).isEqualTo("hit");
            });
        }
        entryOfBefore = contents.entry(14).get();
        long from = topic.end();
        system.sql("UPDATE sinners SET name = '" + LOST + "' WHERE code = 17");
        topic.awaitChange(from, 17);
        topic.awaitApplied();
        tokenOfBefore = token(system.send("PUT", "/sinners/update/16", "{\"tendency\":\"Calm\"}"));
        await().atMost(PATIENCE)
                .until(
                        () -> cacheStatus(system.get("/sinners/read/16", RequestLine.TOKEN, tokenOfBefore)),
                        "hit"::equals);
    }

    @AfterAll
    static void stop() {
        contents.close();
        topic.close();
        system.close();
    }

    @Test
    void aWriteOfTheNewHistoryIsSeenByItsTokenBeforeCaptureHasNoticed() {
        assertThat(firstWrite.body()).doesNotContain(LOST);
        assertThat(firstRead.statusCode()).isEqualTo(200);
        assertThat(firstRead.body()).doesNotContain(LOST);
    }

    @Test
    void whatTheEarlierHistoryHasFencedIsCachedAgain() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = system.get("/sinners/read/17");
            assertThat(answer.body()).doesNotContain(LOST);
            assertThat(cacheStatus(answer)).isEqualTo("hit");
        });
    }

    @Test
    void aTokenOfTheEarlierHistoryDoesNotReadPastTheCache() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = system.get("/sinners/read/16", RequestLine.TOKEN, tokenOfBefore);
            assertThat(answer.body()).doesNotContain(LOST);
            assertThat(cacheStatus(answer)).isEqualTo("hit");
        });
    }

    @Test
    void aTokenFromTheFutureIsRefused() {
        await().atMost(PATIENCE).until(() -> cacheStatus(system.get("/sinners/read/16")), "hit"::equals);
        String history = tokenOfBefore.substring(tokenOfBefore.lastIndexOf('-'), tokenOfBefore.lastIndexOf('.'));
        for (String token : List.of("9007199254740992-1" + history + ".2", "1-1" + history + ".3")) {
            HttpResponse<String> answer = system.get("/sinners/read/16", RequestLine.TOKEN, token);
            assertThat(answer.statusCode()).as(token).isEqualTo(400);
            assertThat(answer.body()).contains("\"field\":\"Cascade-Token\"");
        }
    }

    /** Its entry of before, which sees everything by its numbers, must not take the place of the fence. */
    @Test
    void aRowWhoseEventOvertakesItsCommitEndsFreshThoughItWasReadBefore() throws SQLException {
        // The new slot is there: to make one takes until every commit is visible.
        await().atMost(PATIENCE)
                .until(() -> topic.read(endOfBefore).stream()
                        .anyMatch(change -> change.value() != null
                                && new String(change.value(), StandardCharsets.UTF_8).contains("\"op\":\"t\"")));
        topic.awaitApplied();
        await().atMost(PATIENCE).until(() -> cacheStatus(system.get("/sinners/read/17")), "hit"::equals);
        HiddenCommit.makePossible(system.servers().postgres());
        try {
            contents.entry(14).set(entryOfBefore);
            race();
        } finally {
            HiddenCommit.makeImpossible(system.servers().postgres());
        }
    }

    private static void race() throws SQLException {
        long from = topic.end();
        try (HiddenCommit commit =
                HiddenCommit.of(system.servers().postgres(), "UPDATE sinners SET name = 'new' WHERE code = 14")) {
            topic.awaitChange(from, 14);
            topic.awaitApplied();
            assertThat(cacheStatus(system.get("/sinners/read/14"))).isEqualTo("fwd=miss; detail=fenced");
            assertThat(commit.isHidden()).isTrue();
        }
        await().atMost(PATIENCE).until(() -> cacheStatus(system.get("/sinners/read/14")), "hit"::equals);
        assertThat(system.get("/sinners/read/14").body()).contains("\"name\":\"new\"");
    }

    private static String token(HttpResponse<String> written) {
        return written.headers().firstValue(RequestLine.TOKEN).orElseThrow();
    }

    private static String select(String sql) throws SQLException {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
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
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
