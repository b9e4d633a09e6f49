package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.Route;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Edited beans: made before the old ones are destroyed, and given to all that refer to them. */
class EditedBeansTest {

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
    void anEditedBeanReachesTheRoutesThatReferToIt() throws Exception {
        live.write("beans", RouteYaml.greeter("hi"));
        live.write("greet", RouteYaml.GREET);
        live.awaitAnswer("greet", "hi");
        Route hello = live.context().getRoute("hello");

        live.write("beans", RouteYaml.greeter("good morning"));

        live.awaitAnswer("greet", "good morning");
        await().untilAsserted(() -> assertThat(live.account().entries()).containsExactly("made", "made", "closed hi"));
        assertThat(live.context().getRoute("hello")).isSameAs(hello);
    }

    @Test
    void aBeanThatARouteRefersToCannotBeDeleted() throws Exception {
        Path beans = live.write("beans", RouteYaml.greeter("hi"));
        live.write("greet", RouteYaml.GREET);
        live.awaitAnswer("greet", "hi");

        Files.delete(beans);

        await().untilAsserted(() ->
                assertThat(live.rejected()).contains("beans.camel.yaml").contains("greet.camel.yaml"));
        assertThat(live.ask("greet")).isEqualTo("hi");
        Files.delete(folder.resolve("greet.camel.yaml"));
        await().untilAsserted(() -> assertThat(live.rejected()).isEmpty());
        assertThat(live.context().getRegistry().lookupByName("greeter")).isNull();
        assertThat(live.account().entries()).containsExactly("made", "closed hi");
    }

    @Test
    void aRejectedEditKeepsTheOldBean() throws Exception {
        live.write("beans", RouteYaml.greeter("hi"));
        live.write("greet", RouteYaml.GREET);
        live.awaitAnswer("greet", "hi");

        live.write(
                "beans",
                RouteYaml.greeter("never heard") + "- route: {id: bad, from: {uri: 'unheard-of:bad', steps: []}}\n");

        await().until(() -> !live.rejected().isEmpty());
        assertThat(live.ask("greet")).isEqualTo("hi");
        assertThat(live.account().entries()).doesNotContain("closed hi").contains("closed never heard");
    }
}
