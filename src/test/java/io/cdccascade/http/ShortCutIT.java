package io.cdccascade.http;

import static io.cdccascade.support.CascadeSystem.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.builder.AdviceWithRouteBuilder;
import org.apache.camel.model.Model;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.support.EventNotifierSupport;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.RoutePolicySupport;
import org.apache.camel.util.function.ThrowingConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A hit passes its route by only while nobody could tell: whatever watches or changes the route is seen by hits, too. */
class ShortCutIT {

    private static CascadeSystem system;

    private final AtomicInteger seen = new AtomicInteger();
    private CamelContext context;

    @BeforeAll
    static void start() {
        system = CascadeSystem.start();
        await().until(() -> cacheStatus(system.get("/sinners/read/14")).equals("hit"));
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @BeforeEach
    void useTheShortCut() {
        context = system.context();
        assertThat(passesTheRouteBy()).isTrue();
    }

    @AfterEach
    void openItAgain() throws Exception {
        reload();
        assertThat(passesTheRouteBy()).as("the short cut is open again").isTrue();
    }

    @Test
    void aStepBeforeTheAnswerSeesHits() throws Exception {
        advise(route -> route.weaveById("answer").before().process(exchange -> seen.incrementAndGet()));

        assertSeen();
    }

    @Test
    void aStepBehindTheAnswerSeesHits() throws Exception {
        advise(route -> route.weaveById("answer").after().setHeader("X-Mine", route.constant("yes")));

        assertThat(hit().headers().firstValue("X-Mine")).contains("yes");
    }

    @Test
    void aStepThatTakesAnothersPlaceSeesHits() throws Exception {
        advise(route -> route.weaveById("answer").replace().setBody(route.constant("mine")));

        assertThat(system.get("/sinners/read/14").body()).isEqualTo("mine");
    }

    @Test
    void aFilterThatAsksForSomethingElseIsAsked() throws Exception {
        advise(route -> route.weaveById("missed")
                .replace()
                .filter(route.simple("${variable.missed} == false"))
                .process(exchange -> seen.incrementAndGet()));

        assertSeen();
    }

    @Test
    void anInterceptorOfEveryStepSeesHits() throws Exception {
        advise(route -> route.intercept().process(exchange -> seen.incrementAndGet()));

        assertSeen();
    }

    @Test
    void anEventNotifierThatWatchesExchangesSeesHits() {
        EventNotifierSupport notifier = new EventNotifierSupport() {
            @Override
            public boolean isEnabled(CamelEvent event) {
                return event instanceof CamelEvent.ExchangeCompletedEvent;
            }

            @Override
            public void notify(CamelEvent event) {
                seen.incrementAndGet();
            }
        };
        context.getManagementStrategy().addEventNotifier(notifier);
        try {
            assertSeen();
        } finally {
            context.getManagementStrategy().removeEventNotifier(notifier);
        }
    }

    @Test
    void anEventNotifierThatDoesNotWatchExchangesCostsNothing() {
        EventNotifierSupport notifier = new EventNotifierSupport() {
            @Override
            public boolean isEnabled(CamelEvent event) {
                return event instanceof CamelEvent.RouteEvent;
            }

            @Override
            public void notify(CamelEvent event) {
                seen.incrementAndGet();
            }
        };
        context.getManagementStrategy().addEventNotifier(notifier);
        try {
            assertThat(passesTheRouteBy()).isTrue();
        } finally {
            context.getManagementStrategy().removeEventNotifier(notifier);
        }
    }

    @Test
    void aRoutePolicySeesHits() throws Exception {
        RoutePolicy policy = new RoutePolicySupport() {
            @Override
            public void onExchangeBegin(Route route, Exchange exchange) {
                seen.incrementAndGet();
            }
        };
        context.addRoutePolicyFactory((camel, id, definition) -> id.equals("read-row") ? policy : null);
        try {
            reload();
            assertSeen();
        } finally {
            context.getRoutePolicyFactories().clear();
        }
    }

    @Test
    void aTracerSeesHits() throws Exception {
        context.setTracing(true);
        try {
            reload();
            assertThat(passesTheRouteBy()).isFalse();
        } finally {
            context.setTracing(false);
        }
    }

    @Test
    void anInterceptStrategySeesHits() throws Exception {
        var strategies = context.getCamelContextExtension().getInterceptStrategies();
        context.getCamelContextExtension().addInterceptStrategy((camel, node, target, next) -> exchange -> {
            seen.incrementAndGet();
            target.process(exchange);
        });
        try {
            reload();
            assertSeen();
        } finally {
            strategies.remove(strategies.size() - 1);
        }
    }

    @Test
    void aRouteThatIsStoppedAnswersNoHits() throws Exception {
        context.getRouteController().stopRoute("read-row");
        assertThat(system.get("/sinners/read/14").statusCode()).isEqualTo(503);
        context.getRouteController().startRoute("read-row");
    }

    @Test
    void aRouteThatIsSuspendedAnswersNoHits() throws Exception {
        context.getRouteController().suspendRoute("read-row");
        assertThat(system.get("/sinners/read/14").statusCode()).isEqualTo(503);
        context.getRouteController().resumeRoute("read-row");
    }

    private void advise(ThrowingConsumer<AdviceWithRouteBuilder, Exception> change) throws Exception {
        AdviceWith.adviceWith(context, "read-row", change::accept);
    }

    /** The route as its file says, as live editing would start it. */
    private void reload() throws Exception {
        Model model = context.getCamelContextExtension().getContextPlugin(Model.class);
        model.removeRouteDefinition(model.getRouteDefinition("read-row"));
        PluginHelper.getRoutesLoader(context)
                .loadRoutes(ResourceHelper.resolveMandatoryResource(context, "file:routes/read.camel.yaml"));
    }

    private void assertSeen() {
        hit();
        // An exchange completes after its answer was sent.
        await().untilAsserted(() -> assertThat(seen.get()).isPositive());
    }

    /** A busy machine may be too slow for a reader's patience with Redis now and then. */
    private HttpResponse<String> hit() {
        return await().until(
                        () -> system.get("/sinners/read/14"),
                        answer -> cacheStatus(answer).equals("hit"));
    }

    private boolean passesTheRouteBy() {
        Route route = context.getRoute("read-row");
        NamedNode definition = route == null
                ? null
                : context.getCamelContextExtension()
                        .getContextPlugin(Model.class)
                        .getRouteDefinition("read-row");
        assertThat(definition).isNotNull();
        hit();
        return ShortCut.of(route).isOpen();
    }
}
