package io.cdccascade.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * What of an HTTP request decides what is asked for; the same whether it is read before an exchange exists or from one.
 *
 * @param method      the method, in capital letters
 * @param table       the path segment that names the table, decoded
 * @param path        the path as it was sent
 * @param query       the query as it was sent, or null
 * @param keyed       whether the path ends with a key
 * @param token       the header {@code Cascade-Token}, or null
 * @param ifNoneMatch the header {@code If-None-Match}, all its lines as one; or null
 * @param cacheControl the header {@code Cache-Control}, the same way
 * @param prefer      the header {@code Prefer}, the same way
 */
public record RequestLine(
        String method,
        String table,
        String path,
        String query,
        boolean keyed,
        String token,
        String ifNoneMatch,
        String cacheControl,
        String prefer) {

    /** The header that carries a write's token, a {@link io.cdccascade.cache.WritePoint}, to the caller and back. */
    public static final String TOKEN = "Cascade-Token";

    private static final String IF_NONE_MATCH = "If-None-Match";
    private static final String CACHE_CONTROL = "Cache-Control";
    private static final String PREFER = "Prefer";

    /** Reads a request of the HTTP server's. */
    static RequestLine of(RoutingContext context) {
        HttpServerRequest request = context.request();
        return new RequestLine(
                request.method().name(),
                context.pathParam("table"),
                path(request.uri()),
                request.query(),
                context.pathParam("key") != null,
                request.getHeader(TOKEN),
                all(request, IF_NONE_MATCH),
                all(request, CACHE_CONTROL),
                all(request, PREFER));
    }

    private static String all(HttpServerRequest request, String name) {
        // Most requests have none of these headers, and for those no list is made.
        return request.getHeader(name) == null
                ? null
                : String.join(",", request.headers().getAll(name));
    }

    /** Reads the request that an exchange carries in its message's headers. */
    public static RequestLine of(Exchange exchange) {
        Message message = exchange.getMessage();
        String key = text(message, "key");
        String uri = text(message, Exchange.HTTP_URI);
        return new RequestLine(
                text(message, Exchange.HTTP_METHOD),
                text(message, "table"),
                uri == null ? "/" + key : path(uri),
                text(message, Exchange.HTTP_RAW_QUERY),
                key != null,
                text(message, TOKEN),
                all(message, IF_NONE_MATCH),
                all(message, CACHE_CONTROL),
                all(message, PREFER));
    }

    private static String path(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    /** Whether it is a POST that reads, with the keys in its body. */
    boolean readsByBody() {
        return method.equals("POST") && path.endsWith("/read");
    }

    /** The key as it was sent, in which a comma in a value is not one between two. */
    String rawKey() {
        // A path decodes no plus signs, as a query does.
        return path.substring(path.lastIndexOf('/') + 1).replace("+", "%2B");
    }

    /** A header as text. A path parameter is appended to a request header of its name, so the last one is meant. */
    private static String text(Message message, String name) {
        Object value = message.getHeader(name);
        if (value instanceof List<?> values) {
            value = values.get(values.size() - 1);
        }
        return value == null ? null : value.toString();
    }

    /** A header, all its lines as one; or null. */
    static String all(Message message, String name) {
        Object value = message.getHeader(name);
        if (value instanceof List<?> values) {
            return String.join(",", values.stream().map(String::valueOf).toList());
        }
        return value == null ? null : value.toString();
    }
}
