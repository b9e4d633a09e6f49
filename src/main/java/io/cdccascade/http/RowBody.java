package io.cdccascade.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.http.Problem.FieldError;
import io.cdccascade.table.Column;
import io.cdccascade.table.ServedTable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * The fields of a row that a caller sends.
 *
 * @param text   the JSON object as the caller sent it
 * @param fields the same, read
 */
record RowBody(String text, JsonNode fields) {

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

    /**
     * Reads the body of a message.
     *
     * @throws ProblemException if it is not a JSON object: 400, or 415 if it is not called JSON
     */
    static RowBody of(Message message) {
        String text = text(message);
        JsonNode node;
        try {
            node = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new ProblemException(Problem.of(
                    400,
                    "The body is not JSON: line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr()));
        }
        if (!node.isObject()) {
            throw new ProblemException(Problem.of(400, "The body must be a JSON object"));
        }
        return new RowBody(text, node);
    }

    private static String text(Message message) {
        String type = message.getHeader(Exchange.CONTENT_TYPE, String.class);
        if (type != null
                && !type.toLowerCase(Locale.ROOT).matches("application/(?:[a-z0-9.+-]+\\+)?json\\s*(?:;.*)?")) {
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

    /** The names of the fields, in the order given. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        fields.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /**
     * Makes sure that the table could store these fields, as far as that shows without asking PostgreSQL.
     *
     * @throws ProblemException 422 with every field that it could not
     */
    void check(ServedTable table) {
        List<FieldError> errors = new ArrayList<>();
        fields.properties()
                .forEach(field -> check(table, field.getKey(), field.getValue()).ifPresent(errors::add));
        table.columns().stream()
                .filter(column -> fields.has(column.name())
                        && !column.nullable()
                        && fields.get(column.name()).isNull())
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
}
