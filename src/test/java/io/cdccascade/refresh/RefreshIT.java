package io.cdccascade.refresh;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static io.cdccascade.table.TableFiles.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.cache.CacheInvalidator;
import io.cdccascade.support.CacheContents;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Entries that are loaded although nobody asks for them: {@code onChange: refresh} and {@code warm}. */
class RefreshIT {

    private static CascadeSystem system;
    private static CacheContents contents;
    private static TableFiles files;

    private final AtomicInteger values = new AtomicInteger(1);

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start(
                Map.of("cascade.refresh.patience-ms", "2000", "cascade.warm.rows-per-second", "100000"));
        contents = new CacheContents(system);
        files = new TableFiles(system);
        system.sql(
                "CREATE TABLE hot (id int PRIMARY KEY, kind text, v int)",
                "INSERT INTO hot SELECT i, 'k' || i % 3, 0 FROM generate_series(1, 30) i",
                "CREATE TABLE parts (id int PRIMARY KEY, hot_id int NOT NULL, n int)",
                "INSERT INTO parts VALUES (1, 1, 0)",
                // So that events name the list, and the row, of before.
                "ALTER TABLE hot REPLICA IDENTITY FULL",
                "ALTER TABLE parts REPLICA IDENTITY FULL",
                "CREATE VIEW fragile AS SELECT h.id, 100 / (h.v + 1) AS share,"
                        + " (SELECT sum(n) FROM parts p WHERE p.hot_id = h.id) AS n FROM hot h",
                "CREATE TABLE big (id int, part int, v text, PRIMARY KEY (part, id))",
                "INSERT INTO big SELECT i, i % 7, 'v' FROM generate_series(1, 1000) i");
        files.put("hot", "table", "hot", "lists", "kind", "onChange", "refresh");
        files.put(
                "fragile",
                "table",
                "hot",
                "view",
                "fragile",
                "path",
                "fragile",
                "dependsOn",
                "parts(hot_id)",
                "onChange",
                "refresh");
        files.awaitServed("hot", "fragile");
    }

    @AfterAll
    static void stop() {
        contents.close();
        system.close();
    }

    @Test
    void aChangedRowThatIsCachedIsThereAgainBeforeAnybodyAsks() throws Exception {
        awaitHit("/hot/read/1");

        changeUntilTheEntryShows("public.hot:1", "UPDATE hot SET v = %d WHERE id = 1", "\"v\":%d");

        assertThat(cacheStatus(system.get("/hot/read/1"))).isEqualTo("hit");
    }

    @Test
    void aRowThatNobodyHasAskedForIsNotLoaded() throws Exception {
        awaitHit("/hot/read/2");
        system.sql("UPDATE hot SET v = v + 1 WHERE id = 29");

        changeUntilTheEntryShows("public.hot:2", "UPDATE hot SET v = %d WHERE id = 2", "\"v\":%d");

        assertThat(contents.text("public.hot:29")).isNull();
    }

    @Test
    void aListIsThereAgainAndADeletedRowIsKnownToBeGone() throws Exception {
        awaitHit("/hot/read?kind=k0");
        awaitHit("/hot/read/30");

        changeUntilTheEntryShows("*kind:k0", "UPDATE hot SET v = %d WHERE id = 3", "\"v\":%d");
        assertThat(cacheStatus(system.get("/hot/read?kind=k0"))).isEqualTo("hit");
        system.sql("DELETE FROM hot WHERE id = 30");
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = system.get("/hot/read/30");
            assertThat(answer.statusCode()).isEqualTo(404);
        });
        assertThat(system.get("/hot/read?kind=k0").body()).doesNotContain("\"id\":30");
    }

    @Test
    void aChangeOfAnotherTableLoadsWhatItNames() throws Exception {
        awaitHit("/fragile/read/1");

        changeUntilTheEntryShows("public.hot@fragile:1", "UPDATE parts SET n = %d WHERE id = 1", "\"n\":%d");
    }

    @Test
    void anEntryThatCannotBeLoadedIsDropped() throws Exception {
        awaitHit("/fragile/read/5");

        system.sql("UPDATE hot SET v = -1 WHERE id = 5");

        await().atMost(PATIENCE).until(() -> contents.text("public.hot@fragile:5") == null);
        assertThat(system.get("/fragile/read/5").statusCode()).isGreaterThanOrEqualTo(400);
        system.sql("UPDATE hot SET v = 0 WHERE id = 5");
        awaitHit("/fragile/read/5");
    }

    @Test
    void whatTheConditionNamesIsLoadedAtTheStartAndAfterAForget() throws Exception {
        files.put("big", "table", "big", "warm", "part < 6");
        awaitWarm("public.big", "done, 857 rows, ");
        assertThat(cacheStatus(system.get("/big/read/1,501"))).as("part 4").isIn("fwd=miss; stored", "hit");
        assertThat(cacheStatus(system.get("/big/read/0,7"))).as("part 0").isEqualTo("hit");
        assertThat(cacheStatus(system.get("/big/read/5,999"))).as("part 5").isEqualTo("hit");
        assertThat(cacheStatus(system.get("/big/read/6,6"))).as("part 6").isEqualTo("fwd=miss; stored");

        system.bean("invalidations", CacheInvalidator.class).forget("public.big");

        await().atMost(PATIENCE).until(() -> contents.text("public.big:0,7") != null);
        awaitWarm("public.big", "done, 857 rows, 857 loaded");
        assertThat(contents.text("public.big:6,6")).as("of the earlier epoch").isNotNull();
        assertThat(cacheStatus(system.get("/big/read/6,6"))).isEqualTo("fwd=miss; stored");
    }

    @Test
    void aConditionThatIsNoSqlIsReportedAndTheTableServedAllTheSame() throws Exception {
        system.sql("CREATE TABLE cold (id int PRIMARY KEY)", "INSERT INTO cold VALUES (1)");

        files.put("cold", "table", "cold", "warm", "colour = 'red'");

        awaitWarm("public.cold", "failed: ERROR: column \"colour\" does not exist");
        files.awaitServed("cold");
        files.put("cold", "table", "cold", "warm", "true");
        awaitWarm("public.cold", "done, 1 rows, ");
    }

    private static void awaitHit(String path) {
        await().atMost(PATIENCE).until(() -> cacheStatus(system.get(path)).equals("hit"));
    }

    private static void awaitWarm(String table, String progress) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(system.request("GET", "/observe/health?data=true", null)
                                .body()
                                .replace("\\\"", "\""))
                        .contains(table)
                        .contains(progress));
    }

    /** Changes again where a load was faster than the commit became visible: then the entry is dropped, and read again here. */
    private void changeUntilTheEntryShows(String entry, String sql, String shown) throws SQLException {
        await().atMost(PATIENCE).until(() -> {
            if (contents.text(entry) == null) {
                return false;
            }
            int value = values.incrementAndGet();
            system.sql(sql.formatted(value));
            await().atMost(Duration.ofSeconds(20)).until(() -> {
                String now = contents.text(entry);
                return now == null || now.contains(shown.formatted(value));
            });
            return contents.text(entry) != null;
        });
    }
}
