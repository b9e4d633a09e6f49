package io.cdccascade.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.cdccascade.api.Problem.FieldError;
import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.CachedTable;
import io.cdccascade.table.Catalog;
import io.cdccascade.table.Column;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.Table;
import java.math.BigInteger;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * Turns an HTTP request into a checked record, or refuses it with a {@link ProblemException} before it costs a query.
 * Takes the message's headers away: whatever is left of them would be sent back to the caller.
 */
public final class Requests {

    /** The header that carries a write's token, a {@link WritePoint}, to the caller and back. */
    public static final String TOKEN = "Cascade-Token";

    private static final ObjectReader JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build().reader();

    private final Catalog catalog;
    private final int maxLimit;

    /**
     * @param catalog  the tables that are served
     * @param maxLimit how many rows a page may hold, and holds when the caller does not say
     */
    public Requests(Catalog catalog, int maxLimit) {
        this.catalog = catalog;
        this.maxLimit = maxLimit;
    }

    /** The request for one row. */
    public ReadRequest read(Exchange exchange) {
        Message message = exchange.getMessage();
        CachedTable cached = cached(message);
        Table table = catalog.describe(cached);
        query(message, Set.of());
        Map<String, String> key = key(table, text(message, "key"));
        ReadRequest request = new ReadRequest(cached, table, new CacheKey(table.id(), RowKey.text(key)), json(key),
                token(text(message, TOKEN)), text(message, "If-None-Match"));
        message.removeHeaders("*");
        return request;
    }

    /** The request for a page of rows. */
    public PageRequest page(Exchange exchange) {
        Message message = exchange.getMessage();
        CachedTable cached = cached(message);
        Table table = catalog.describe(cached);
        Map<String, String> query = query(message, Set.of("limit", "after"));
        String after = query.containsKey("after") ? json(key(table, query.get("after"))) : null;
        PageRequest request = new PageRequest(table, text(message, Exchange.HTTP_PATH), limit(query.get("limit")),
                after);
        message.removeHeaders("*");
        return request;
    }

    /** The request to store a new row. */
    public WriteRequest create(Exchange exchange) {
        Message message = exchange.getMessage();
        CachedTable cached = cached(message);
        Table table = catalog.describe(cached);
        query(message, Set.of());
        String body = body(message);
        JsonNode row = object(body);
        check(table, row);
        message.removeHeaders("*");
        return new WriteRequest(cached, table, WriteRequest.Kind.CREATE, null, null, names(row), body);
    }

    /** The request to replace fields of a row. */
    public WriteRequest update(Exchange exchange) {
        Message message = exchange.getMessage();
        CachedTable cached = cached(message);
        Table table = catalog.describe(cached);
        query(message, Set.of());
        Map<String, String> key = key(table, text(message, "key"));
        String body = body(message);
        JsonNode row = object(body);
        check(table, row);
        if (row.isEmpty()) {
            throw new ProblemException(Problem.of(422, "The body names no field to replace"));
        }
        key.forEach((column, value) -> {
            if (row.has(column) && !row.get(column).asText().equals(value)) {
                throw new ProblemException(Problem.ofField(422, column,
                        "is the row's key and cannot be changed: create the new row and delete the old one"));
            }
        });
        message.removeHeaders("*");
        return new WriteRequest(cached, table, WriteRequest.Kind.UPDATE, RowKey.text(key), json(key), names(row), body);
    }

    /** The request to delete a row. */
    public WriteRequest delete(Exchange exchange) {
        Message message = exchange.getMessage();
        CachedTable cached = cached(message);
        Table table = catalog.describe(cached);
        query(message, Set.of());
        Map<String, String> key = key(table, text(message, "key"));
        message.removeHeaders("*");
        message.setBody(null);
        return new WriteRequest(cached, table, WriteRequest.Kind.DELETE, RowKey.text(key), json(key), Set.of(), null);
    }

    private CachedTable cached(Message message) {
        String path = text(message, "table");
        return catalog.servedAt(path)
                .orElseThrow(() -> new ProblemException(Problem.of(404, "There is no table at " + path)));
    }

    private int limit(String limit) {
        if (limit == null) {
            return maxLimit;
        }
        if (!limit.matches("[1-9][0-9]{0,8}") || Integer.parseInt(limit) > maxLimit) {
            throw new ProblemException(Problem.ofField(400, "limit", "must be a number from 1 to " + maxLimit));
        }
        return Integer.parseInt(limit);
    }

    private static WritePoint token(String token) {
        try {
            return token == null ? null : WritePoint.parse(token);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(Problem.ofField(400, TOKEN, "must be the token that a write answered with"));
        }
    }

