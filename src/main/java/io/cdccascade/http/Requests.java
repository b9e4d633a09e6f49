package io.cdccascade.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.http.Problem.FieldError;
import io.cdccascade.table.Column;
import io.cdccascade.table.InvalidKeyException;
import io.cdccascade.table.Operation;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableRegistry;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
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

    // PostgreSQL's numeric has up to 147455 digits; Jackson would read 1000.
    private static final int DIGITS = 150_000;

    private static final ObjectReader JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNumberLength(DIGITS)
                            .build())
                    .build())
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build()
            .reader();

    // JSON has no numbers for these, and PostgreSQL writes them as texts.
    private static final Set<String> SPECIAL = Set.of("NaN", "Infinity", "-Infinity");
    private static final Set<String> FLOATING = Set.of("numeric", "float4", "float8");

    private final TableRegistry tables;
    private final int maxLimit;

    /**
     * @param tables   the tables that are served
     * @param maxLimit how many rows a page or a cached list may hold, and a page holds when the caller does not say
     */
    public Requests(TableRegistry tables, int maxLimit) {
        this.tables = tables;
        this.maxLimit = maxLimit;
    }

    /** The endpoint of the route that answers this request, the common one or the table's own. */
    public String route(Exchange exchange) {
        Message message = exchange.getMessage();
        return served(message)
                .file()
                .route(
                        switch (text(message, Exchange.HTTP_METHOD)) {
                            case "POST" -> Operation.CREATE;
                            case "PUT" -> Operation.UPDATE;
                            case "DELETE" -> Operation.DELETE;
                            default -> message.getHeader("key") == null ? Operation.LIST : Operation.READ;
                        });
    }

    /** The request for one row. */
    public ReadRequest read(Exchange exchange) {
        Message message = exchange.getMessage();
        ServedTable table = served(message);
        query(message, Set.of());
        RowKey key = key(table, message);
        ReadRequest request = new ReadRequest(
                table,
                new CacheKey(table.name(), key.text()),
                table.statements().load(),
                List.of(key.json()),
                token(text(message, TOKEN)),
                text(message, "If-None-Match"));
        message.removeHeaders("*");
        return request;
    }

    /** The request for several rows. */
    public PageRequest page(Exchange exchange) {
        Message message = exchange.getMessage();
        ServedTable table = served(message);
        String keyName = table.keyNames();
        Set<String> known = new LinkedHashSet<>(List.of("limit", "after", "key"));
        known.addAll(table.file().lists());
        // A key that is called like another parameter is given as key.
        boolean named = known.add(keyName);
        Map<String, String> query = query(message, known);
        List<RowKey> keys = keys(table, named && query.containsKey(keyName) ? keyName : "key", query);
        List<String> columns =
                table.file().lists().stream().filter(query::containsKey).toList();
        if (columns.size() > 1 || !keys.isEmpty() && query.size() > 1) {
            throw new ProblemException(Problem.of(
                    400,
                    "Rows are read by their keys, by one column or in pages: give " + "one of "
                            + String.join(", ", known)));
        }
        String column = columns.isEmpty() ? null : columns.get(0);
        String after = query.get("after");
        PageRequest request = new PageRequest(
                table,
                text(message, Exchange.HTTP_PATH),
                limit(query.get("limit")),
                maxLimit,
                after == null ? null : key(table, after),
                column,
                column == null ? null : value(table.listColumn(column), query.get(column)),
                keys,
                token(text(message, TOKEN)));
        message.removeHeaders("*");
        return request;
    }

    /** The request to store a new row. */
    public WriteRequest create(Exchange exchange) {
        Message message = exchange.getMessage();
        ServedTable table = served(message);
        query(message, Set.of());
        String body = body(message);
        JsonNode row = object(body);
        check(table, row);
        message.removeHeaders("*");
        return new WriteRequest(table, Operation.CREATE, null, names(row), body);
    }

    /** The request to replace fields of a row. */
    public WriteRequest update(Exchange exchange) {
        Message message = exchange.getMessage();
        ServedTable table = served(message);
        query(message, Set.of());
        RowKey key = key(table, message);
        String body = body(message);
        JsonNode row = object(body);
        check(table, row);
        if (row.isEmpty()) {
            throw new ProblemException(Problem.of(422, "The body names no field to replace"));
        }
        for (Column column : table.key()) {
            if (row.has(column.name())
                    && !key.agrees(
                            table.key(), column.name(), row.get(column.name()).asText())) {
                throw new ProblemException(Problem.ofField(
                        422,
                        column.name(),
                        "is the row's key and cannot be changed: create the new row and delete the old one"));
            }
        }
        message.removeHeaders("*");
        return new WriteRequest(table, Operation.UPDATE, key, names(row), body);
    }

    /** The request to delete a row. */
    public WriteRequest delete(Exchange exchange) {
        Message message = exchange.getMessage();
        ServedTable table = served(message);
        query(message, Set.of());
        RowKey key = key(table, message);
        message.removeHeaders("*");
        message.setBody(null);
        return new WriteRequest(table, Operation.DELETE, key, Set.of(), null);
    }

    private ServedTable served(Message message) {
        String path = text(message, "table");
        return tables.at(path)
                .orElseThrow(() -> new ProblemException(
                        tables.unserved(path)
                                ? Problem.of(503, "The table at " + path + " cannot be served at the moment")
                                : Problem.of(404, "There is no table at " + path)));
    }

    /** The key in the path; taken from the path as it was sent, in which a comma in a value is not one between two. */
    private static RowKey key(ServedTable table, Message message) {
        String uri = text(message, Exchange.HTTP_URI);
        int query = uri.indexOf('?');
        String path = query < 0 ? uri : uri.substring(0, query);
        // A path decodes no plus signs, as a query does.
        return key(table, path.substring(path.lastIndexOf('/') + 1).replace("+", "%2B"));
    }

    private static RowKey key(ServedTable table, String raw) {
        List<String> values = table.key().size() == 1
                ? List.of(decode(raw))
                : Arrays.stream(raw.split(",", -1)).map(Requests::decode).toList();
        try {
            return RowKey.of(table.key(), values);
        } catch (InvalidKeyException e) {
            throw new ProblemException(Problem.ofField(400, e.field(), e.detail()));
        }
    }

    /** Keys with commas between, or with semicolons where a key has several columns. */
    private List<RowKey> keys(ServedTable table, String parameter, Map<String, String> query) {
        String raw = query.get(parameter);
        if (raw == null) {
            return List.of();
        }
        List<RowKey> keys = Arrays.stream(raw.split(table.key().size() == 1 ? "," : ";", -1))
                .map(key -> key(table, key))
                .distinct()
                .toList();
        if (keys.size() > maxLimit) {
            throw new ProblemException(Problem.ofField(400, parameter, "names more than " + maxLimit + " rows"));
        }
        return keys;
    }

    private static RowKey value(Column column, String raw) {
        try {
            return RowKey.of(List.of(column), List.of(decode(raw)));
        } catch (InvalidKeyException e) {
            throw new ProblemException(Problem.ofField(400, e.field(), e.detail()));
        }
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

    private static void check(ServedTable table, JsonNode row) {
        List<FieldError> errors = new ArrayList<>();
        row.properties()
                .forEach(field -> check(table, field.getKey(), field.getValue()).ifPresent(errors::add));
        table.columns().stream()
                .filter(column -> row.has(column.name())
                        && !column.nullable()
                        && row.get(column.name()).isNull())
                .forEach(column -> errors.add(new FieldError(column.name(), "must not be null")));
        if (!errors.isEmpty()) {
            FieldError first = errors.get(0);
            throw new ProblemException(Problem.of(422, first.field() + " " + first.detail(), errors));
        }
    }

    private static Optional<FieldError> check(ServedTable table, String name, JsonNode value) {
        Optional<Column> column =
                table.column(name).flatMap(served -> table.table().column(name));
        if (column.isEmpty()) {
            return Optional.of(new FieldError(name, "is not a field of " + table.title()));
        }
        if (column.get().computed()) {
            return Optional.of(new FieldError(name, "is computed by the database and cannot be given"));
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
        if (value.isTextual() && SPECIAL.contains(value.textValue()) && FLOATING.contains(column.base())) {
            return null;
        }
        // PostgreSQL writes money with its currency's sign.
        return column.base().equals("money")
                ? null
                : switch (column.category()) {
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
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ProblemException(Problem.of(400, "The body is not UTF-8"));
        }
    }

    private static JsonNode object(String body) {
        JsonNode node;
        try {
            node = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new ProblemException(Problem.of(
                    400,
                    "The body is not JSON: line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr()));
        }
        if (!node.isObject()) {
            throw new ProblemException(Problem.of(400, "The body must be a JSON object"));
        }
        return node;
    }

    /**
     * The query's parameters, their values not decoded yet; read from the raw query, because a request header of the
     * same name would mix with it.
     */
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
            if (parameters.put(name, equals < 0 ? "" : pair.substring(equals + 1)) != null) {
                throw new ProblemException(Problem.ofField(400, name, "is given twice"));
            }
        }
        return parameters;
    }

    private static String decode(String text) {
        try {
            // By way of bytes: the decoder would put a replacement character where there is no UTF-8.
            byte[] bytes = URLDecoder.decode(text, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.ISO_8859_1);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw new ProblemException(Problem.of(400, "This is not percent-encoded UTF-8: " + text));
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
