package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.Route;
import org.apache.camel.model.ModelCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an edit replaces, and what it does not touch. */
class EditApplierTest {

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
    void aRouteThatDidNotChangeIsNotTouched() throws Exception {
        live.write("hello", RouteYaml.HELLO + RouteYaml.route("neighbour", "old"));
        live.awaitAnswer("neighbour", "old");
        Route hello = live.context().getRoute("hello");

        live.write(
                "hello", "# a comment\n\n" + RouteYaml.HELLO + "# another one\n" + RouteYaml.route("neighbour", "new"));

        live.awaitAnswer("neighbour", "new");
        assertThat(live.context().getRoute("hello")).isSameAs(hello);
    }

    @Test
    void aRouteThatMovesToAnotherFileIsNotReplaced() throws Exception {
        Route hello = live.context().getRoute("hello");

        live.write("new-home", RouteYaml.HELLO + RouteYaml.route("neighbour", "neighbour"));
        Files.delete(folder.resolve("hello.camel.yaml"));
        live.awaitAnswer("neighbour", "neighbour");

        assertThat(live.context().getRoute("hello")).isSameAs(hello);
        live.write("new-home", RouteYaml.route("neighbour", "neighbour"));
        await().until(() -> live.context().getRoute("hello") == null);
    }

    @Test
    void aRouteWithoutAnIdIsReplacedToo() throws Exception {
        live.write("hello", "- from: {uri: direct:hello, steps: [{setBody: {constant: nameless}}]}\n");
        live.awaitAnswer("hello", "nameless");

        live.write("hello", "- from: {uri: direct:hello, steps: [{setBody: {constant: unknown}}]}\n");

        live.awaitAnswer("hello", "unknown");
        assertThat(live.context().getRoutes()).hasSize(1);
    }

    @Test
    void anEditedTemplateReachesTheRoutesMadeFromIt() throws Exception {
        live.write("template", RouteYaml.template("one"));
        live.write("made", RouteYaml.templated("routeId: made, ", "made") + RouteYaml.templated("", "nameless"));
        live.awaitAnswer("made", "one");

        live.write("template", RouteYaml.template("two"));

        live.awaitAnswer("made", "two");
        live.awaitAnswer("nameless", "two");
        live.write("made", RouteYaml.templated("routeId: made, ", "moved"));
        live.awaitAnswer("moved", "two");
        await().until(() -> live.context().getRoutes().size() == 2);
    }

    @Test
    void anEditedRouteConfigurationReachesTheRoutesThatReferToIt() throws Exception {
        live.write("errors", RouteYaml.configuration("one"));
        live.write("fails", RouteYaml.FAILS);
        live.awaitAnswer("fails", "one");
        Route hello = live.context().getRoute("hello");

        live.write("errors", RouteYaml.configuration("two"));

        live.awaitAnswer("fails", "two");
        assertThat(live.context().getRoute("hello")).isSameAs(hello);
    }

    @Test
    void anEditedOnExceptionReachesTheRoutesOfItsFile() throws Exception {
        live.write("fails", RouteYaml.onException("one") + RouteYaml.FAILS);
        live.awaitAnswer("fails", "one");

        live.write("fails", RouteYaml.onException("two") + RouteYaml.FAILS);

        live.awaitAnswer("fails", "two");
    }

    @Test
    void restDefinitionsFollowTheirFiles() throws Exception {
        live.write("conf", "- restConfiguration: {component: test-rest, inlineRoutes: false}\n");
        live.write("one", RouteYaml.rest("one", "/a"));
        await().until(() -> live.rests().contains("get:/one/a"));
        Route hello = live.context().getRoute("hello");

        live.write("one", RouteYaml.rest("one", "/b"));
        Path two = live.write("two", RouteYaml.rest("two", "/c"));

        await().untilAsserted(() ->
                assertThat(live.rests()).contains("get:/one/b", "get:/two/c").doesNotContain("/a"));
        Files.delete(two);
        await().untilAsserted(
                        () -> assertThat(live.rests()).contains("get:/one/b").doesNotContain("two"));
        await().untilAsserted(() -> assertThat(((ModelCamelContext) live.context()).getRestDefinitions())
                .hasSize(1));
        assertThat(live.context().getRoute("hello")).isSameAs(hello);
    }
}
