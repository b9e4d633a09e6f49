package io.cdccascade.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * The JSON that a caller sends.
 *
 * @param text as the caller sent it
 * @param node the same, read
 */
record JsonBody(String text, JsonNode node) {

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
     * @param wanted what it must be, for the caller
     * @throws ProblemException if it is not JSON: 400, or 415 if it is not called JSON
     */
    static JsonBody of(Message message, String wanted) {
        String text = text(message, wanted);
        try {
            return new JsonBody(text, JSON.readTree(text));
        } catch (JsonProcessingException e) {
            throw new ProblemException(Problem.of(
                    400,
                    "The body is not JSON: line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr()));
        }
    }

    private static String text(Message message, String wanted) {
        String type = message.getHeader(Exchange.CONTENT_TYPE, String.class);
        if (type != null
                && !type.toLowerCase(Locale.ROOT).matches("application/(?:[a-z0-9.+-]+\\+)?json\\s*(?:;.*)?")) {
            throw new ProblemException(Problem.of(415, "The body must be application/json"));
        }
        byte[] bytes = message.getBody(byte[].class);
        if (bytes == null || bytes.length == 0) {
            throw new ProblemException(Problem.of(400, "The body must be " + wanted + ", but there is none"));
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
}
