package io.cdccascade.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A request for several rows: those with certain keys, or a page of those with a value in a column, or of all.
 *
 * @param table  the table
 * @param path   the request's path, for the link to the next page
 * @param limit  how many rows at the most
 * @param longest how many rows a list may have to be cached
 * @param after  the key after which the page starts, or null for the first page
 * @param column the column that has to have the value, or null
 * @param value  that value, or null
 * @param keys   the keys of the rows, or none
 * @param token  a write of the caller's own that the answer has to include, or null
 */
public record PageRequest(
        ServedTable table,
        String path,
        int limit,
        int longest,
        RowKey after,
        String column,
        RowKey value,
        List<RowKey> keys,
        WritePoint token) {

    public PageRequest {
        keys = List.copyOf(keys);
    }

    /** Whether certain rows are asked for, by their keys. */
    public boolean byKeys() {
        return !keys.isEmpty();
    }

    /** Whether the rows with a value in a column are asked for, a list that is cached. */
    public boolean byValue() {
        return column != null;
    }

    /** The list that the page is cut from. */
    public ReadRequest wholeList() {
        return new ReadRequest(
                table,
                new CacheKey(table.listName(column), value.text()),
                table.statements().loadList(column, longest),
                List.of(value.json()),
                token,
                null);
    }

    /** The statement that reads the page, and one row more, which tells whether there is a next page. */
    public String sql() {
        return table.statements().page(after != null, column, limit + 1);
    }

    /** The statement's parameters. */
    public List<String> parameters() {
        return Arrays.asList(after == null ? null : after.json(), value == null ? null : value.json());
    }

    /** The rows' keys in the cache. */
    List<CacheKey> cacheKeys() {
        return keys.stream().map(key -> new CacheKey(table.name(), key.text())).toList();
    }

    /** The statement that loads the rows that the look-ups did not find. */
    public String missingSql() {
        return table.statements().loadAll();
    }

    /** That statement's parameters. */
    public List<String> missingParameters(List<Lookup> lookups) {
        ArrayNode wanted = JsonNodeFactory.instance.arrayNode();
        IntStream.range(0, keys.size())
                .filter(i -> !(lookups.get(i) instanceof Lookup.Hit))
                .forEach(i -> {
                    ArrayNode key = wanted.addArray();
                    keys.get(i).values().forEach(key::add);
                });
        return List.of(wanted.toString());
    }
}
