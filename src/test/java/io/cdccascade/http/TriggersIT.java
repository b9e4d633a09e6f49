package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableFiles;
import java.net.http.HttpResponse;
import java.util.Map;
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
                "CREATE TABLE ruled (id int PRIMARY KEY, name text)",
                "CREATE RULE ruled AS ON INSERT TO ruled WHERE NEW.id > 100 "
                        + "DO INSTEAD INSERT INTO other VALUES (NEW.id, NEW.name)",
                "CREATE TABLE picky (id int PRIMARY KEY, name text)",
                "CREATE FUNCTION picky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " IF NEW.name = 'assert' THEN ASSERT false, 'no assert'; END IF;"
                        + " IF NEW.name <> 'ok' THEN RAISE 'no %', NEW.name USING ERRCODE = NEW.name; END IF;"
                        + " RETURN NEW; END $$",
                "CREATE TRIGGER picky BEFORE INSERT ON picky FOR EACH ROW EXECUTE FUNCTION picky()");
        TableFiles files = new TableFiles(system);
        for (String table : new String[] {"soft", "elsewhere", "ruled", "picky"}) {
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
        assertThat(answer.body()).contains("a trigger of the table suppressed the write or did something else");
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
    void anInsertUnderARuleSaysWhatToDo() {
        HttpResponse<String> answer = system.send("POST", "/ruled/create", "{\"id\":1,\"name\":\"a\"}");

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("replace the rule by a trigger");
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
}
