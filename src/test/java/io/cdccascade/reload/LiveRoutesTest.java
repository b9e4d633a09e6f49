package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.support.RouteWatcherReloadStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When edits take effect, from the start of the system on. */
class LiveRoutesTest {

    @TempDir
    Path folder;

    private LiveFolder live;

    @BeforeEach
    void startWithAFile() throws Exception {
        live = new LiveFolder(folder);
        live.write("hello", RouteYaml.HELLO);
        live.start(true);
    }

    @AfterEach
    void stop() {
        live.stop();
    }

    @Test
    void anEditedRouteGivesItsNewAnswer() throws Exception {
        assertThat(live.ask("hello")).isEqualTo("hello");

        live.write("hello", RouteYaml.route("hello", "good day"));

        live.awaitAnswer("hello", "good day");
        await().untilAsserted(() -> assertThat(live.routes().getReloadCounter()).isOne());
    }

    @Test
    void aFileThatIsAddedServesUntilItIsDeleted() throws Exception {
        Path file = live.write("more", RouteYaml.route("more", "more"));
        live.awaitAnswer("more", "more");

        Files.delete(file);

        await().until(() -> live.context().getRoute("more") == null);
        await().until(() -> ((ModelCamelContext) live.context()).getRouteDefinition("more") == null);
        assertThat(live.ask("hello")).isEqualTo("hello");
    }

    @Test
    void aBrokenTableFileKeepsNothingElseFromStarting() throws Exception {
        live.stop();
        Files.createDirectories(folder.resolve("tables"));
        live.write("tables/bad", "- beans: [{name: bad, type: io.cdccascade.reload.UnheardOf}]\n");
        live.write("tables/good", RouteYaml.greeter("good") + RouteYaml.route("of-a-table", "of a table"));
        live.start(true);

        assertThat(live.ask("hello")).isEqualTo("hello");
        assertThat(live.ask("of-a-table")).isEqualTo("of a table");
        assertThat(live.context()
                        .getRegistry()
                        .lookupByNameAndType("greeter", Greeter.class)
                        .greet())
                .isEqualTo("good");
        assertThat(live.account().entries()).containsExactly("made");
        assertThat(live.rejected()).contains("tables/bad.camel.yaml:1: ").contains("UnheardOf");
    }

    @Test
    void turnedOffItLoadsTheTablesAndIgnoresEdits() throws Exception {
        live.stop();
        Files.createDirectories(folder.resolve("tables"));
        live.write("tables/good", RouteYaml.greeter("good"));
        live.start(false);
        assertThat(live.context().getRegistry().lookupByName("greeter")).isNotNull();

        live.write("hello", RouteYaml.route("hello", "edited"));
        assertThat(live.ask("hello")).isEqualTo("hello");

        live.routes().onReload("a tool, on demand");
        assertThat(live.ask("hello")).isEqualTo("edited");
    }

    @Test
    void editsAreLeftToCamelsOwnReloadIfItIsOn() throws Exception {
        live.stop();
        RouteWatcherReloadStrategy camels = new RouteWatcherReloadStrategy(folder.toString());
        camels.setPattern("*.camel.yaml");
        live.start(true, camels);

        live.write("hello", RouteYaml.route("hello", "edited"));

        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> live.ask("hello").equals("edited"));
        // Java's file watcher can report one write twice.
        assertThat(camels.getReloadCounter()).isPositive();
        assertThat(live.routes().getReloadCounter()).isZero();
    }
}
