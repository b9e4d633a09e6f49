package io.cdccascade.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.cdccascade.http.Problem.FieldError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.camel.Message;

/**
 * The fields of a row that a caller sends.
 *
 * @param text   the JSON object as the caller sent it
 * @param fields the same, read
 */
record RowBody(String text, JsonNode fields) {

    /**
     * Reads the body of a message.
     *
     * @throws ProblemException if it is not a JSON object: 400, or 415 if it is not called JSON
     */
    static RowBody of(Message message) {
        JsonBody body = JsonBody.of(message, "a JSON object");
        if (!body.node().isObject()) {
            throw new ProblemException(Problem.of(400, "The body must be a JSON object"));
        }
        return new RowBody(body.text(), body.node());
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
