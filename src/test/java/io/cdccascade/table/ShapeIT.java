package io.cdccascade.table;

import static io.cdccascade.table.TableFiles.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.cdccascade.support.CascadeSystem;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What decides which rows there are and how they are printed, and changes without an event of any row. */
class ShapeIT {

    private static CascadeSystem system;
    private static TableFiles files;

    @BeforeAll
    static void start() {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "200"));
        files = new TableFiles(system);
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void aPartitionThatIsChangedWhileItIsDetachedWithinOneTransaction() throws Exception {
        system.sql(
                "CREATE TABLE moved (id int PRIMARY KEY, name text) PARTITION BY RANGE (id)",
                "CREATE TABLE moved_1 PARTITION OF moved FOR VALUES FROM (0) TO (100)",
                "INSERT INTO moved VALUES (1, 'before')");
        files.put("moved", "table", "moved");
        files.awaitServed("moved");
        awaitHit("/moved/read/1", "before");

        // PostgreSQL may end it as a deadlock with a read.
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> system.sql("BEGIN; ALTER TABLE moved DETACH PARTITION moved_1; "
                        + "UPDATE moved_1 SET name = 'after'; "
                        + "ALTER TABLE moved ATTACH PARTITION moved_1 FOR VALUES FROM (0) TO (100); COMMIT"));

        awaitHit("/moved/read/1", "after");
    }

    @Test
    void aReplicaIdentityThatIsSwitchedBackWithinOneTransaction() throws Exception {
        system.sql(
                "CREATE TABLE switched (id int PRIMARY KEY, owner int)",
                "ALTER TABLE switched REPLICA IDENTITY FULL",
                "INSERT INTO switched VALUES (1, 10)");
        files.put("switched", "table", "switched", "lists", "owner");
        files.awaitServed("switched");
        awaitHit("/switched/read?owner=10", "\"id\":1");

        system.sql("BEGIN; ALTER TABLE switched REPLICA IDENTITY DEFAULT; UPDATE switched SET owner = 11; "
                + "ALTER TABLE switched REPLICA IDENTITY FULL; COMMIT");

        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(system.get("/switched/read?owner=10").body()).isEqualTo("[]"));
        awaitHit("/switched/read?owner=11", "\"id\":1");
    }

    @Test
    void theWeakestReplicaIdentityOfThePartitionsCountsAndTheHintNamesAStatementThatWorks() throws Exception {
        system.sql(
                "CREATE TABLE parted (id int PRIMARY KEY, owner int) PARTITION BY RANGE (id)",
                "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100)",
                "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (100) TO (200)",
                "ALTER TABLE parted REPLICA IDENTITY FULL",
                "ALTER TABLE parted_1 REPLICA IDENTITY FULL",
                "INSERT INTO parted VALUES (1, 10), (101, 10)");
        files.put("parted", "table", "parted", "lists", "owner");
        files.awaitServed("parted");
        awaitHit("/parted/read?owner=10", "\"id\":101");

        system.sql("UPDATE parted SET owner = 11 WHERE id = 101");

        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(system.get("/parted/read?owner=10").body()).doesNotContain("101"));
        Matcher statement = Pattern.compile("DO \\$\\$.*END \\$\\$").matcher(files.health());
        assertThat(statement.find()).isTrue();
        system.sql(statement.group());
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(files.health()).doesNotContain("lists by owner"));

        system.sql("CREATE TABLE parted_3 PARTITION OF parted FOR VALUES FROM (200) TO (300)");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(files.health()).contains("lists by owner"));
    }

    @Test
    void aPublicationThatLeavesOutOperationsServesNothingUntilItHasThemAgain() throws Exception {
        system.sql("CREATE TABLE whole (id int PRIMARY KEY, name text)", "INSERT INTO whole VALUES (1, 'a')");
        files.put("whole", "table", "whole");
        files.awaitServed("whole");
        awaitHit("/whole/read/1", "a");

        system.sql("ALTER PUBLICATION cascade SET (publish = 'insert, update')");

        awaitRefused("whole", "leaves out rows, columns or operations");
        // No event reports this.
        system.sql("DELETE FROM whole", "ALTER PUBLICATION cascade SET (publish = 'insert, update, delete, truncate')");
        await().atMost(PATIENCE).until(() -> system.get("/whole/read/1").statusCode(), status -> status != 503);
        assertThat(system.get("/whole/read/1").statusCode()).isEqualTo(404);
    }

    @Test
    void aTableThatOthersInheritFromIsRefusedWithTheReason() throws Exception {
        system.sql("CREATE TABLE parent (id int PRIMARY KEY)");
        files.put("parent", "table", "parent");
        files.awaitServed("parent");

        system.sql("CREATE TABLE child (extra int) INHERITS (parent)");

        awaitRefused("parent", "inherit");
        system.sql("DROP TABLE child");
        files.awaitServed("parent");
    }

    @Test
    void aTableWhosePoliciesApplyIsRefusedAsLongAsTheyDo() throws Exception {
        system.sql(
                "CREATE ROLE clerk",
                "CREATE TABLE ledger (id int PRIMARY KEY, secret boolean)",
                "GRANT SELECT ON ledger TO clerk",
                "CREATE VIEW ledger_seen AS SELECT * FROM ledger",
                "ALTER VIEW ledger_seen OWNER TO clerk",
                "INSERT INTO ledger VALUES (1, false)");
        files.put("ledger", "table", "ledger", "view", "ledger_seen");
        files.awaitServed("ledger");
        awaitHit("/ledger/read/1", "false");

        system.sql("ALTER TABLE ledger ENABLE ROW LEVEL SECURITY");

        awaitRefused("ledger", "row-level security");
        system.sql("ALTER ROLE clerk BYPASSRLS");
        files.awaitServed("ledger");
        system.sql("ALTER ROLE clerk NOBYPASSRLS");
        awaitRefused("ledger", "row-level security");
    }

    @Test
    void aFunctionThatAViewReadsThroughIsReplaced() throws Exception {
        system.sql(
                "CREATE TABLE priced (id int PRIMARY KEY, net int)",
                "CREATE FUNCTION gross(net int) RETURNS int LANGUAGE sql AS 'SELECT 2 * net'",
                "CREATE VIEW priced_gross AS SELECT id, gross(net) FROM priced",
                "INSERT INTO priced VALUES (1, 5)");
        files.put("priced", "table", "priced", "view", "priced_gross");
        files.awaitServed("priced");
        awaitHit("/priced/read/1", "\"gross\":10");

        system.sql("CREATE OR REPLACE FUNCTION gross(net int) RETURNS int LANGUAGE sql AS 'SELECT 3 * net'");

        awaitHit("/priced/read/1", "\"gross\":15");
    }

    @Test
    void aFunctionBehindAnOperatorOfAViewIsReplaced() throws Exception {
        system.sql(
                "CREATE TABLE mixed (id int PRIMARY KEY, net int)",
                "CREATE FUNCTION mix(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2'",
                "CREATE OPERATOR <+> (LEFTARG = int, RIGHTARG = int, FUNCTION = mix)",
                "CREATE VIEW mixed_up AS SELECT id, net <+> 1 AS more FROM mixed",
                "INSERT INTO mixed VALUES (1, 5)");
        files.put("mixed", "table", "mixed", "view", "mixed_up");
        files.awaitServed("mixed");
        awaitHit("/mixed/read/1", "\"more\":6");

        system.sql("CREATE OR REPLACE FUNCTION mix(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 - $2'");

        awaitHit("/mixed/read/1", "\"more\":4");
    }

    @Test
    void aLabelOfAnEnumWithinACompositeIsRenamed() throws Exception {
        system.sql(
                "CREATE TYPE hue AS ENUM ('red', 'blue')",
                "CREATE DOMAIN hues AS hue[]",
                "CREATE TYPE look AS (hues hues)",
                "CREATE TABLE painted (id int PRIMARY KEY, look look)",
                "INSERT INTO painted VALUES (1, ROW(ARRAY['red']::hues))");
        files.put("painted", "table", "painted");
        files.awaitServed("painted");
        awaitHit("/painted/read/1", "\"red\"");

        system.sql("ALTER TYPE hue RENAME VALUE 'red' TO 'crimson'");

        awaitHit("/painted/read/1", "\"crimson\"");
    }

    @Test
    void whatIsPrintedDoesNotDependOnTheSettingsOfRoleAndDatabase() throws Exception {
        system.sql(
                "CREATE TABLE printed (id int PRIMARY KEY, at timestamptz, span interval, raw bytea, weight float8)",
                "INSERT INTO printed VALUES (1, '2024-05-06 07:08:09+00', '1 day 2 hours', '\\x00ff', 0.1)");
        files.put("printed", "table", "printed");
        files.awaitServed("printed");
        awaitHit("/printed/read/1", "2024-05-06T07:08:09+00:00");
        String before = system.get("/printed/read/1").body();

        system.sql(
                "ALTER ROLE admin SET TimeZone = 'Asia/Kolkata'",
                "ALTER ROLE admin SET IntervalStyle = 'iso_8601'",
                "ALTER DATABASE \"cdc-cascade-db\" SET bytea_output = 'escape'",
                "ALTER DATABASE \"cdc-cascade-db\" SET extra_float_digits = -10");
        try {
            system.bean("dataSource", HikariDataSource.class)
                    .getHikariPoolMXBean()
                    .softEvictConnections();
            system.sql("UPDATE printed SET weight = weight");
            awaitHit("/printed/read/1", before);
        } finally {
            system.sql("ALTER ROLE admin RESET ALL", "ALTER DATABASE \"cdc-cascade-db\" RESET ALL");
        }
    }

    private static void awaitHit(String path, String content) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            var answer = system.get(path);
            assertThat(answer.body()).contains(content);
            assertThat(CascadeSystem.cacheStatus(answer)).isEqualTo("hit");
        });
    }

    private static void awaitRefused(String path, String why) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(system.get("/" + path + "/read/1").statusCode()).isEqualTo(503);
            assertThat(files.health()).contains(why);
        });
    }
}
