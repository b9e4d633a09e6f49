package io.cdccascade.table;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which columns of a view are a table's columns, passed through unchanged.
 *
 * <p>A column is passed through if the view's query, and that of each view below it, names the column itself: no
 * expression, cast or collation, no subquery or CTE between. The query must neither combine rows (DISTINCT, GROUP BY,
 * aggregates, window functions, LIMIT, UNION), nor read the table twice: one row of the table could then change what is
 * read under another one's key. What is not proven this way counts as computed.
 *
 * <p>PostgreSQL keeps a view's query as the text of its parse tree ({@code pg_rewrite.ev_action}, see <a
 * href="https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/nodes/parsenodes.h">parsenodes.h</a>).
 */
final class ViewQueries {

    private static final Set<String> COMBINING = Set.of(
            "groupClause",
            "groupingSets",
            "havingQual",
            "windowClause",
            "distinctClause",
            "limitOffset",
            "limitCount",
            "setOperations");
    /** Since version 16, and before. */
    private static final Set<String> RANGE_TABLE_ENTRY = Set.of("RANGETBLENTRY", "RTE");

    private static final String RELATION = "0";
    private static final String JOIN = "2";

    private final Map<Long, Node> queries = new HashMap<>();

    /** @param actions the {@code ev_action} of each view, by the view's oid */
    ViewQueries(Map<Long, String> actions) {
        actions.forEach((view, action) -> queries.put(view, Node.parse(action)));
    }

    /**
     * The table's column that a column shows, as {@code oid.attnum}; of a table's column that is itself.
     *
     * @return empty where the column is computed, or not proven to be passed through
     */
    Optional<String> origin(long relation, int column) {
        return find(relation, column)
                .filter(origin -> readings(relation, origin.relation()) == 1)
                .map(origin -> origin.relation() + "." + origin.column());
    }

    private record Origin(long relation, int column) {}

    private Optional<Origin> find(long relation, int column) {
        Node query = queries.get(relation);
        if (query == null) {
            return Optional.of(new Origin(relation, column));
        }
        if (COMBINING.stream().anyMatch(clause -> !query.text(clause).equals("<>"))
                || !query.text("hasAggs").equals("false")
                || !query.text("hasWindowFuncs").equals("false")) {
            return Optional.empty();
        }
        return query.items("targetList").stream()
                .filter(target -> target.text("resno").equals(String.valueOf(column)))
                .findFirst()
                .flatMap(target -> variable(query, target.node("expr")));
    }

    private Optional<Origin> variable(Node query, Node expression) {
        if (expression == null
                || !expression.name.equals("VAR")
                || !expression.text("varlevelsup").equals("0")) {
            return Optional.empty();
        }
        int place = Integer.parseInt(expression.text("varno"));
        int column = Integer.parseInt(expression.text("varattno"));
        List<Node> read = query.items("rtable");
        if (place < 1 || place > read.size() || column < 1) {
            return Optional.empty();
        }
        Node from = read.get(place - 1);
        return switch (from.text("rtekind")) {
            case RELATION -> find(Long.parseLong(from.text("relid")), column);
            case JOIN -> {
                List<Node> merged = from.items("joinaliasvars");
                yield column > merged.size() ? Optional.empty() : variable(query, merged.get(column - 1));
            }
            default -> Optional.empty();
        };
    }

    /** How many times a relation reads a table, its subqueries and the views below included. */
    private long readings(long relation, long table) {
        if (relation == table) {
            return 1;
        }
        Node query = queries.get(relation);
        return query == null
                ? 0
                : query.all(RANGE_TABLE_ENTRY).stream()
                        .filter(from -> from.text("rtekind").equals(RELATION))
                        .mapToLong(from -> Long.parseLong(from.text("relid")))
                        // Before version 16, a view's query lists the view itself.
                        .filter(read -> read != relation)
                        .map(read -> readings(read, table))
                        .sum();
    }

    /** A node of the tree, <code>{NAME :field value …}</code>, or a list of nodes, which has no name. */
    private static final class Node {

        private final String name;
        private final Map<String, List<Object>> fields = new HashMap<>();
        private final List<Object> list = new ArrayList<>();

        private Node(String name) {
            this.name = name;
        }

        private static Node parse(String text) {
            Node root = new Tokens(text).list();
            return ((Node) root.list.get(0)).children().get(0);
        }

        private List<Node> children() {
            return name.isEmpty()
                    ? list.stream()
                            .filter(Node.class::isInstance)
                            .map(Node.class::cast)
                            .toList()
                    : List.of(this);
        }

        private String text(String field) {
            List<Object> values = fields.getOrDefault(field, List.of());
            return values.size() == 1 && values.get(0) instanceof String text ? text : "";
        }

        private Node node(String field) {
            List<Object> values = fields.getOrDefault(field, List.of());
            return values.size() == 1 && values.get(0) instanceof Node node ? node : null;
        }

        private List<Node> items(String field) {
            Node node = node(field);
            return node == null ? List.of() : node.children();
        }

        private List<Node> all(Set<String> wanted) {
            List<Node> found = new ArrayList<>();
            if (wanted.contains(name)) {
                found.add(this);
            }
            fields.values().forEach(values -> collect(values, wanted, found));
            collect(list, wanted, found);
            return found;
        }

        private static void collect(List<Object> values, Set<String> wanted, List<Node> found) {
            values.forEach(value -> {
                if (value instanceof Node node) {
                    found.addAll(node.all(wanted));
                }
            });
        }
    }

    private static final class Tokens {

        private final String text;
        private int at;

        private Tokens(String text) {
            this.text = text;
        }

        private Node list() {
            Node list = new Node("");
            for (String token = next(); !token.isEmpty() && !token.equals(")"); token = next()) {
                list.list.add(value(token));
            }
            return list;
        }

        private Object value(String token) {
            return switch (token) {
                case "(" -> list();
                case "{" -> node();
                default -> token;
            };
        }

        private Node node() {
            Node node = new Node(next());
            List<Object> values = new ArrayList<>();
            for (String token = next(); !token.isEmpty() && !token.equals("}"); token = next()) {
                if (token.startsWith(":")) {
                    values = new ArrayList<>();
                    node.fields.put(token.substring(1), values);
                } else {
                    values.add(value(token));
                }
            }
            return node;
        }

        /** As {@code pg_strtok} does: blanks and brackets end a token, unless a backslash precedes them. */
        private String next() {
            while (at < text.length() && text.charAt(at) <= ' ') {
                at++;
            }
            int from = at;
            while (at < text.length() && text.charAt(at) > ' ' && "(){}".indexOf(text.charAt(at)) < 0) {
                at += text.charAt(at) == '\\' ? 2 : 1;
            }
            if (at == from && at < text.length()) {
                at++;
            }
            return text.substring(from, Math.min(at, text.length()));
        }
    }
}
