package io.cdccascade.http;

import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which page of a table, or of the rows with a value in a column, is asked for.
 *
 * @param table  the table
 * @param path   the request's path, for the link to the next page
 * @param limit  how many rows at the most
 * @param longest how many rows a list may have to be cached
 * @param after  the key after which the page starts, or null for the first page
 * @param column the column that has to have the value, or null
 * @param value  that value, or null
 */
record PageSpec(ServedTable table, String path, int limit, int longest, RowKey after, String column, RowKey value) {

    /** The statement that reads the page, and one row more, which shows whether there is a next page. */
    String sql() {
        return table.statements().page(after != null, column, limit + 1);
    }

    /** The statement that loads the whole list that the page is cut from. */
    String listSql() {
        return table.statements().loadList(column, longest);
    }

    /** The page statement's parameters, some of them null. */
    List<String> parameters() {
        return Arrays.asList(after == null ? null : after.json(), value == null ? null : value.json());
    }

    /**
     * The header Link to the next page, as of <a href="https://www.rfc-editor.org/rfc/rfc8288">RFC 8288</a>.
     *
     * @param last the last row's key
     */
    String next(RowKey last) {
        String filter = column == null ? "" : encode(column) + "=" + encode(value.text()) + "&";
        return "<" + path + "?" + filter + "limit=" + limit + "&after="
                + last.values().stream().map(PageSpec::encode).collect(Collectors.joining(",")) + ">; rel=\"next\"";
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
