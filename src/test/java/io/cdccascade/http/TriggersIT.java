package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Writes into tables whose triggers and rules decide what becomes of them. */
class TriggersIT {

    private static CascadeSystem system;

    @BeforeAll
    static void start() throws Exception {
        system = CascadeSystem.start(Map.of("cascade.tables.follow-ms", "200", "cascade.api.show-raised", "true"));
        system.sql(
                "CREATE TABLE other (id int PRIMARY KEY, name text)",
                "CREATE TABLE soft (id int PRIMARY KEY, gone boolean)",
                "CREATE FUNCTION soft() RETURNS trigger LANGUAGE plpgsql AS "
                        + "'BEGIN UPDATE soft SET gone = true WHERE id = OLD.id; RETURN NULL; END'",
                "CREATE TRIGGER soft BEFORE DELETE ON soft FOR EACH ROW EXECUTE FUNCTION soft()",
                "INSERT INTO soft VALUES (1, false)",
                "CREATE TABLE elsewhere (id int PRIMARY KEY, name text)",
                "CREATE FUNCTION elsewhere() RETURNS trigger LANGUAGE plpgsql AS "
                        + "'BEGIN INSERT INTO other VALUES (NEW.id, NEW.name); RETURN NULL; END'",
                "CREATE TRIGGER elsewhere BEFORE INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION elsewhere()",
                "CREATE TABLE ruled (id int PRIMARY KEY DEFAULT 7, name text)",
                "CREATE RULE ruled AS ON INSERT TO ruled WHERE NEW.id > 100 "
                        + "DO INSTEAD INSERT INTO other VALUES (NEW.id, NEW.name)",
                "CREATE TABLE picky (id int PRIMARY KEY, name text)",
                "CREATE FUNCTION picky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " IF NEW.name = 'assert' THEN ASSERT false, 'no assert'; END IF;"
                        + " IF NEW.name <> 'ok' THEN RAISE 'no %', NEW.name USING ERRCODE = NEW.name; END IF;"
                        + " RETURN NEW; END $$",
                "CREATE TRIGGER picky BEFORE INSERT ON picky FOR EACH ROW EXECUTE FUNCTION picky()",
                "CREATE TABLE busy (id int PRIMARY KEY, fails int)",
                "CREATE SEQUENCE attempts",
                "CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " IF nextval('attempts') <= NEW.fails THEN"
                        + " RAISE 'again' USING ERRCODE = 'serialization_failure'; END IF;"
                        + " RETURN NEW; END $$",
                "CREATE TRIGGER busy BEFORE INSERT OR UPDATE ON busy FOR EACH ROW EXECUTE FUNCTION busy()",
                "CREATE TABLE crossed (id int PRIMARY KEY)",
                "CREATE SEQUENCE crossings",
                // Waits until the other session waits for it, and then for the other session. Sooner than a statement
                // may take.
                "CREATE FUNCTION crossed() RETURNS trigger LANGUAGE plpgsql SET deadlock_timeout = '10ms' AS $$ BEGIN"
                        + " PERFORM pg_advisory_xact_lock(1);"
                        + " IF nextval('crossings') = 1 THEN WHILE NOT EXISTS (SELECT FROM pg_locks"
                        + " WHERE locktype = 'advisory' AND objid = 1 AND NOT granted) LOOP"
                        + " PERFORM pg_sleep(0.01); END LOOP; END IF;"
                        + " PERFORM pg_advisory_xact_lock(2);"
                        + " RETURN NEW; END $$",
                "CREATE TRIGGER crossed BEFORE INSERT ON crossed FOR EACH ROW EXECUTE FUNCTION crossed()");
        TableFiles files = new TableFiles(system);
        for (String table : new String[] {"soft", "elsewhere", "ruled", "picky", "busy", "crossed"}) {
            files.put(table, "table", table);
            files.awaitServed(table);
        }
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void aDeleteThatATriggerTurnsIntoAnUpdateSaysSoAndIsSeen() {
        HttpResponse<String> answer = system.send("DELETE", "/soft/delete/1", null);

        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(answer.body()).contains("a trigger or a rule of the table suppressed the write");
        await().atMost(TableFiles.PATIENCE)
                .untilAsserted(
                        () -> assertThat(system.get("/soft/read/1").body()).contains("\"gone\":true"));
        assertThat(system.send("DELETE", "/soft/delete/2", null).statusCode()).isEqualTo(404);
    }

    @Test
    void anInsertThatATriggerRedirectsSaysThatThereIsNoRow() {
        HttpResponse<String> answer = system.send("POST", "/elsewhere/create", "{\"id\":1,\"name\":\"a\"}");

        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(system.get("/elsewhere/read/1").statusCode()).isEqualTo(404);
    }

    @Test
    void anInsertThatARuleLeavesAloneAnswersTheRowAndATokenThatIsSeen() {
        assertThat(system.get("/ruled/read/1").statusCode()).isEqualTo(404);
        HttpResponse<String> answer = system.send("POST", "/ruled/create", "{\"id\":1,\"name\":\"a\"}");

        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).isEqualTo("{\"id\":1,\"name\":\"a\"}");
        String token = answer.headers().firstValue("Cascade-Token").orElseThrow();
        assertThat(system.get("/ruled/read/1", "Cascade-Token", token).body()).isEqualTo(answer.body());
        assertThat(system.send("POST", "/ruled/create", "{\"id\":1}").statusCode())
                .isEqualTo(409);
    }

