package io.cdccascade.reload;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;

/**
 * Holds back new HTTP requests while routes are replaced. While it is closed, new requests wait in their order and those
 * in flight finish.
 *
 * <p>Requests for health and metrics still pass while the other requests drain. They wait only for the replacement
 * itself, so that readiness does not report a route that is just being replaced.
 */
public final class Gate extends SimpleEventNotifierSupport {

    private static final String OBSERVE = "/observe/";

    private enum Kind {
        REQUEST,
        /** A request for health or metrics. */
        OBSERVER
    }

    /** A request, from its arrival to its end. */
    private static final class GatedRequest {

        private final RoutingContext routing;
        private final Kind kind;
        private final Context eventLoop = Vertx.currentContext();
        private boolean inFlight;

        private GatedRequest(RoutingContext routing) {
            this.routing = routing;
            this.kind = routing.normalizedPath().startsWith(OBSERVE) ? Kind.OBSERVER : Kind.REQUEST;
        }
    }

    private final int port;
    private volatile VertxPlatformHttpRouter router;
    private final Deque<GatedRequest> waiting = new ArrayDeque<>();
    private final Map<Kind, Integer> inFlight = new EnumMap<>(Map.of(Kind.REQUEST, 0, Kind.OBSERVER, 0));
    private final Set<Kind> closedTo = EnumSet.noneOf(Kind.class);

    /** @param port the HTTP server's port, by which its router is found */
    public Gate(int port) {
        this.port = port;
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return event instanceof CamelEvent.CamelContextRoutesStartingEvent;
    }

    @Override
    public void notify(CamelEvent event) {
        CamelContext context = ((CamelEvent.CamelContextEvent) event).getContext();
        router = VertxPlatformHttpRouter.lookup(context, VertxPlatformHttpRouter.getRouterNameFromPort(port));
        if (router != null) {
            // After the handler of http.Front, which is the first for every request.
            router.route().order(Integer.MIN_VALUE + 1).handler(this::admitOrHold);
        }
    }

    /** Holds back new requests, but not those for health and metrics. Returns at once. */
    synchronized void closeToRequests() {
        closedTo.add(Kind.REQUEST);
    }

    /**
     * Holds back new requests, but not those for health and metrics, and waits until none is in flight.
     *
     * @param timeoutMs how long to wait, in milliseconds
     * @return whether none is in flight; if false, the gate is open again
     */
    boolean drainRequests(long timeoutMs) {
        return drain(Kind.REQUEST, timeoutMs);
    }

    /** The same as {@link #drainRequests}, for the requests for health and metrics. */
    boolean drainObservers(long timeoutMs) {
        return drain(Kind.OBSERVER, timeoutMs);
    }

    private synchronized boolean drain(Kind kind, long timeoutMs) {
        closedTo.add(kind);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        try {
            for (long left = timeoutMs;
                    inFlight.get(kind) > 0 && left > 0;
                    left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (inFlight.get(kind) > 0) {
            open();
            return false;
        }
        return true;
    }

    /** Admits the requests that wait, in their order, and all later ones. */
    synchronized void open() {
        closedTo.clear();
        for (GatedRequest next = waiting.poll(); next != null; next = waiting.poll()) {
            HttpServerRequest request = next.routing.request();
            next.eventLoop.runOnContext(now -> {
                // A request whose client has disconnected would be admitted and never end.
                if (!request.response().closed()) {
                    // Routed from the start, because its routing context only knows the routes from its arrival.
                    router.handle(request);
                    request.resume();
                }
            });
        }
    }

    private void admitOrHold(RoutingContext routing) {
        GatedRequest request = new GatedRequest(routing);
        // Registered before it waits, because the client may disconnect meanwhile.
        routing.addEndHandler(ended -> remove(request));
        if (admit(request)) {
            routing.next();
        }
    }

    private synchronized boolean admit(GatedRequest request) {
        if (closedTo.contains(request.kind)) {
            request.routing.request().pause();
            waiting.add(request);
            return false;
        }
        request.inFlight = true;
        inFlight.merge(request.kind, 1, Integer::sum);
        return true;
    }

    private synchronized void remove(GatedRequest request) {
        if (request.inFlight) {
            request.inFlight = false;
            inFlight.merge(request.kind, -1, Integer::sum);
            notifyAll();
        } else {
            waiting.remove(request);
        }
    }
}
