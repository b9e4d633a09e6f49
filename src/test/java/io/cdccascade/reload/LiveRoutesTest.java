package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.Service;
import org.apache.camel.cli.connector.DefaultCliConnectorFactory;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.spi.CliConnectorFactory;
import org.apache.camel.spi.RestConfiguration;
import org.apache.camel.spi.RestConsumerFactory;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.RouteWatcherReloadStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What edits of route files do, without servers: direct routes in a folder of their own. */
class LiveRoutesTest {

    private static final String HELLO = route("hello", "hello");
    private static final String GREET =
            "- route: {id: greet, from: {uri: 'direct:greet'," + " steps: [{bean: {ref: greeter, method: greet}}]}}\n";
    private static final String FAILS = "- route: {id: fails, routeConfigurationId: soft, from: {uri: 'direct:fails',"
            + " steps: [{throwException: {exceptionType: java.lang.IllegalStateException, message: x}}]}}\n";

    @TempDir
    Path folder;

    private final Greeter.Account account = new Greeter.Account();
    private CamelContext context;
    private LiveRoutes live;

    @BeforeEach
    void startWithAFile() throws Exception {
        write("hello", HELLO);
        start(true);
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void anEditedRouteAnswersAnew() throws Exception {
        assertThat(ask("hello")).isEqualTo("hello");

        write("hello", route("hello", "good day"));

        awaitAnswer("hello", "good day");
        await().untilAsserted(() -> assertThat(live.getReloadCounter()).isOne());
    }

    @Test
    void aFileThatIsAddedServesUntilItIsDeleted() throws Exception {
        Path file = write("more", route("more", "more"));
        awaitAnswer("more", "more");

        Files.delete(file);

        await().until(() -> context.getRoute("more") == null);
        await().until(() -> ((ModelCamelContext) context).getRouteDefinition("more") == null);
        assertThat(ask("hello")).isEqualTo("hello");
    }

    @Test
    void aRouteThatDidNotChangeIsNotTouched() throws Exception {
        write("hello", HELLO + route("neighbour", "old"));
        awaitAnswer("neighbour", "old");
        Route hello = context.getRoute("hello");

        write("hello", "# a comment\n\n" + HELLO + "# another one\n" + route("neighbour", "new"));

        awaitAnswer("neighbour", "new");
        assertThat(context.getRoute("hello")).isSameAs(hello);
    }

    @Test
    void aRouteThatMovesToAnotherFileGoesOn() throws Exception {
        Route hello = context.getRoute("hello");

        write("new-home", HELLO + route("neighbour", "neighbour"));
        Files.delete(folder.resolve("hello.camel.yaml"));
        awaitAnswer("neighbour", "neighbour");

        assertThat(context.getRoute("hello")).isSameAs(hello);
        write("new-home", route("neighbour", "neighbour"));
        await().until(() -> context.getRoute("hello") == null);
    }

    @Test
    void aRouteWithoutAnIdIsReplacedToo() throws Exception {
        write("hello", "- from: {uri: direct:hello, steps: [{setBody: {constant: nameless}}]}\n");
        awaitAnswer("hello", "nameless");

        write("hello", "- from: {uri: direct:hello, steps: [{setBody: {constant: unknown}}]}\n");

        awaitAnswer("hello", "unknown");
        assertThat(context.getRoutes()).hasSize(1);
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
    void whatCannotRunIsRejectedAsAWholeAndTold(String mistake) throws Exception {
        write("other", route("other", "other"));
        awaitAnswer("other", "other");

        write("hello", route("hello", "half an edit") + mistake);

        await().untilAsserted(() -> assertThat(rejected()).contains("hello.camel.yaml:2: "));
        assertThat(ask("hello")).isEqualTo("hello");
        assertThat(ask("other")).isEqualTo("other");
        assertThat(context.getRoute("bad")).isNull();
        assertThat(context.getRegistry().lookupByName("bad")).isNull();
        assertThat(HealthCheckHelper.invokeReadiness(context)).allSatisfy(this::isUp);
        assertThat(HealthCheckHelper.invokeLiveness(context)).allSatisfy(this::isUp);

        write("hello", route("hello", "mended"));

        awaitAnswer("hello", "mended");
        await().untilAsserted(() -> assertThat(rejected()).isEmpty());
    }

    @Test
    void aRejectedEditIsToldOnceAndForgottenWithItsFile() throws Exception {
        Path file = write("bad", "- route: {id: bad, from: {uri: 'unheard-of:bad', steps: []}}\n");
        await().until(() -> !rejected().isEmpty());
        afterMoreLooks();
        assertThat(live.getFailedCounter()).isOne();

        Files.delete(file);

        await().untilAsserted(() -> assertThat(rejected()).isEmpty());
    }

    @Test
    void whatAGoodFileChangesDoesNotWaitForABadOne() throws Exception {
        write("bad", "- route: {id: bad, from: {uri: 'unheard-of:bad', steps: []}}\n");
        write("hello", route("hello", "good day"));

        awaitAnswer("hello", "good day");
        await().untilAsserted(() -> assertThat(rejected()).contains("bad.camel.yaml"));
    }

    @Test
    void twoFilesMayNotHaveTheSameRoute() throws Exception {
        write("second", route("hello", "second"));

        await().untilAsserted(() ->
                assertThat(rejected()).contains("second.camel.yaml").contains("already"));
        assertThat(ask("hello")).isEqualTo("hello");

        Files.delete(folder.resolve("hello.camel.yaml"));
        awaitAnswer("hello", "second");
        await().untilAsserted(() -> assertThat(rejected()).isEmpty());
    }

    @Test
    void aFileThatIsExcludedCountsForNothing() throws Exception {
        write("left-out", route("hello", "left out"));
        write("more", route("more", "more"));

        awaitAnswer("more", "more");
        assertThat(ask("hello")).isEqualTo("hello");
        assertThat(rejected()).isEmpty();
    }

    @Test
    void anEditedBeanReachesTheRoutesThatUseIt() throws Exception {
        write("beans", greeter("hi"));
        write("greet", GREET);
        awaitAnswer("greet", "hi");
        Route hello = context.getRoute("hello");

        write("beans", greeter("good morning"));

        awaitAnswer("greet", "good morning");
        await().untilAsserted(() -> assertThat(account.entries()).containsExactly("made", "made", "closed hi"));
        assertThat(context.getRoute("hello")).isSameAs(hello);
    }

    @Test
    void aBeanThatIsStillUsedCannotBeDeleted() throws Exception {
        Path beans = write("beans", greeter("hi"));
        write("greet", GREET);
        awaitAnswer("greet", "hi");

        Files.delete(beans);

        await().untilAsserted(() ->
                assertThat(rejected()).contains("beans.camel.yaml").contains("greet.camel.yaml"));
        assertThat(ask("greet")).isEqualTo("hi");
        Files.delete(folder.resolve("greet.camel.yaml"));
        await().untilAsserted(() -> assertThat(rejected()).isEmpty());
        assertThat(context.getRegistry().lookupByName("greeter")).isNull();
        assertThat(account.entries()).containsExactly("made", "closed hi");
    }

    @Test
    void aRejectedEditLeavesTheBeanThatWas() throws Exception {
        write("beans", greeter("hi"));
        write("greet", GREET);
        awaitAnswer("greet", "hi");

        write("beans", greeter("never heard") + "- route: {id: bad, from: {uri: 'unheard-of:bad', steps: []}}\n");

        await().until(() -> !rejected().isEmpty());
        assertThat(ask("greet")).isEqualTo("hi");
        assertThat(account.entries()).doesNotContain("closed hi").contains("closed never heard");
    }

    @Test
    void aBeanThatIsMadeOnceWaitsForTheNextStart() throws Exception {
        write("fixed", "- beans: [{name: fixed, type: java.lang.Object}]\n");

        await().untilAsserted(() -> assertThat(rejected()).contains("fixed: takes effect at the next start"));
    }

    @Test
    void anEditedTemplateReachesTheRoutesMadeFromIt() throws Exception {
        write("template", template("one"));
        write("made", templated("routeId: made, ", "made") + templated("", "nameless"));
        awaitAnswer("made", "one");

        write("template", template("two"));

        awaitAnswer("made", "two");
        assertThat(ask("nameless")).isEqualTo("two");
        write("made", templated("routeId: made, ", "moved"));
        awaitAnswer("moved", "two");
        await().until(() -> context.getRoutes().size() == 2);
    }

    @Test
    void anEditedRouteConfigurationReachesTheRoutesThatUseIt() throws Exception {
        write("errors", configuration("one"));
        write("fails", FAILS);
        awaitAnswer("fails", "one");
        Route hello = context.getRoute("hello");

        write("errors", configuration("two"));

        awaitAnswer("fails", "two");
        assertThat(context.getRoute("hello")).isSameAs(hello);
    }

    @Test
    void whatHandlesTheErrorsOfAFileIsPartOfItsRoutes() throws Exception {
        write("fails", onException("one") + FAILS);
        awaitAnswer("fails", "one");

        write("fails", onException("two") + FAILS);

        awaitAnswer("fails", "two");
    }

    @Test
    void restsFollowTheirFiles() throws Exception {
        write("conf", "- restConfiguration: {component: test-rest, inlineRoutes: false}\n");
        write("one", rest("one", "/a"));
        await().until(() -> rests().contains("get:/one/a"));
        Route hello = context.getRoute("hello");

        write("one", rest("one", "/b"));
        Path two = write("two", rest("two", "/c"));

        await().untilAsserted(() ->
                assertThat(rests()).contains("get:/one/b", "get:/two/c").doesNotContain("/a"));
        Files.delete(two);
        await().untilAsserted(() -> assertThat(rests()).contains("get:/one/b").doesNotContain("two"));
        await().untilAsserted(() ->
                assertThat(((ModelCamelContext) context).getRestDefinitions()).hasSize(1));
        assertThat(context.getRoute("hello")).isSameAs(hello);
    }

    @Test
    void editorsMayWriteAsTheyLike() throws Exception {
        Path temporary = folder.resolve("hello.camel.yaml.tmp");
        Files.writeString(temporary, route("hello", "renamed"));
        Files.move(temporary, folder.resolve("hello.camel.yaml"), StandardCopyOption.REPLACE_EXISTING);
        awaitAnswer("hello", "renamed");

        write(".#hello", route("hello", "swap"));
        Files.writeString(folder.resolve("hello.camel.yaml~"), route("hello", "backup"));
        Files.writeString(folder.resolve("#hello.camel.yaml#"), "not: [yaml");
        Files.writeString(folder.resolve(".hello.camel.yaml.swp"), "\0\0\0");
        afterMoreLooks();
        assertThat(ask("hello")).isEqualTo("renamed");
        assertThat(rejected()).isEmpty();
    }

    @Test
    void aFileThatIsBeingWrittenIsLeftAlone() throws Exception {
        Route hello = context.getRoute("hello");

        write("hello", "");
        afterMoreLooks();

        assertThat(context.getRoute("hello")).isSameAs(hello);
        assertThat(rejected()).isEmpty();
        write("hello", route("hello", "written"));
        awaitAnswer("hello", "written");
    }

    @Test
    void manyEditsInQuickSuccessionEndInTheLast() throws Exception {
        for (int i = 1; i <= 50; i++) {
            write("hello", route("hello", "edit " + i));
            Thread.yield();
        }

        awaitAnswer("hello", "edit 50");
        afterMoreLooks();
        assertThat(ask("hello")).isEqualTo("edit 50");
    }

    @Test
    void aTableFileThatIsBrokenKeepsNothingElseFromStarting() throws Exception {
        context.stop();
        Files.createDirectories(folder.resolve("tables"));
        write("tables/bad", "- beans: [{name: bad, type: io.cdccascade.reload.UnheardOf}]\n");
        write("tables/good", greeter("good") + route("of-a-table", "of a table"));
        start(true);

        assertThat(ask("hello")).isEqualTo("hello");
        assertThat(ask("of-a-table")).isEqualTo("of a table");
        assertThat(context.getRegistry()
                        .lookupByNameAndType("greeter", Greeter.class)
                        .greet())
                .isEqualTo("good");
        assertThat(account.entries()).containsExactly("made");
        assertThat(rejected()).contains("tables/bad.camel.yaml:1: ").contains("UnheardOf");
    }

    @Test
    void turnedOffItLoadsTheTablesAndLeavesEditsAlone() throws Exception {
        context.stop();
        Files.createDirectories(folder.resolve("tables"));
        write("tables/good", greeter("good"));
        start(false);
        assertThat(context.getRegistry().lookupByName("greeter")).isNotNull();

        write("hello", route("hello", "edited"));
        assertThat(ask("hello")).isEqualTo("hello");

        live.onReload("a tool, on demand");
        assertThat(ask("hello")).isEqualTo("edited");
    }

    @Test
    void whereCamelReloadsByItselfEditsAreLeftToIt() throws Exception {
        context.stop();
        RouteWatcherReloadStrategy camels = new RouteWatcherReloadStrategy(folder.toString());
        camels.setPattern("*.camel.yaml");
        start(true, camels);

        write("hello", route("hello", "edited"));

        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> ask("hello").equals("edited"));
        // Java may tell of one write twice.
        assertThat(camels.getReloadCounter()).isPositive();
        assertThat(live.getReloadCounter()).isZero();
    }

    private void start(boolean scanning, Service... services) throws Exception {
        context = new DefaultCamelContext();
        DefaultCliConnectorFactory cli = new DefaultCliConnectorFactory();
        cli.setEnabled(false);
        context.getCamelContextExtension().addContextPlugin(CliConnectorFactory.class, cli);
        for (Service service : services) {
            context.addService(service);
        }
        context.getRegistry().bind("account", account);
        context.getRegistry().bind("test-rest", new DirectRests());
        context.getCamelContextExtension().getContextPlugin(HealthCheckRegistry.class);
        context.getComponent("direct", DirectComponent.class).setBlock(false);
        String routes = "file:" + folder + "/*.camel.yaml";
        live = new LiveRoutes(
                routes,
                "**/left-out*.yaml,**/never.yaml",
                "file:" + folder + "/tables/*.camel.yaml",
                scanning,
                10,
                1_000,
                "fixed,other",
                new Gate(0));
        live.setCamelContext(context);
        live.attach();
        PluginHelper.getRoutesLoader(context)
                .loadRoutes(PluginHelper.getPackageScanResourceResolver(context)
                        .findResources(routes)
                        .toArray(org.apache.camel.spi.Resource[]::new));
        context.start();
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name + ".camel.yaml"), text);
    }

    private String ask(String route) {
        return context.createProducerTemplate().requestBody("direct:" + route, null, String.class);
    }

    private void awaitAnswer(String route, String answer) {
        await().ignoreExceptions().untilAsserted(() -> assertThat(ask(route)).isEqualTo(answer));
    }

    /** Waits for an edit made now, hence for looks at everything that was edited before. */
    private void afterMoreLooks() throws IOException {
        for (String look : new String[] {"first", "second"}) {
            write("looks", route("looks", look));
            awaitAnswer("looks", look);
        }
    }

    private String rejected() {
        return HealthCheckHelper.invoke(context).stream()
                .filter(result -> result.getCheck().getId().equals("live-routes"))
                .filter(result -> result.getState() == HealthCheck.State.DOWN)
                .map(result -> result.getMessage().orElse(""))
                .findFirst()
                .orElse("");
    }

    private void isUp(HealthCheck.Result result) {
        assertThat(result.getState()).isEqualTo(HealthCheck.State.UP);
    }

    private String rests() {
        return context.getRestRegistry().listAllRestServices().stream()
                .map(rest -> rest.getMethod() + ":" + rest.getBasePath() + rest.getUriTemplate())
                .sorted()
                .toList()
                .toString();
    }

    private static String route(String id, String answer) {
        return "- route: {id: " + id + ", from: {uri: 'direct:" + id + "', steps: [{setBody: {constant: '" + answer
                + "'}}]}}\n";
    }

    private static String greeter(String greeting) {
        return "- beans: [{name: greeter, type: io.cdccascade.reload.Greeter, constructors: {0: '#bean:account'},"
                + " properties: {greeting: " + greeting + "}, destroyMethod: close}]\n";
    }

    private static String template(String answer) {
        return "- routeTemplate: {id: answering, parameters: [{name: from}], from: {uri: 'direct:{{from}}',"
                + " steps: [{setBody: {constant: " + answer + "}}]}}\n";
    }

    private static String templated(String id, String from) {
        return "- templatedRoute: {" + id + "routeTemplateRef: answering, parameters: [{name: from, value: " + from
                + "}]}\n";
    }

    private static String configuration(String answer) {
        return "- routeConfiguration: {id: soft, onException: ["
                + onException(answer).substring(2).trim() + "]}\n";
    }

    private static String onException(String answer) {
        return "- {onException: {exception: [java.lang.Exception], handled: {constant: {expression: 'true'}},"
                + " steps: [{setBody: {constant: " + answer + "}}]}}\n";
    }

    private static String rest(String id, String path) {
        return "- rest: {id: " + id + ", path: /" + id + ", get: [{id: get-" + id + ", path: " + path
                + ", routeId: get-" + id + ", to: 'direct:hello'}]}\n";
    }

    /** Serves REST definitions through direct endpoints, because this test has no HTTP server. */
    private static final class DirectRests implements RestConsumerFactory {

        @Override
        public Consumer createConsumer(
                CamelContext context,
                Processor processor,
                String verb,
                String basePath,
                String uriTemplate,
                String consumes,
                String produces,
                RestConfiguration configuration,
                Map<String, Object> parameters)
                throws Exception {
            return context.getEndpoint("direct:" + verb + ":" + basePath + uriTemplate)
                    .createConsumer(processor);
        }
    }
}
