package io.cdccascade.api;

import io.cdccascade.table.Statements;
import io.cdccascade.table.Table;
import java.util.Collections;
import java.util.List;

/**
 * A request for a page of rows.
 *
 * @param table the table
 * @param path  the request's path, for the link to the next page
 * @param limit how many rows at the most
 * @param after the key after which the page starts, as a JSON array of texts, or null for the first page
 */
public record PageRequest(Table table, String path, int limit, String after) {

    /** The statement that reads the page, and one row more, which tells whether there is a next page. */
    public String sql() {
        return Statements.page(table, after != null, limit + 1);
    }

    /** The statement's parameters. */
    public List<String> parameters() {
        return Collections.singletonList(after);
    }
}
