package io.cdccascade.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.cdccascade.table.Column;
import io.cdccascade.table.InvalidKeyException;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Finds the table that a request names, and reads its keys. */
final class RequestedTable {

    private RequestedTable() {}

    /** @throws ProblemException if no such table is served, 404, or not at the moment, 503 */
    static ServedTable find(TableRegistry tables, String path) {
        return tables.at(path)
                .orElseThrow(() -> new ProblemException(
                        tables.unserved(path)
                                ? Problem.of(503, "The table at " + path + " cannot be served at the moment")
                                : Problem.of(404, "There is no table at " + path)));
    }

    /**
     * A row's key.
     *
     * @param raw the key as it was sent, its columns with commas between
     * @throws ProblemException if it is not one that the table can have
     */
    static RowKey key(ServedTable table, String raw) {
        List<String> values = table.key().size() == 1
                ? List.of(QueryString.decode(raw))
                : Arrays.stream(raw.split(",", -1)).map(QueryString::decode).toList();
        return key(table.key(), values);
    }

    /** A row's key as JSON: a value, or an array of values where the key has several columns; with the same exception. */
    static RowKey key(ServedTable table, JsonNode json) {
        List<String> values = new ArrayList<>();
        (json.isArray() ? json : List.of(json)).forEach(value -> {
            if (!value.isValueNode() || value.isNull()) {
                throw new ProblemException(Problem.ofField(400, "key", "must be " + table.keyNames()));
            }
            values.add(value.asText());
        });
        return key(table.key(), values);
    }

    /** The value of one column, as it was sent; with the same exception. */
    static RowKey value(Column column, String raw) {
        return key(List.of(column), List.of(QueryString.decode(raw)));
    }

    private static RowKey key(List<Column> columns, List<String> values) {
        try {
            return RowKey.of(columns, values);
        } catch (InvalidKeyException e) {
            throw new ProblemException(Problem.ofField(400, e.field(), e.detail()));
        }
    }
}
