package io.cdccascade.http;

import java.util.HashMap;
import java.util.Map;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Route;
import org.apache.camel.StatefulService;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.AsyncProcessorConverterHelper;
import org.apache.camel.support.SimpleEventNotifierSupport;

/**
 * The routes that can be handed a request, by their {@code direct:} endpoint, without a producer that would wait for a
 * route that is not there.
 */
public final class RunningRoutes extends SimpleEventNotifierSupport {

    /**
     * A route that starts at a {@code direct:} endpoint.
     *
     * @param route    the route
     * @param entrance where an exchange goes in
     * @param shortCut whether hits may pass the route by
     */
    record Running(Route route, AsyncProcessor entrance, ShortCut shortCut) {

        /** Whether the route takes requests, which it does not while it is stopped or suspended. */
        boolean isOpen() {
            Consumer consumer = route.getConsumer();
            return consumer instanceof StatefulService service && service.isStarted();
        }
    }

    private volatile Map<String, Running> byEndpoint;

    @Override
    public boolean isEnabled(CamelEvent event) {
        return event instanceof CamelEvent.RouteEvent;
    }

    @Override
    public void notify(CamelEvent event) {
        byEndpoint = null;
    }

    /** The route that starts at an endpoint such as {@code direct:read-row}, or null if there is none. */
    Running at(CamelContext context, String endpoint) {
        Map<String, Running> known = byEndpoint;
        if (known == null) {
            known = look(context);
            byEndpoint = known;
        }
        return known.get(endpoint);
    }

    /** Where an exchange goes into the route that starts at an endpoint, or null while no such route takes requests. */
    public AsyncProcessor entrance(CamelContext context, String endpoint) {
        Running running = at(context, endpoint);
        return running != null && running.isOpen() ? running.entrance() : null;
    }

    private static Map<String, Running> look(CamelContext context) {
        Map<String, Running> found = new HashMap<>();
        for (Route route : context.getRoutes()) {
            String uri = route.getEndpoint().getEndpointUri();
            if (uri.startsWith("direct://") && route.getConsumer() != null) {
                found.put(
                        "direct:" + uri.substring("direct://".length()),
                        new Running(
                                route,
                                AsyncProcessorConverterHelper.convert(
                                        route.getConsumer().getProcessor()),
                                ShortCut.of(route)));
            }
        }
        return found;
    }
}
