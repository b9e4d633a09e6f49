package io.cdccascade.capture;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cdccascade.table.TableName;
import io.debezium.DebeziumException;
import io.debezium.engine.ChangeEvent;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A record that Kafka refuses, for its size or its topic, and what can be sent in its place.
 *
 * @param event    the record
 * @param envelope its value, null for a tombstone
 */
record RefusedRecord(ChangeEvent<byte[], byte[]> event, JsonNode envelope) {

    // A row is larger here than Jackson expects of a text.
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build();

    /** A record that stands for another one. */
    private record Substitute(byte[] key, byte[] value, String destination, Integer partition)
            implements ChangeEvent<byte[], byte[]> {}

    /** @throws DebeziumException if the record's value is not JSON */
    static RefusedRecord of(ChangeEvent<byte[], byte[]> event) {
        try {
            return new RefusedRecord(event, event.value() == null ? null : JSON.readTree(event.value()));
        } catch (IOException e) {
            throw new DebeziumException("A record that Kafka refuses is not JSON", e);
        }
    }

    /** The table whose row it is; empty for what concerns no table: a tombstone, a logical message. */
    Optional<TableName> table() {
        JsonNode source = payload().path("source");
        return "m".equals(payload().path("op").asText()) || !source.hasNonNull("table")
                ? Optional.empty()
                : Optional.of(new TableName(
                        source.path("schema").asText(), source.path("table").asText()));
    }

    /**
     * What can be sent in place of a record that is too large, the one that says most first: the same change without the
     * row's values, then, for a key that is itself too large, a TRUNCATE of the table, because everything of it has to be
     * forgotten.
     *
     * @return empty for what concerns no table, which may be left out
     */
    List<ChangeEvent<byte[], byte[]>> smaller() {
        return table().isEmpty()
                ? List.of()
                : List.of(substitute(event.key(), null, event.destination()), truncate(event.destination()));
    }

    /**
     * A TRUNCATE of the record's table.
     *
     * @param topic the topic to send it to
     */
    ChangeEvent<byte[], byte[]> truncate(String topic) {
        return substitute(null, "t", topic);
    }

    private ChangeEvent<byte[], byte[]> substitute(byte[] key, String operation, String topic) {
        JsonNode value = envelope.deepCopy();
        var payload = (ObjectNode) payload(value);
        payload.putNull("before").putNull("after");
        if (operation != null) {
            payload.put("op", operation);
        }
        try {
            return new Substitute(
                    key,
                    JSON.writeValueAsBytes(value),
                    topic,
                    topic.equals(event.destination()) ? event.partition() : null);
        } catch (JsonProcessingException e) {
            throw new DebeziumException("A record that Kafka refuses cannot be replaced", e);
        }
    }

    private JsonNode payload() {
        return payload(envelope == null ? JSON.missingNode() : envelope);
    }

    /** The value itself, or what it holds beside its schema. */
    private static JsonNode payload(JsonNode value) {
        return value.has("schema") && value.has("payload") ? value.get("payload") : value;
    }
}
