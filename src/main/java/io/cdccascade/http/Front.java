package io.cdccascade.http;

import io.netty.handler.codec.DateFormatter;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Date;

/**
 * What every answer of the HTTP server has in common: a Date, and that HEAD is answered wherever GET is. It stands in front
 * of every route, of health and metrics too.
 */
final class Front {

    /** Before the gate of live editing, which stands one behind. */
    private static final int FIRST = Integer.MIN_VALUE;

    private static final String HEAD = "cascade.head";

    private long second;
    private String date = "";

    private Front() {}

    static void attach(Router router) {
        router.route().order(FIRST).handler(new Front()::arrived);
    }

    /** Whether the request was HEAD: HTTP/1.1 drops the body of the answer, but HTTP/2 would send it. */
    static boolean wantsNoBody(RoutingContext context) {
        return context.get(HEAD) != null;
    }

    private void arrived(RoutingContext context) {
        if (context.request().method() == HttpMethod.HEAD) {
            context.put(HEAD, true);
            context.reroute(HttpMethod.GET, context.request().uri());
            return;
        }
        context.response().putHeader("Date", now());
        context.next();
    }

    /** An HTTP date; the event loop alone asks. */
    private String now() {
        long millis = System.currentTimeMillis();
        if (millis / 1_000 != second) {
            second = millis / 1_000;
            date = DateFormatter.format(new Date(millis));
        }
        return date;
    }
}
