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
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
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
     * @param schema what the table's rows are made of
     * @throws ProblemException 422 with every field that it could not
     */
    void check(RowSchema schema) {
        List<FieldError> errors = new ArrayList<>(schema.check(fields));
        fields.properties().stream()
                .filter(field -> field.getValue().isTextual()
                        && !storable(field.getValue().textValue()))
                .map(field -> new FieldError(field.getKey(), "holds a character that PostgreSQL cannot store"))
                .forEach(errors::add);
        if (!errors.isEmpty()) {
            FieldError first = errors.get(0);
            throw new ProblemException(Problem.of(422, first.field() + " " + first.detail(), errors));
        }
    }

    private static boolean storable(String text) {
        return text.indexOf(0) < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }
}