    @Test
    void anInsertThatARuleReplacesStoresNothingAndSaysSo() {
        HttpResponse<String> answer = system.send("POST", "/ruled/create", "{\"id\":101,\"name\":\"a\"}");

        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(answer.body()).contains("a rule of the table suppressed the write");
        assertThat(system.get("/ruled/read/101").statusCode()).isEqualTo(404);
    }

    @Test
    void anInsertUnderARuleThatDoesNotNameItsKeySaysWhatToDo() {
        HttpResponse<String> answer = system.send("POST", "/ruled/create", "{\"name\":\"a\"}");

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("give the whole key, replace the rule by a trigger");
    }

    @ParameterizedTest
    @CsvSource({
        "45000, 422",
        "PT409, 409",
        "PT418, 418",
        "no_data_found, 422",
        "check_violation, 422",
        "insufficient_privilege, 403",
        "unique_violation, 409",
        "deadlock_detected, 422",
        "raise_exception, 422",
        "assert, 422"
    })
    void whatATriggerRaisesIsTheCallersFault(String raised, int status) {
        HttpResponse<String> answer = system.send("POST", "/picky/create", "{\"id\":1,\"name\":\"" + raised + "\"}");

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains("no " + raised);
    }

    @Test
    void aSerializationFailureIsTriedAgainAndTheRowIsWrittenOnce() throws Exception {
        system.sql("ALTER SEQUENCE attempts RESTART");

        HttpResponse<String> created = system.send("POST", "/busy/create", "{\"id\":1,\"fails\":3}");

        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(number("SELECT last_value FROM attempts")).isEqualTo(4);
        assertThat(number("SELECT count(*) FROM busy WHERE id = 1")).isEqualTo(1);
        system.sql("ALTER SEQUENCE attempts RESTART");
        assertThat(system.send("PATCH", "/busy/update/1", "{\"fails\":1}").statusCode())
                .isEqualTo(200);
        assertThat(number("SELECT last_value FROM attempts")).isEqualTo(2);
    }

    @Test
    void aSerializationFailureThatDoesNotEndIsAnsweredAfterFourAttempts() throws Exception {
        system.sql("ALTER SEQUENCE attempts RESTART");

        HttpResponse<String> answer = system.send("POST", "/busy/create", "{\"id\":2,\"fails\":1000}");

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("again");
        assertThat(number("SELECT last_value FROM attempts")).isEqualTo(4);
        assertThat(number("SELECT count(*) FROM busy WHERE id = 2")).isZero();
    }

    @Test
    void aWriteThatPostgresqlEndsAsADeadlockIsTriedAgain() throws Exception {
        try (Connection other = system.servers().postgres().connect();
                Statement statement = other.createStatement()) {
            // The API's session is the one that looks for deadlocks.
            statement.execute("SET deadlock_timeout = '1h'");
            other.setAutoCommit(false);
            statement.execute("SELECT pg_advisory_xact_lock(2)");
            CompletableFuture<HttpResponse<String>> write =
                    CompletableFuture.supplyAsync(() -> system.send("POST", "/crossed/create", "{\"id\":1}"));
            await().atMost(TableFiles.PATIENCE)
                    .until(() -> number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1") > 0);
            statement.execute("SELECT pg_advisory_xact_lock(1)");
            other.commit();

            assertThat(write.get(2, TimeUnit.MINUTES).statusCode()).isEqualTo(201);
        }
        assertThat(number("SELECT last_value FROM crossings")).isEqualTo(2);
        assertThat(number("SELECT count(*) FROM crossed")).isEqualTo(1);
    }

    private static long number(String sql) throws SQLException {
        try (Connection connection = system.servers().postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
