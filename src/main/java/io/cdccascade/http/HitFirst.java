package io.cdccascade.http;

import io.cdccascade.cache.CacheReader;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.camel.Route;

/**
 * Answers hits before an exchange exists, where the {@link ShortCut} past the route is open. What is not a hit goes through
 * the route, which finds the look-up done.
 */
public final class HitFirst {

    private final ReadRequests requests;
    private final CacheReader cache;
    private final RunningRoutes routes;
    /** By the route of the REST definitions, which is another object after every edit. */
    private final Map<Route, ShortCut> rests = new ConcurrentHashMap<>();

    /**
     * @param requests reads requests
     * @param cache    what is asked
     * @param routes   the routes that reads go to
     */
    public HitFirst(ReadRequests requests, CacheReader cache, RunningRoutes routes) {
        this.requests = requests;
        this.cache = cache;
        this.routes = routes;
    }

    /**
     * Answers a request if it is a hit.
     *
     * @param rest      the route of the REST definitions that the request has come to, or null
     * @param otherwise goes on with the request, on this thread; is given the read, looked up or not, or null
     */
    void look(RoutingContext context, Route rest, Consumer<Read> otherwise) {
        Read read = read(context, rest);
        if (read == null || !isOpen(rest, read)) {
            otherwise.accept(read);
            return;
        }
        context.addEndHandler(ended -> {
            if (ended.failed()) {
                read.abandon();
            }
        });
        read.lookup(cache).whenComplete((done, failure) -> {
            if (failure != null) {
                // The client has hung up.
                return;
            }
            if (read.isMissed()) {
                otherwise.accept(read);
            } else {
                ResponseWriter.write(context, read.answer());
            }
        });
    }

    /** The read that {@code cascade:serve} would make; null where it is none, or not valid: then the route says so. */
    private Read read(RoutingContext context, Route rest) {
        if (rest == null || context.request().method() != HttpMethod.GET || context.pathParam("table") == null) {
            return null;
        }
        try {
            return requests.read(RequestLine.of(context));
        } catch (ProblemException e) {
            return null;
        }
    }

    private boolean isOpen(Route rest, Read read) {
        if (!isOpen(rest)) {
            return false;
        }
        RunningRoutes.Running target = routes.at(rest.getCamelContext(), Serve.route(read));
        return target != null && target.isOpen() && target.shortCut().isOpen();
    }

    private boolean isOpen(Route rest) {
        ShortCut known = rests.get(rest);
        if (known == null) {
            known = ShortCut.ofRest(rest);
            rests.keySet().removeIf(old -> rest.getCamelContext().getRoute(old.getRouteId()) != old);
            rests.put(rest, known);
        }
        return known.isOpen();
    }
}
