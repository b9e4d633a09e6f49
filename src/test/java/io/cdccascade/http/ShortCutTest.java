package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.component.CascadeComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.support.AsyncProcessorConverterHelper;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The changes that cannot be undone in a running system; the others are in {@link ShortCutIT}. */
class ShortCutTest {

    private static final AsyncProcessor NOTHING = AsyncProcessorConverterHelper.convert(exchange -> {});

    private final DefaultCamelContext context = new DefaultCamelContext();

    @BeforeEach
    void startTheShippedRoutes() throws Exception {
        context.getRegistry()
                .bind(
                        "cascade",
                        new CascadeComponent(Map.of(
                                "lookup", NOTHING, "load", NOTHING, "fill", NOTHING, "answer", NOTHING, "explain",
                                NOTHING, "problem", NOTHING)));
        for (String file : new String[] {"errors", "read", "list", "keys"}) {
            PluginHelper.getRoutesLoader(context)
                    .loadRoutes(
                            ResourceHelper.resolveMandatoryResource(context, "file:routes/" + file + ".camel.yaml"));
        }
        context.start();
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void theShippedRoutesOfWhatIsCachedAllHaveIt() {
        for (String route : new String[] {"read-row", "read-list", "read-by-keys"}) {
            assertThat(ShortCut.of(context.getRoute(route)).isOpen()).as(route).isTrue();
        }
    }

    @Test
    void aPageThatIsAlwaysReadFromPostgresqlHasNone() {
        assertThat(ShortCut.of(context.getRoute("read-page")).isOpen()).isFalse();
    }

    @Test
    void whatIsSentToAStepAndInterceptedClosesIt() throws Exception {
        AdviceWith.adviceWith(
                context,
                "read-row",
                route -> route.interceptSendToEndpoint("cascade:lookup").to("log:seen"));

        assertThat(ShortCut.of(context.getRoute("read-row")).isOpen()).isFalse();
    }

    @Test
    void anEndpointThatATestMocksClosesIt() throws Exception {
        AdviceWith.adviceWith(context, "read-row", route -> route.mockEndpoints("cascade:answer"));

        assertThat(ShortCut.of(context.getRoute("read-row")).isOpen()).isFalse();
    }

    @Test
    void whatInterceptsTheRoutesOfAFileClosesIt() throws Exception {
        String file = Files.readString(Path.of("routes/read.camel.yaml"));
        Model model = context.getCamelContextExtension().getContextPlugin(Model.class);
        for (String intercept : new String[] {"interceptFrom", "intercept", "onCompletion"}) {
            model.removeRouteDefinition(model.getRouteDefinition("read-row"));
            PluginHelper.getRoutesLoader(context)
                    .loadRoutes(ResourceHelper.fromString("read.camel.yaml", """
                    - %s:
                        steps:
                          - log:
                              message: seen
                    %s""".formatted(intercept, file)));

            assertThat(ShortCut.of(context.getRoute("read-row")).isOpen())
                    .as(intercept)
                    .isFalse();
        }
    }

    @Test
    void aStepThatIsDisabledClosesIt() throws Exception {
        AdviceWith.adviceWith(
                context,
                "read-row",
                route ->
                        route.weaveById("answer").replace().to("cascade:answer").disabled());

        assertThat(ShortCut.of(context.getRoute("read-row")).isOpen()).isFalse();
    }
}
