package io.cdccascade.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Lookup;
import io.cdccascade.table.InvalidKeyException;
import io.cdccascade.table.Operation;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
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
    public void row(
            Exchange exchange,
            @Variable("request") ReadRequest request,
            @Variable("lookup") Lookup lookup,
            @Variable("loaded") Map<String, Object> loaded,
            @Variable("filled") FillResult filled) {
        Entry entry = lookup instanceof Lookup.Hit hit ? hit.entry() : null;
        String row = entry == null ? (String) loaded.get("row") : entry.row();
        if (row == null) {
            problem(exchange, missing(request.table(), request.key().key()));
        } else {
            row(exchange.getMessage(), request.ifNoneMatch(), row);
        }
        Message message = exchange.getMessage();
        message.setHeader("Cache-Control", "no-cache");
        message.setHeader("Cache-Status", "cascade; " + status(lookup, filled));
        if (entry != null) {
            message.setHeader("Age", age(entry));
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
        return filled == FillResult.STORED
                ? "fwd=miss; stored"
                : "fwd=miss; detail=" + (filled == null ? "away" : filled.name().toLowerCase(Locale.ROOT));
    }

    /** Answers a page with the rows that the page's statement read. */
    public void page(Exchange exchange, @Variable("page") PageRequest request, @Body List<Map<String, Object>> rows) {
        List<String> texts = rows.stream()
                .limit(request.limit())
                .map(row -> (String) row.get("row"))
                .toList();
        rows(
                exchange.getMessage(),
                request,
                texts,
                rows.size() <= request.limit()
                        ? null
                        : lastKey(
                                request, (String) rows.get(request.limit() - 1).get("key")),
                "fwd=bypass");
    }

    /** Null, so that there is no next page, where the key is one that no path can name, such as a date before Christ. */
    private static RowKey lastKey(PageRequest request, String key) {
        try {
            return RowKey.ofJson(request.table().key(), key);
        } catch (InvalidKeyException e) {
            return null;
        }
    }

    /** Answers with a page that was cut from a whole list. */
    public void list(
            Exchange exchange,
            @Variable("page") PageRequest request,
            @Variable("cut") ListPage cut,
            @Variable("lookup") Lookup lookup,
            @Variable("filled") FillResult filled) {
        rows(exchange.getMessage(), request, cut.rows(), cut.last(), status(lookup, filled));
        if (lookup instanceof Lookup.Hit hit) {
            exchange.getMessage().setHeader("Age", age(hit.entry()));
        }
    }

    /** Answers with the rows of several keys, in the order of the keys, without those that do not exist. */
    public void rows(
            Exchange exchange,
            @Variable("page") PageRequest request,
            @Variable("lookups") List<Lookup> lookups,
            @Variable("loaded") List<Map<String, Object>> loaded) {
        Iterator<Map<String, Object>> next = loaded == null ? Collections.emptyIterator() : loaded.iterator();
        List<String> rows = lookups.stream()
                .map(lookup -> lookup instanceof Lookup.Hit hit
                        ? hit.entry().row()
                        : (String) next.next().get("row"))
                .filter(Objects::nonNull)
                .toList();
        long hits = lookups.stream().filter(Lookup.Hit.class::isInstance).count();
        rows(
                exchange.getMessage(),
                request,
                rows,
                null,
                hits == lookups.size()
                        ? "hit"
                        : (hits == 0 ? "fwd=miss" : "fwd=partial") + "; detail=" + hits + "-of-" + lookups.size());
    }

    private static void rows(Message message, PageRequest request, List<String> rows, RowKey last, String status) {
        message.removeHeaders("*");
        if (last != null) {
            String filter = request.column() == null
                    ? ""
                    : encode(request.column()) + "=" + encode(request.value().text()) + "&";
            message.setHeader(
                    "Link",
                    "<" + request.path() + "?" + filter + "limit=" + request.limit() + "&after="
                            + last.values().stream().map(Answers::encode).collect(Collectors.joining(","))
                            + ">; rel=\"next\"");
        }
        message.setHeader(Exchange.CONTENT_TYPE, "application/json");
        message.setHeader("Cache-Control", "no-cache");
        message.setHeader("Cache-Status", "cascade; " + status);
        message.setBody("[" + String.join(",", rows) + "]");
    }

    /** Answers a write with the row that its statement returned and the write's token. */
    public void written(
            Exchange exchange, @Variable("write") WriteRequest request, @Variable("row") Map<String, Object> row) {
        Message message = exchange.getMessage();
        message.removeHeaders("*");
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, request.kind() == Operation.CREATE ? 201 : 200);
        message.setHeader(Exchange.CONTENT_TYPE, "application/json");
        message.setHeader("Cache-Control", "no-cache");
        message.setHeader(Requests.TOKEN, row.get("token"));
        message.setBody(row.get("row"));
    }

    /** Answers that the row to update or delete does not exist. */
    public void missing(Exchange exchange, @Variable("write") WriteRequest request) {
        problem(exchange, missing(request.table(), request.key().text()));
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

    private static Problem missing(ServedTable table, String key) {
        return Problem.of(404, "There is no row " + key + " in " + table.title());
    }

    private static String entityTag(String row) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(row.getBytes(StandardCharsets.UTF_8));
            return '"'
                    + Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(digest)
                            .substring(0, 22)
                    + '"';
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

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String age(Entry entry) {
        return Long.toString(TimeUnit.MILLISECONDS.toSeconds(entry.ageMillis()));
    }
}
