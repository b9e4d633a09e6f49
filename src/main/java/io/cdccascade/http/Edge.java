package io.cdccascade.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.RestRegistry;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers what no route answers with a problem document: an unknown path, a wrong method, an Accept that excludes JSON, a
 * body over the limit. It hooks into the HTTP server behind every route, so that routes may come and go.
 */
public final class Edge extends SimpleEventNotifierSupport {

    private static final Logger LOG = LoggerFactory.getLogger(Edge.class);

    private final String host;
    private final int port;

    /**
     * @param host the address that the HTTP server listens on
     * @param port the HTTP server's port, which names its router
     */
    public Edge(String host, int port) {
        this.host = host;
        this.port = port;
    }

    /**
     * Makes sure that the HTTP server will get its port: Camel would log that it did not, and go on without.
     *
     * @throws IllegalStateException if the port is taken
     * @throws IOException           if the host is not an address of this machine
     */
    public void requireFreePort() throws IOException {
        try {
            new ServerSocket(port, 1, InetAddress.getByName(host)).close();
        } catch (BindException e) {
            throw new IllegalStateException(
                    "Port " + port + " is taken: set cascade.api.port (or CASCADE_API_PORT) to " + "another one");
        }
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return event instanceof CamelEvent.CamelContextStartedEvent;
    }

    @Override
    public void notify(CamelEvent event) {
        CamelContext context = ((CamelEvent.CamelContextEvent) event).getContext();
        VertxPlatformHttpRouter router =
                VertxPlatformHttpRouter.lookup(context, VertxPlatformHttpRouter.getRouterNameFromPort(port));
        if (router != null) {
            Front.attach(router);
            Route last = router.route().last();
            last.handler(exchange -> unmatched(exchange, context.getRestRegistry()));
            last.failureHandler(Edge::failed);
        }
    }

    private static void unmatched(RoutingContext exchange, RestRegistry rests) {
        String path = exchange.normalizedPath();
        Set<String> methods = rests.listAllRestServices().stream()
                .filter(service -> matches(path(service), path))
                .map(RestRegistry.RestService::getMethod)
                .map(method -> method.toUpperCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        HttpMethod method = exchange.request().method();
        if (methods.contains(method.name())) {
            answer(exchange, Problem.of(406, path + " is answered as application/json, which Accept excludes"));
        } else if (methods.isEmpty()) {
            answer(exchange, Problem.of(404, "There is nothing at " + path));
        } else if (method == HttpMethod.OPTIONS) {
            exchange.response()
                    .setStatusCode(204)
                    .putHeader("Allow", String.join(", ", methods))
                    .end();
        } else {
            exchange.response().putHeader("Allow", String.join(", ", methods));
            answer(exchange, Problem.of(405, path + " allows only " + String.join(", ", methods)));
        }
    }

    private static String path(RestRegistry.RestService service) {
        return URI.create(service.getUrl().replace("{", "%7B").replace("}", "%7D"))
                .getPath();
    }

    private static boolean matches(String template, String path) {
        String expression = Pattern.compile("\\{[^/}]+}")
                .splitAsStream(template + "\0")
                .map(part -> Pattern.quote(part.replace("\0", "")))
                .collect(Collectors.joining("[^/]+"));
        return path.matches(expression);
    }

    private static void failed(RoutingContext exchange) {
        int status = exchange.statusCode() < 400 ? 500 : exchange.statusCode();
        if (status == 500) {
            LOG.error("Answered 500", exchange.failure());
        }
        answer(
                exchange,
                Problem.of(
                        status,
                        switch (status) {
                            case 400 -> "The request is not valid HTTP";
                            case 413 -> "The body is too large";
                            default -> "Something went wrong";
                        }));
    }

    private static void answer(RoutingContext exchange, Problem problem) {
        ResponseWriter.write(exchange, problem.answer());
    }
}
