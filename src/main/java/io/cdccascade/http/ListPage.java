package io.cdccascade.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.cdccascade.table.Column;
import io.cdccascade.table.InvalidKeyException;
import io.cdccascade.table.RowKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A page of a list that is cached as a whole.
 *
 * @param rows the rows, each as the very text that it has in the list
 * @param last the last one's key when more follow, else null
 */
public record ListPage(List<String> rows, RowKey last) {

    // What PostgreSQL made is not to be doubted: its numerics and documents go beyond Jackson's limits for strangers'.
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    public ListPage {
        rows = List.copyOf(rows);
    }

    /**
     * Cuts a page.
     *
     * @param request which page
     * @param list    a JSON array of rows in key order, or null when the list is too long to be cached
     * @return null when the list is too long, or when the row after which the page starts is not in it (any more)
     */
    static ListPage cut(PageRequest request, String list) {
        if (list == null) {
            return null;
        }
        List<Row> rows;
        try {
            rows = rows(list, request.table().key());
        } catch (InvalidKeyException e) {
            // A key that no path can name, such as a date before Christ.
            return null;
        }
        int start = 0;
        if (request.after() != null) {
            start = rows.stream().map(Row::key).toList().indexOf(request.after()) + 1;
            if (start == 0) {
                return null;
            }
        }
        int end = Math.min(rows.size(), start + request.limit());
        return new ListPage(
                rows.subList(start, end).stream().map(Row::text).toList(),
                end < rows.size() ? rows.get(end - 1).key() : null);
    }

    private record Row(String text, RowKey key) {}

    private static List<Row> rows(String list, List<Column> key) {
        List<String> names = key.stream().map(Column::name).toList();
        List<Row> rows = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(list)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                int start = (int) parser.currentTokenLocation().getCharOffset();
                String[] values = new String[names.size()];
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    int place = names.indexOf(parser.currentName());
                    parser.nextToken();
                    if (place >= 0) {
                        values[place] = parser.getText();
                    }
                    parser.skipChildren();
                }
                int end = (int) parser.currentTokenLocation().getCharOffset() + 1;
                rows.add(new Row(list.substring(start, end), RowKey.of(key, Arrays.asList(values))));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return rows;
    }
}
