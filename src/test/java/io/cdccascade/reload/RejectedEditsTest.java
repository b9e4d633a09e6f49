package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Edits that cannot take effect: they are reported and change nothing. */
class RejectedEditsTest {

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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "- route: {id: bad]\n",
                "- route: {id: bad, from: {uri: 'direct:bad', steps: [{unheardOf: {x: 1}}]}}\n",
                "- route: {id: bad, from: {uri: 'unheard-of:bad', steps: [{setBody: {constant: x}}]}}\n",
                "- route: {id: bad, from: {uri: 'direct:bad', steps: [{to: 'unheard-of:x'}]}}\n",
                "- route: {id: bad, from: {uri: 'direct:bad', steps: [{to: 'log:x?unheardOf=1'}]}}\n",
                "- route: {id: bad, from: {uri: 'direct:bad', steps: [{bean: {ref: unheardOf}}]}}\n",
                "- route: {id: bad, from: {uri: 'direct:bad', steps: [{to: 'log:{{unheard.of}}'}]}}\n",
                "- route: {id: bad, from: {uri: 'direct:hello', steps: [{setBody: {constant: twice}}]}}\n",
                "- route: {id: other, from: {uri: 'direct:bad', steps: [{setBody: {constant: twice}}]}}\n",
                "- beans: [{name: bad, type: io.cdccascade.reload.UnheardOf}]\n",
                "- beans: [{name: bad, type: io.cdccascade.reload.Greeter, constructors: {0: '#bean:unheardOf'}}]\n",
                "- beans: [{name: bad, type: io.cdccascade.reload.Greeter, constructors: {0: '#bean:account'},"
                        + " properties: {unheardOf: x}}]\n",
                "- templatedRoute: {routeId: bad, routeTemplateRef: unheardOf}\n",
            })
    void aFileThatCannotRunIsRejectedAsAWhole(String broken) throws Exception {
        live.write("other", RouteYaml.route("other", "other"));
        live.awaitAnswer("other", "other");

        live.write("hello", RouteYaml.route("hello", "half an edit") + broken);

        await().untilAsserted(() -> assertThat(live.rejected()).contains("hello.camel.yaml:2: "));
        assertThat(live.ask("hello")).isEqualTo("hello");
        assertThat(live.ask("other")).isEqualTo("other");
        assertThat(live.context().getRoute("bad")).isNull();
        assertThat(live.context().getRegistry().lookupByName("bad")).isNull();
        assertThat(HealthCheckHelper.invokeReadiness(live.context()))
                .allSatisfy(result -> assertThat(result.getState()).isEqualTo(HealthCheck.State.UP));
        assertThat(HealthCheckHelper.invokeLiveness(live.context()))
                .allSatisfy(result -> assertThat(result.getState()).isEqualTo(HealthCheck.State.UP));

        live.write("hello", RouteYaml.route("hello", "fixed"));

        live.awaitAnswer("hello", "fixed");
        await().untilAsserted(() -> assertThat(live.rejected()).isEmpty());
    }

    @Test
    void aRejectedEditIsReportedOnceAndForgottenWithItsFile() throws Exception {
        Path file = live.write("bad", "- route: {id: bad, from: {uri: 'unheard-of:bad', steps: []}}\n");
        await().until(() -> !live.rejected().isEmpty());
        live.awaitMoreScans();
        assertThat(live.routes().getFailedCounter()).isOne();

        Files.delete(file);

        await().untilAsserted(() -> assertThat(live.rejected()).isEmpty());
    }

    @Test
    void aValidEditDoesNotWaitForARejectedOne() throws Exception {
        live.write("bad", "- route: {id: bad, from: {uri: 'unheard-of:bad', steps: []}}\n");
        live.write("hello", RouteYaml.route("hello", "good day"));

        live.awaitAnswer("hello", "good day");
        await().untilAsserted(() -> assertThat(live.rejected()).contains("bad.camel.yaml"));
    }

    @Test
    void twoFilesMayNotHaveTheSameRoute() throws Exception {
        live.write("second", RouteYaml.route("hello", "second"));

        await().untilAsserted(() ->
                assertThat(live.rejected()).contains("second.camel.yaml").contains("already"));
        assertThat(live.ask("hello")).isEqualTo("hello");

        Files.delete(folder.resolve("hello.camel.yaml"));
        live.awaitAnswer("hello", "second");
        await().untilAsserted(() -> assertThat(live.rejected()).isEmpty());
    }

    @Test
    void anEditOfAFixedBeanIsRejected() throws Exception {
        live.write("fixed", "- beans: [{name: fixed, type: java.lang.Object}]\n");

        await().untilAsserted(() -> assertThat(live.rejected()).contains("fixed: takes effect at the next start"));
    }
}
