package io.cdccascade.http;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Reads a query string as it was sent; a library's map would mix it with request headers, or decode commas too early. */
final class QueryString {

    private QueryString() {}

    /**
     * The parameters, their values not decoded yet.
     *
     * @param query the query as it was sent, or null
     * @param known the names that may be given
     * @throws ProblemException if another name, or a name twice, is given
     */
    static Map<String, String> parse(String query, Set<String> known) {
        if (query == null || query.isEmpty()) {
            return Map.of();
        }
        Map<String, String> parameters = new LinkedHashMap<>();
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

    /**
     * Decodes percent-encoded UTF-8.
     *
     * @throws ProblemException if it is none
     */
    static String decode(String text) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
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
}
