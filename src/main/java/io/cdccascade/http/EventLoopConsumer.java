package io.cdccascade.http;

import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConsumer;

/**
 * A {@code platform-http} consumer that runs its route on the event loop. Camel's own hands every request to a worker thread
 * and back. A step that blocks is handed over by {@link BlockingSteps}.
 */
final class EventLoopConsumer extends VertxPlatformHttpConsumer {

    private static final Object[] NOTHING = {};

    private final EventExecutor loop;
    private final HitFirst hitFirst;
    private Route started;

    EventLoopConsumer(
            PlatformHttpEndpoint endpoint,
            Processor processor,
            List<Handler<RoutingContext>> handlers,
            String routerName,
            EventExecutor loop,
            HitFirst hitFirst) {
        super(endpoint, processor, handlers, routerName);
        this.loop = loop;
        this.hitFirst = hitFirst;
    }

    @Override
    protected void handleRequest(RoutingContext context) {
        if (isSuspended()) {
            ResponseWriter.write(
                    context,
                    Problem.of(503, "This operation is not served at the moment")
                            .answer());
        } else if (getEndpoint().isHttpProxy() || isForm(context) && context.pathParam("table") == null) {
            // Camel's own way has more to do for these, and none of it is public.
            super.handleRequest(context);
        } else {
            hitFirst.look(context, route(), read -> process(context, read));
        }
    }

    /** The route that starts here; Camel tells it to the consumer around this one only. Null while the route starts. */
    private Route route() {
        Route known = started;
        if (known == null) {
            known = getEndpoint().getCamelContext().getRoutes().stream()
                    .filter(route ->
                            route.getConsumer() != null && route.getConsumer().getProcessor() == getProcessor())
                    .findFirst()
                    .orElse(null);
            started = known;
        }
        return known;
    }

    private static boolean isForm(RoutingContext context) {
        String type = context.request().getHeader("Content-Type");
        return type != null
                && (type.regionMatches(true, 0, "multipart/", 0, 10)
                        || type.regionMatches(true, 0, "application/x-www-form-urlencoded", 0, 33));
    }

    /** @param read what is asked for, looked up or not; or null */
    private void process(RoutingContext context, Read read) {
        Exchange exchange = createExchange(false);
        exchange.setPattern(ExchangePattern.InOut);
        processHttpRequest(exchange, context).onComplete(parsed -> {
            if (parsed.failed()) {
                exchange.setException(parsed.cause());
                finish(context, exchange, NOTHING);
                return;
            }
            Object[] inbound = exchange.getMessage().getHeaders().values().toArray();
            ClientGone gone = new ClientGone();
            exchange.setProperty(ClientGone.PROPERTY, gone);
            context.addEndHandler(ended -> {
                if (ended.failed()) {
                    gone.happened();
                }
            });
            if (read != null) {
                exchange.setVariable("read", read);
            }
            try {
                createUoW(exchange);
            } catch (Exception e) {
                exchange.setException(e);
                finish(context, exchange, inbound);
                return;
            }
            getAsyncProcessor().process(exchange, doneSync -> {
                if (loop.inEventLoop()) {
                    finish(context, exchange, inbound);
                } else {
                    loop.execute(() -> finish(context, exchange, inbound));
                }
            });
        });
    }

    private void finish(RoutingContext context, Exchange exchange, Object[] inbound) {
        ResponseWriter.write(context, exchange, inbound, getEndpoint().getHeaderFilterStrategy())
                .onComplete(written -> {
                    if (written.failed()) {
                        context.response().reset();
                    }
                    doneUoW(exchange);
                    releaseExchange(exchange, false);
                });
    }
}