    private static Map<String, String> key(Table table, String text) {
        if (table.key().size() > 1) {
            throw new ProblemException(Problem.of(400, "Rows of " + table.name() + " have a key of several columns"));
        }
        Column column = table.key().get(0);
        Map<String, String> key = new LinkedHashMap<>();
        key.put(column.name(), column.type().equals("smallint") || column.type().equals("integer")
                || column.type().equals("bigint") ? integer(column, text) : text);
        return key;
    }

    private static String integer(Column column, String text) {
        int bits = switch (column.type()) {
            case "smallint" -> Short.SIZE;
            case "integer" -> Integer.SIZE;
            default -> Long.SIZE;
        };
        if (!text.matches("-?[0-9]{1,30}") || new BigInteger(text).bitLength() >= bits) {
            throw new ProblemException(Problem.ofField(400, column.name(), "must be a whole number of type "
                    + column.type()));
        }
        return new BigInteger(text).toString();
    }

    private static void check(Table table, JsonNode row) {
        List<FieldError> errors = new ArrayList<>();
        row.fields().forEachRemaining(field -> check(table, field.getKey(), field.getValue()).ifPresent(errors::add));
        table.columns().stream().filter(column -> row.has(column.name()) && column.required()
                && row.get(column.name()).isNull()).forEach(column ->
                errors.add(new FieldError(column.name(), "must not be null")));
        if (!errors.isEmpty()) {
            FieldError first = errors.get(0);
            throw new ProblemException(Problem.of(422, first.field() + " " + first.detail(), errors));
        }
    }

    private static Optional<FieldError> check(Table table, String name, JsonNode value) {
        Optional<Column> column = table.column(name);
        if (column.isEmpty()) {
            return Optional.of(new FieldError(name, "is not a field of " + table.name()));
        }
        String wanted = value.isNull() ? null : mismatch(column.get(), value);
        if (wanted != null) {
            return Optional.of(new FieldError(name, "must be " + wanted));
        }
        if (value.isTextual() && !storable(value.textValue())) {
            return Optional.of(new FieldError(name, "holds a character that PostgreSQL cannot store"));
        }
        return Optional.empty();
    }

    private static String mismatch(Column column, JsonNode value) {
        return switch (column.category()) {
            case 'N' -> value.isNumber() ? null : "a number";
            case 'B' -> value.isBoolean() ? null : "true or false";
            case 'A' -> value.isArray() ? null : "an array";
            case 'S', 'D', 'T', 'E', 'I', 'V' -> value.isTextual() ? null : "a string";
            default -> null;
        };
    }

    private static boolean storable(String text) {
        return text.indexOf(0) < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    private static Set<String> names(JsonNode row) {
        Set<String> names = new LinkedHashSet<>();
        row.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String body(Message message) {
        String type = text(message, Exchange.CONTENT_TYPE);
        if (type != null && !type.toLowerCase().matches("application/(?:[a-z0-9.+-]+\\+)?json\\s*(?:;.*)?")) {
            throw new ProblemException(Problem.of(415, "The body must be application/json"));
        }
        byte[] bytes = message.getBody(byte[].class);
        if (bytes == null || bytes.length == 0) {
            throw new ProblemException(Problem.of(400, "The body must be a JSON object, but there is none"));
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new ProblemException(Problem.of(400, "The body is not UTF-8"));
        }
    }

    private static JsonNode object(String body) {
        JsonNode node;
        try {
            node = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new ProblemException(Problem.of(400, "The body is not JSON: line " + e.getLocation().getLineNr()
                    + ", column " + e.getLocation().getColumnNr()));
        }
        if (!node.isObject()) {
            throw new ProblemException(Problem.of(400, "The body must be a JSON object"));
        }
        return node;
    }

    private static String json(Map<String, String> key) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        key.values().forEach(array::add);
        return array.toString();
    }

    /** The query's parameters; read from the raw query, because a request header of the same name would mix with it. */
    private static Map<String, String> query(Message message, Set<String> known) {
        Map<String, String> parameters = new LinkedHashMap<>();
        String query = text(message, Exchange.HTTP_RAW_QUERY);
        if (query == null || query.isEmpty()) {
            return parameters;
        }
        for (String pair : query.split("&")) {
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals));
            if (!known.contains(name)) {
                throw new ProblemException(Problem.ofField(400, name, "is not a parameter of this request"));
            }
            if (parameters.put(name, equals < 0 ? "" : decode(pair.substring(equals + 1))) != null) {
                throw new ProblemException(Problem.ofField(400, name, "is given twice"));
            }
        }
        return parameters;
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(Problem.of(400, "The query is not percent-encoded: " + text));
        }
    }

    /** A header as text. A path parameter is appended to a request header of its name, so the last one is meant. */
    private static String text(Message message, String name) {
        Object value = message.getHeader(name);
        if (value instanceof List<?> values) {
            value = values.get(values.size() - 1);
        }
        return value == null ? null : value.toString();
    }
}
