package io.cdccascade.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Message;

/** Turns a GET, or a POST of keys, into a checked {@link Read}, or refuses it before it costs a query. */
public final class ReadRequests {

    private final TableRegistry tables;
    private final int maxLimit;
    private final Duration maxStaleness;

    /**
     * @param tables   the tables that are served
     * @param maxLimit how many rows a page or a cached list may hold, and a page holds when the caller does not say
     * @param maxStaleness for how long changes may not have been applied while entries of tables are answered whose file does
     *                     not say; zero for any time
     */
    public ReadRequests(TableRegistry tables, int maxLimit, Duration maxStaleness) {
        this.tables = tables;
        this.maxLimit = maxLimit;
        this.maxStaleness = maxStaleness;
    }

    /**
     * What is asked for.
     *
     * @throws ProblemException if the request is not valid, or the table not served
     */
    public Read read(RequestLine request) {
        ServedTable table = RequestedTable.find(tables, request.table());
        ReadDemand demand = demand(table, request);
        if (request.keyed()) {
            QueryString.parse(request.query(), Set.of());
            return new RowRead(table, RequestedTable.key(table, request.rawKey()), demand, request.ifNoneMatch());
        }
        return rows(table, request, demand);
    }

    /**
     * The rows whose keys are in the body, a JSON array: for those whose keys do not fit a URL. A key of several columns is
     * an array itself.
     *
     * @throws ProblemException if the request is not valid, or the table not served
     */
    public Read keys(RequestLine request, Message message) {
        ServedTable table = RequestedTable.find(tables, request.table());
        QueryString.parse(request.query(), Set.of());
        String wanted = "a JSON array of keys";
        JsonNode body = JsonBody.of(message, wanted).node();
        if (!body.isArray() || body.isEmpty()) {
            throw new ProblemException(Problem.of(400, "The body must be " + wanted));
        }
        List<RowKey> keys = new ArrayList<>(body.size());
        body.forEach(key -> keys.add(RequestedTable.key(table, key)));
        return new KeysRead(table, bounded("key", keys.stream().distinct().toList()), demand(table, request));
    }

    private Read rows(ServedTable table, RequestLine request, ReadDemand demand) {
        String keyName = table.keyNames();
        Set<String> known = new LinkedHashSet<>(List.of("limit", "after", "key"));
        known.addAll(table.file().lists());
        // A key that is called like another parameter is given as key.
        boolean named = known.add(keyName);
        Map<String, String> query = QueryString.parse(request.query(), known);
        List<RowKey> keys = keys(table, named && query.containsKey(keyName) ? keyName : "key", query);
        List<String> columns =
                table.file().lists().stream().filter(query::containsKey).toList();
        if (columns.size() > 1 || !keys.isEmpty() && query.size() > 1) {
            throw new ProblemException(Problem.of(
                    400,
                    "Rows are read by their keys, by one column or in pages: give one of " + String.join(", ", known)));
        }
        if (!keys.isEmpty()) {
            return new KeysRead(table, keys, demand);
        }
        String column = columns.isEmpty() ? null : columns.get(0);
        String after = query.get("after");
        PageSpec page = new PageSpec(
                table,
                request.path(),
                limit(query.get("limit")),
                maxLimit,
                after == null ? null : RequestedTable.key(table, after),
                column,
                column == null ? null : RequestedTable.value(table.listColumn(column), query.get(column)));
        return column == null ? new PageRead(page, demand) : new ListRead(page, demand, request.ifNoneMatch());
    }

    /** Keys with commas between, or with semicolons where a key has several columns. */
    private List<RowKey> keys(ServedTable table, String parameter, Map<String, String> query) {
        String raw = query.get(parameter);
        if (raw == null) {
            return List.of();
        }
        return bounded(
                parameter,
                Arrays.stream(raw.split(table.key().size() == 1 ? "," : ";", -1))
                        .map(key -> RequestedTable.key(table, key))
                        .distinct()
                        .toList());
    }

    private List<RowKey> bounded(String parameter, List<RowKey> keys) {
        if (keys.size() > maxLimit) {
            throw new ProblemException(Problem.ofField(400, parameter, "names more than " + maxLimit + " rows"));
        }
        return keys;
    }

    private int limit(String limit) {
        if (limit == null) {
            return maxLimit;
        }
        if (!limit.matches("[1-9][0-9]{0,8}") || Integer.parseInt(limit) > maxLimit) {
            throw new ProblemException(Problem.ofField(400, "limit", "must be a number from 1 to " + maxLimit));
        }
        return Integer.parseInt(limit);
    }

    private ReadDemand demand(ServedTable table, RequestLine request) {
        return new ReadDemand(
                token(request.token()),
                StalenessBound.of(table.file(), maxStaleness, request.cacheControl()),
                Preferences.of(request.prefer()).freshAsOf());
    }

    private static WritePoint token(String token) {
        try {
            return token == null ? null : WritePoint.parse(token);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    Problem.ofField(400, RequestLine.TOKEN, "must be a token that a write returned"));
        }
    }
}
