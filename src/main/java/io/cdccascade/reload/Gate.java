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
 * The door of the HTTP server: while it is closed, new requests wait in front of it, in their order, and those inside
 * go on to their end. Health and metrics still pass while the last requests are on their way out; they wait only for
 * the change itself, so that readiness does not tell of a route that is just being replaced.
 */
public final class Gate extends SimpleEventNotifierSupport {

    private static final String OBSERVE = "/observe/";

    private enum Kind {
        REQUEST,
        OBSERVER
    }

    /** A request, from its arrival to its end. */
    private static final class Visit {

        private final RoutingContext request;
        private final Kind kind;
        private final Context eventLoop = Vertx.currentContext();
        private boolean inside;

        private Visit(RoutingContext request) {
            this.request = request;
            this.kind = request.normalizedPath().startsWith(OBSERVE) ? Kind.OBSERVER : Kind.REQUEST;
        }
    }

    private final int port;
    private volatile VertxPlatformHttpRouter router;
    private final Deque<Visit> waiting = new ArrayDeque<>();
    private final Map<Kind, Integer> inside = new EnumMap<>(Map.of(Kind.REQUEST, 0, Kind.OBSERVER, 0));
    private final Set<Kind> closedTo = EnumSet.noneOf(Kind.class);

    /** @param port the HTTP server's port, which names its router */
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
            router.route().order(Integer.MIN_VALUE + 1).handler(this::arrived);
        }
    }

    /** Lets no request in any more, and waits for none. */
    synchronized void closeToRequests() {
        closedTo.add(Kind.REQUEST);
    }

    /**
     * Lets no request in any more and waits until all have left.
     *
     * @param patienceMs how long to wait, in milliseconds
     * @return whether all have left; if not, the gate is open again
     */
    boolean awaitRequests(long patienceMs) {
        return close(Kind.REQUEST, patienceMs);
    }

    /** Likewise for those that ask for health and metrics. */
    boolean awaitObservers(long patienceMs) {
        return close(Kind.OBSERVER, patienceMs);
    }

    private synchronized boolean close(Kind kind, long patienceMs) {
        closedTo.add(kind);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
        try {
            for (long left = patienceMs;
                    inside.get(kind) > 0 && left > 0;
                    left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (inside.get(kind) > 0) {
            open();
            return false;
        }
        return true;
    }

    /** Lets those in who wait, in their order, and everybody after them. */
    synchronized void open() {
        closedTo.clear();
        for (Visit next = waiting.poll(); next != null; next = waiting.poll()) {
            HttpServerRequest request = next.request.request();
            next.eventLoop.runOnContext(now -> {
                // Who has hung up would be let in and never leave.
                if (!request.response().closed()) {
                    // Arrives anew, because a request goes by the routes that there were at its arrival.
                    router.handle(request);
                    request.resume();
                }
            });
        }
    }

    private void arrived(RoutingContext request) {
        Visit visit = new Visit(request);
        // Now, because the caller may hang up while it waits.
        request.addEndHandler(ended -> left(visit));
        if (admit(visit)) {
            request.next();
        }
    }

    private synchronized boolean admit(Visit visit) {
        if (closedTo.contains(visit.kind)) {
            visit.request.request().pause();
            waiting.add(visit);
            return false;
        }
        visit.inside = true;
        inside.merge(visit.kind, 1, Integer::sum);
        return true;
    }

    private synchronized void left(Visit visit) {
        if (visit.inside) {
            visit.inside = false;
            inside.merge(visit.kind, -1, Integer::sum);
            notifyAll();
        } else {
            waiting.remove(visit);
        }
    }
}
