package io.cdccascade.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Lookup;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Variable;

/**
 * Writes the answer to a request: status, body and the headers that say where it came from
 * (<a href="https://www.rfc-editor.org/rfc/rfc9211">RFC 9211</a>) and how to revalidate it
 * (<a href="https://www.rfc-editor.org/rfc/rfc9110#section-13">RFC 9110, section 13</a>).
 */
public final class Answers {

    private static final JsonMapper JSON = new JsonMapper();

    /**
     * Answers a read.
     *
     * @param exchange the exchange whose message becomes the answer
     * @param request  the request
     * @param lookup   what the cache said
     * @param loaded   what the load statement returned, or null after a hit
     * @param filled   what became of the fill, or null when there was none
     */
    public void row(Exchange exchange, @Variable("request") ReadRequest request, @Variable("lookup") Lookup lookup,
                    @Variable("loaded") Map<String, Object> loaded, @Variable("filled") FillResult filled) {
        Entry entry = lookup instanceof Lookup.Hit hit ? hit.entry() : null;
        String row = entry == null ? (String) loaded.get("row") : entry.row();
        if (row == null) {
            problem(exchange, missing(request.table().name(), request.key().key()));
        } else {
            row(exchange.getMessage(), request.ifNoneMatch(), row);
        }
        Message message = exchange.getMessage();
        message.setHeader("Cache-Control", "no-cache");
        message.setHeader("Cache-Status", "cascade; " + status(lookup, filled));
        if (entry != null) {
            message.setHeader("Age", Long.toString(TimeUnit.MILLISECONDS.toSeconds(entry.ageMillis())));
        }
    }

    private static void row(Message message, String ifNoneMatch, String row) {
        message.removeHeaders("*");
        String tag = entityTag(row);
        message.setHeader("ETag", tag);
        if (ifNoneMatch != null && matches(ifNoneMatch, tag)) {
            message.setHeader(Exchange.HTTP_RESPONSE_CODE, 304);
            message.setBody(null);
        } else {
            message.setHeader(Exchange.CONTENT_TYPE, "application/json");
            message.setBody(row);
        }
    }

    private static String status(Lookup lookup, FillResult filled) {
        if (lookup instanceof Lookup.Hit) {
            return "hit";
        }
        if (lookup instanceof Lookup.Bypass bypass) {
            return "fwd=bypass; detail=" + bypass.reason().name().toLowerCase(Locale.ROOT);
        }
        return filled == FillResult.STORED ? "fwd=miss; stored"
                : "fwd=miss; detail=" + (filled == null ? "away" : filled.name().toLowerCase(Locale.ROOT));
    }

    /** Answers a page with the rows that the page's statement read. */
    public void page(Exchange exchange, @Variable("request") PageRequest request, @Body List<Map<String, Object>> rows) {
        boolean more = rows.size() > request.limit();
        List<Map<String, Object>> page = more ? rows.subList(0, request.limit()) : rows;
        Message message = exchange.getMessage();
        message.removeHeaders("*");
        if (more) {
            message.setHeader("Link", "<" + request.path() + "?limit=" + request.limit() + "&after="
                    + URLEncoder.encode(lastKey(page), StandardCharsets.UTF_8) + ">; rel=\"next\"");
        }
        StringJoiner body = new StringJoiner(",", "[", "]");
        page.forEach(row -> body.add((String) row.get("row")));
        message.setHeader(Exchange.CONTENT_TYPE, "application/json");
        message.setHeader("Cache-Control", "no-cache");
        message.setHeader("Cache-Status", "cascade; fwd=bypass");
        message.setBody(body.toString());
    }

    /** Answers a write with the row that its statement returned and the write's token. */
    public void written(Exchange exchange, @Variable("write") WriteRequest request,
                        @Variable("row") Map<String, Object> row) {
        Message message = exchange.getMessage();
        message.removeHeaders("*");
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, request.kind() == WriteRequest.Kind.CREATE ? 201 : 200);
        message.setHeader(Exchange.CONTENT_TYPE, "application/json");
        message.setHeader("Cache-Control", "no-cache");
        message.setHeader(Requests.TOKEN, row.get("token"));
        message.setBody(row.get("row"));
    }

    /** Answers that the row to update or delete does not exist. */
    public void missing(Exchange exchange, @Variable("write") WriteRequest request) {
        problem(exchange, missing(request.table().name(), request.keyText()));
    }

    /** Answers with a problem document. */
    public void problem(Exchange exchange, Problem problem) {
        Message message = exchange.getMessage();
        message.removeHeaders("*");
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, problem.status());
        message.setHeader(Exchange.CONTENT_TYPE, Problem.MEDIA_TYPE);
        if (problem.status() == 503) {
            message.setHeader("Retry-After", "1");
        }
        message.setBody(json(problem));
    }

    static String json(Problem problem) {
        try {
            return JSON.writeValueAsString(problem);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Problem missing(String table, String key) {
        return Problem.of(404, "There is no row " + key + " in " + table);
    }

    private static String entityTag(String row) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(row.getBytes(StandardCharsets.UTF_8));
            return '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(digest).substring(0, 22) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean matches(String ifNoneMatch, String tag) {
        for (String candidate : ifNoneMatch.split(",")) {
            String stripped = candidate.strip();
            if (stripped.equals("*") || stripped.equals(tag) || stripped.equals("W/" + tag)) {
                return true;
            }
        }
        return false;
    }

    private static String lastKey(List<Map<String, Object>> page) {
        try {
            return JSON.readTree((String) page.get(page.size() - 1).get("key")).get(0).asText();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
