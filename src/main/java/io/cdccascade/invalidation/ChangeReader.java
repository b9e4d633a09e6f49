package io.cdccascade.invalidation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.TableName;
import java.nio.charset.StandardCharsets;

/**
 * Reads a record of a change topic: <a
 * href="https://debezium.io/documentation/reference/3.6/connectors/postgresql.html#postgresql-events">Debezium's
 * envelope for PostgreSQL</a> as Kafka Connect's JsonConverter writes it, with or without schemas.
 *
 * <p>The row's key comes from the record's key, never from {@code before}: under PostgreSQL's default replica
 * identity an update has none.
 */
public final class ChangeReader {

    private static final ObjectReader JSON = JsonMapper.builder().build().reader();

    private ChangeReader() {}

    /**
     * @param key   the record's key, or null
     * @param value the record's value, or null for a tombstone
     * @return what the record says
     * @throws UnreadableChangeException if it cannot be read, or does not say what it changed
     */
    public static ChangeEvent read(byte[] key, byte[] value) throws UnreadableChangeException {
        if (value == null) {
            return new ChangeEvent.Nothing();
        }
        JsonNode envelope = payload(value, "value");
        String operation = envelope.path("op").asText("");
        return switch (operation) {
            case "c", "u", "d" -> row(operation.charAt(0), key, envelope);
            case "r", "t" -> new ChangeEvent.Everything(table(envelope));
            case "m" -> new ChangeEvent.Nothing();
            default ->
                throw new UnreadableChangeException(
                        "The value's op is not one of c, u, d, r, t, m: '" + operation + "'");
        };
    }

    private static ChangeEvent.Row row(char operation, byte[] key, JsonNode envelope) throws UnreadableChangeException {
        WritePoint change = change(envelope.path("source"));
        if (key == null) {
            throw new UnreadableChangeException("The record has no key: does the table have a primary key?");
        }
        JsonNode columns = payload(key, "key");
        if (columns.isEmpty()) {
            throw new UnreadableChangeException("The record's key has no columns");
        }
        return new ChangeEvent.Row(
                table(envelope), operation, change, columns, envelope.path("before"), envelope.path("after"));
    }

    private static WritePoint change(JsonNode source) throws UnreadableChangeException {
        JsonNode xid = source.path("txId");
        JsonNode lsn = source.path("lsn");
        try {
            if (xid.isIntegralNumber() && lsn.isIntegralNumber()) {
                return new WritePoint(
                        xid.bigIntegerValue().longValueExact(),
                        lsn.bigIntegerValue().longValueExact());
            }
        } catch (ArithmeticException | IllegalArgumentException e) {
            // Out of range: below.
        }
        throw new UnreadableChangeException("The value names no transaction in source.txId and source.lsn");
    }

    private static TableName table(JsonNode envelope) throws UnreadableChangeException {
        JsonNode source = envelope.path("source");
        if (!source.path("schema").isTextual() || !source.path("table").isTextual()) {
            throw new UnreadableChangeException("The value names no table in source.schema and source.table");
        }
        return new TableName(
                source.get("schema").textValue(), source.get("table").textValue());
    }

    private static JsonNode payload(byte[] json, String what) throws UnreadableChangeException {
        JsonNode node;
        try {
            node = JSON.readTree(new String(json, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new UnreadableChangeException("The " + what + " is not JSON");
        }
        JsonNode payload = node.has("schema") && node.has("payload") ? node.get("payload") : node;
        if (!payload.isObject()) {
            throw new UnreadableChangeException("The " + what + " is not a JSON object");
        }
        return payload;
    }
}
