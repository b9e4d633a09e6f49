package io.cdccascade.table;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A rule of derived keys: a change of a row in one table changes what is read under a key of another.
 *
 * @param source  the table whose changes count
 * @param columns its columns that hold the other table's key, in the order of that key; empty if a change there
 *                changes every row of the other table
 */
public record Dependency(TableName source, List<String> columns) {

    public Dependency {
        columns = List.copyOf(columns);
    }

    /**
     * Reads {@code order_items(order_id), shipments(order_id), currencies()}.
     *
     * @throws IllegalArgumentException if the text is not a list of tables with columns
     */
    static List<Dependency> parse(String text) {
        List<Dependency> rules = new ArrayList<>();
        String rest = text.strip();
        while (!rest.isEmpty()) {
            int open = find(rest, '(', 0);
            int close = find(rest, ')', Math.max(0, open));
            if (open < 1 || close < 0) {
                throw new IllegalArgumentException("dependsOn must be table(column), table(column), …, but is " + text);
            }
            String columns = rest.substring(open + 1, close);
            rules.add(new Dependency(
                    TableName.parse(rest.substring(0, open).strip()),
                    columns.isBlank() ? List.of() : TableName.Names.split(columns, ',')));
            rest = rest.substring(close + 1).strip();
            if (rest.startsWith(",")) {
                rest = rest.substring(1).strip();
            } else if (!rest.isEmpty()) {
                throw new IllegalArgumentException("dependsOn must be table(column), table(column), …, but is " + text);
            }
        }
        return rules;
    }

    /** The place of the first such character outside of quotes, or -1. */
    private static int find(String text, char wanted, int from) {
        boolean quoted = false;
        for (int i = from; i < text.length(); i++) {
            quoted ^= text.charAt(i) == '"';
            if (!quoted && text.charAt(i) == wanted) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public String toString() {
        return source.id() + "(" + columns.stream().map(TableName.Names::show).collect(Collectors.joining(", ")) + ")";
    }
}
