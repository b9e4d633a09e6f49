package io.cdccascade.http;

import io.cdccascade.table.Column;
import io.cdccascade.table.Operation;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableName;
import io.cdccascade.table.TableRegistry;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;

/** Turns a POST, PUT, PATCH or DELETE into a checked {@link Write}, or refuses it before it costs a query. */
public final class WriteRequests {

    private final TableRegistry tables;
    private final Map<TableName, RowSchema> schemas = new ConcurrentHashMap<>();

    /** @param tables the tables that are served */
    public WriteRequests(TableRegistry tables) {
        this.tables = tables;
    }

    /**
     * What is to be written.
     *
     * @throws ProblemException if the request is not valid, or the table not served
     */
    public Write write(Exchange exchange) {
        RequestLine request = RequestLine.of(exchange);
        ServedTable table = RequestedTable.find(tables, request.table());
        QueryString.parse(request.query(), Set.of());
        WriteCondition condition = WriteCondition.of(exchange.getMessage(), request.ifNoneMatch());
        long wait = Preferences.of(request.prefer()).waitSeconds();
        return switch (request.method()) {
            case "POST" -> create(table, RowBody.of(exchange.getMessage()), condition, wait);
            case "PUT", "PATCH" ->
                update(
                        table,
                        RequestedTable.key(table, request.rawKey()),
                        RowBody.of(exchange.getMessage()),
                        condition,
                        wait);
            default ->
                new Write(
                        table,
                        Operation.DELETE,
                        RequestedTable.key(table, request.rawKey()),
                        Set.of(),
                        null,
                        condition,
                        wait);
        };
    }

    private Write create(ServedTable table, RowBody body, WriteCondition condition, long wait) {
        if (condition != WriteCondition.NONE && !condition.absent()) {
            throw new ProblemException(Problem.of(400, "A row is created under no condition but If-None-Match: *"));
        }
        body.check(schema(table));
        return new Write(table, Operation.CREATE, null, body.names(), body.text(), condition, wait);
    }

    private Write update(ServedTable table, RowKey key, RowBody body, WriteCondition condition, long wait) {
        body.check(schema(table));
        if (body.fields().isEmpty()) {
            throw new ProblemException(Problem.of(422, "The body names no field to replace"));
        }
        for (Column column : table.key()) {
            String name = column.name();
            if (body.fields().has(name)
                    && !key.agrees(table.key(), name, body.fields().get(name).asText())) {
                throw new ProblemException(Problem.ofField(
                        422,
                        name,
                        "is the row's key and cannot be changed: create the new row and delete the old one"));
            }
        }
        return new Write(table, Operation.UPDATE, key, body.names(), body.text(), condition, wait);
    }

    private RowSchema schema(ServedTable table) {
        return schemas.compute(
                table.table().tableName(),
                (name, known) -> known != null && known.describes(table) ? known : new RowSchema(table));
    }
}
