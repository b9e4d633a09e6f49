package io.cdccascade.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * A problem document as of <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>.
 *
 * @param type   {@code about:blank}: the status says what kind of problem it is
 * @param title  the status in words
 * @param status the HTTP status
 * @param detail what is wrong with this request, for a person
 * @param errors the fields that are to blame, empty when none is
 */
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<FieldError> errors) {

    /** The media type of a problem document. */
    public static final String MEDIA_TYPE = "application/problem+json";

    private static final JsonMapper JSON = new JsonMapper();

    public Problem {
        errors = List.copyOf(errors);
    }

    /** A problem that no single field is to blame for. */
    public static Problem of(int status, String detail) {
        return new Problem("about:blank", title(status), status, detail, List.of());
    }

    /** A problem of one or several fields. */
    public static Problem of(int status, String detail, List<FieldError> errors) {
        return new Problem("about:blank", title(status), status, detail, errors);
    }

    /** A problem of one field. */
    public static Problem ofField(int status, String field, String detail) {
        return of(status, field + " " + detail, List.of(new FieldError(field, detail)));
    }

    /** The document as JSON text. */
    public String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The document as an answer. */
    public Answer answer() {
        Answer.Builder answer = new Answer.Builder(status);
        if (status == 503) {
            answer.header("Retry-After", "1");
        }
        return answer.body(MEDIA_TYPE, Buffer.buffer(json()));
    }

    private static String title(int status) {
        return switch (status) {
            case 400 -> "Bad Request";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 406 -> "Not Acceptable";
            case 409 -> "Conflict";
            case 412 -> "Precondition Failed";
            case 413 -> "Content Too Large";
            case 414 -> "URI Too Long";
            case 415 -> "Unsupported Media Type";
            case 422 -> "Unprocessable Content";
            case 503 -> "Service Unavailable";
            default -> status < 500 ? "Bad Request" : "Internal Server Error";
        };
    }

    /**
     * What is wrong with one field.
     *
     * @param field  the column, the path parameter or the query parameter
     * @param detail what is wrong with it
     */
    public record FieldError(String field, String detail) {}
}
