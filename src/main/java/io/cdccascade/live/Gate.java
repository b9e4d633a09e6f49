package io.cdccascade.live;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;

/**
 * The door of the HTTP server: while it is closed, new requests wait in front of it, in their order, and those inside
 * go on to their end. Health and metrics always pass.
 */
public final class Gate extends SimpleEventNotifierSupport {

    private static final String ALWAYS_OPEN = "/observe/";

    /** A request, from its arrival to its end. */
    private static final class Visit {

        private final RoutingContext request;
        private final Context eventLoop = Vertx.currentContext();
        private boolean inside;

        private Visit(RoutingContext request) {
            this.request = request;
        }
    }

    private final int port;
    private volatile VertxPlatformHttpRouter router;
    private final Deque<Visit> waiting = new ArrayDeque<>();
    private int inside;
    private boolean closed;

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
            router.route().order(Integer.MIN_VALUE).handler(this::arrived);
        }
    }

    /**
     * Lets nobody in any more and waits until all have left.
     *
     * @param patienceMs how long to wait, in milliseconds
     * @return whether all have left; if not, the gate is open again
     */
    synchronized boolean close(long patienceMs) {
        closed = true;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
        while (inside > 0) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                open();
                return false;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                open();
                return false;
            }
        }
        return true;
    }

    /** Lets those in who wait, in their order, and everybody after them. */
    synchronized void open() {
        closed = false;
        for (Visit next = waiting.poll(); next != null; next = waiting.poll()) {
            HttpServerRequest request = next.request.request();
            next.eventLoop.runOnContext(now -> {
                // Arrives anew, because a request goes by the routes that there were at its arrival.
                router.handle(request);
                request.resume();
            });
        }
    }

    private void arrived(RoutingContext request) {
        if (request.normalizedPath().startsWith(ALWAYS_OPEN)) {
            request.next();
            return;
        }
        Visit visit = new Visit(request);
        // Now, because the caller may hang up while it waits.
        request.addEndHandler(ended -> left(visit));
        if (admit(visit)) {
            request.next();
        }
    }

    private synchronized boolean admit(Visit visit) {
        if (closed) {
            visit.request.request().pause();
            waiting.add(visit);
            return false;
        }
        visit.inside = true;
        inside++;
        return true;
    }

    private synchronized void left(Visit visit) {
        if (visit.inside) {
            visit.inside = false;
            inside--;
            notifyAll();
        } else {
            waiting.remove(visit);
        }
    }
}
