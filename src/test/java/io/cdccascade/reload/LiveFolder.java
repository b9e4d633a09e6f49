package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Service;
import org.apache.camel.cli.connector.DefaultCliConnectorFactory;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.CliConnectorFactory;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RestConfiguration;
import org.apache.camel.spi.RestConsumerFactory;
import org.apache.camel.support.PluginHelper;

/** A system without servers: direct routes in a folder of their own, which {@link LiveRoutes} scans. */
final class LiveFolder {

    private final Path folder;
    private final Greeter.Account account = new Greeter.Account();
    private CamelContext context;
    private LiveRoutes routes;

    LiveFolder(Path folder) {
        this.folder = folder;
    }

    /** Starts the system on the files that are there. */
    void start(boolean scanning, Service... services) throws Exception {
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
        String pattern = "file:" + folder + "/*.camel.yaml";
        routes = new LiveRoutes(
                pattern,
                "**/left-out*.yaml,**/never.yaml",
                "file:" + folder + "/tables/*.camel.yaml",
                scanning,
                10,
                1_000,
                "fixed,other",
                new Gate(0));
        routes.setCamelContext(context);
        routes.attach();
        PluginHelper.getRoutesLoader(context)
                .loadRoutes(PluginHelper.getPackageScanResourceResolver(context)
                        .findResources(pattern)
                        .toArray(Resource[]::new));
        context.start();
    }

    void stop() {
        context.stop();
    }

    CamelContext context() {
        return context;
    }

    LiveRoutes routes() {
        return routes;
    }

    Greeter.Account account() {
        return account;
    }

    /** Writes a file; the name has no {@code .camel.yaml}. */
    Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name + ".camel.yaml"), text);
    }

    /** The answer of the route that starts from {@code direct:} and this name. */
    String ask(String route) {
        return context.createProducerTemplate().requestBody("direct:" + route, null, String.class);
    }

    void awaitAnswer(String route, String answer) {
        await().ignoreExceptions().untilAsserted(() -> assertThat(ask(route)).isEqualTo(answer));
    }

    /** Waits until two edits made now have run, so that all earlier edits have been scanned. */
    void awaitMoreScans() throws IOException {
        for (String scan : new String[] {"first", "second"}) {
            write("scans", RouteYaml.route("scans", scan));
            awaitAnswer("scans", scan);
        }
    }

    /** What the health check reports; empty if it is up. */
    String rejected() {
        return HealthCheckHelper.invoke(context).stream()
                .filter(result -> result.getCheck().getId().equals("live-routes"))
                .filter(result -> result.getState() == HealthCheck.State.DOWN)
                .map(result -> result.getMessage().orElse(""))
                .findFirst()
                .orElse("");
    }

    /** The REST services, such as {@code get:/one/a}. */
    String rests() {
        return context.getRestRegistry().listAllRestServices().stream()
                .map(rest -> rest.getMethod() + ":" + rest.getBasePath() + rest.getUriTemplate())
                .sorted()
                .toList()
                .toString();
    }

    /** Serves REST definitions through direct endpoints, because these tests have no HTTP server. */
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
