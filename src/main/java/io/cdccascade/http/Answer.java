package io.cdccascade.http;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An HTTP answer that is in memory.
 *
 * @param status  the status
 * @param headers names and values in turn
 * @param body    the body, or null for none
 */
public record Answer(int status, List<String> headers, Buffer body) {

    static final String JSON = "application/json";

    /** Takes headers and the body one by one. Not for more than one thread. */
    static final class Builder {

        private final int status;
        private final List<String> headers = new ArrayList<>(12);

        Builder(int status) {
            this.status = status;
        }

        Builder header(String name, String value) {
            headers.add(name);
            headers.add(value);
            return this;
        }

        Answer body(String contentType, Buffer body) {
            header("Content-Type", contentType);
            return new Answer(status, headers, body);
        }

        Answer empty() {
            return new Answer(status, headers, null);
        }
    }
}
