package io.cdccascade.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.platform.http.vertx.AsyncInputStream;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.apache.camel.support.ObjectHelper;
import org.apache.camel.support.http.HttpUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes answers, on the event loop. What is in memory goes out with its length; only a stream goes out in chunks. Camel's
 * own writer, {@code VertxPlatformHttpSupport.writeResponse}, cannot be called from here and sends text in chunks.
 */
final class ResponseWriter {

    private static final Logger LOG = LoggerFactory.getLogger(ResponseWriter.class);

    private ResponseWriter() {}

    /** Writes an answer. */
    static void write(RoutingContext context, Answer answer) {
        HttpServerResponse response = context.response();
        if (response.ended() || response.closed()) {
            return;
        }
        response.setStatusCode(answer.status());
        List<String> headers = answer.headers();
        for (int i = 0; i < headers.size(); i += 2) {
            response.putHeader(headers.get(i), headers.get(i + 1));
        }
        end(context, answer.body());
    }

    /** The length is said even where the body is not sent, to HEAD. */
    private static Future<Void> end(RoutingContext context, Buffer body) {
        HttpServerResponse response = context.response();
        if (body == null) {
            return response.end();
        }
        response.putHeader("Content-Length", String.valueOf(body.length()));
        return Front.wantsNoBody(context) ? response.end() : response.end(body);
    }

    /**
     * Writes what an exchange's message says.
     *
     * @param inbound the values of the headers that the message had when it arrived: they do not go back, unless somebody
     *                has set them again
     */
    static Future<Void> write(
            RoutingContext context, Exchange exchange, Object[] inbound, HeaderFilterStrategy filter) {
        HttpServerResponse response = context.response();
        if (response.ended() || response.closed()) {
            return Future.succeededFuture();
        }
        if (exchange.getException() != null) {
            LOG.error("Answered 500", exchange.getException());
            write(context, Problem.of(500, "Something went wrong").answer());
            return Future.succeededFuture();
        }
        Message message = exchange.getMessage();
        Object body = message.getBody();
        response.setStatusCode(HttpUtil.determineResponseCode(exchange, body));
        message.getHeaders().forEach((name, value) -> {
            if (value != null && !contains(inbound, value)) {
                put(response, exchange, name, value, filter);
            }
        });
        if (body instanceof InputStream stream) {
            return stream(context, stream);
        }
        return end(context, bytes(exchange, body));
    }

    /** Whether it is one of these very objects; an equal header that a step has set is the step's. */
    private static boolean contains(Object[] values, Object value) {
        for (Object one : values) {
            if (one == value) {
                return true;
            }
        }
        return false;
    }

    private static void put(
            HttpServerResponse response, Exchange exchange, String name, Object value, HeaderFilterStrategy filter) {
        Iterator<?> values = ObjectHelper.createIterator(value, null, true);
        HttpUtil.applyHeader(
                filter, exchange, values, exchange.getContext().getTypeConverter(), name, (several, one) -> {
                    if (several != null) {
                        response.putHeader(name, several);
                    } else if (one != null) {
                        response.putHeader(name, one);
                    }
                });
    }

    private static Buffer bytes(Exchange exchange, Object body) {
        if (body == null) {
            return null;
        }
        if (body instanceof Buffer buffer) {
            return buffer;
        }
        if (body instanceof byte[] array) {
            return Buffer.buffer(array);
        }
        if (body instanceof ByteBuffer bytes) {
            byte[] array = new byte[bytes.remaining()];
            bytes.duplicate().get(array);
            return Buffer.buffer(array);
        }
        byte[] converted = body instanceof String text
                ? text.getBytes(StandardCharsets.UTF_8)
                : exchange.getContext().getTypeConverter().tryConvertTo(byte[].class, exchange, body);
        return Buffer.buffer(converted == null ? body.toString().getBytes(StandardCharsets.UTF_8) : converted);
    }

    private static Future<Void> stream(RoutingContext context, InputStream stream) {
        context.response().setChunked(true);
        AsyncInputStream source =
                new AsyncInputStream(context.vertx(), context.vertx().getOrCreateContext(), stream);
        return source.pipeTo(context.response());
    }
}
