package io.cdccascade.table;

import java.util.ArrayList;
import java.util.List;

/** What a file loses because change events carry too few old values, or not those that entries are named by. */
final class ReplicaIdentityHints {

    private ReplicaIdentityHints() {}

    /** For each rule whose old values the replica identity hides, the statement that shows them. */
    static List<String> of(ServedTable served) {
        List<String> hints = new ArrayList<>();
        served.computed().stream().sorted().forEach(column -> hints.add(computed(served, column)));
        served.file().lists().stream()
                .filter(column -> !served.table().identity().contains(column))
                .forEach(column -> hints.add(hint(served.table(), "lists by " + column)));
        for (Dependency dependency : served.file().dependsOn()) {
            Table source = served.sources().get(dependency.source());
            if (!source.identity().containsAll(dependency.columns())) {
                hints.add(hint(source, "dependsOn " + dependency));
            }
        }
        return hints;
    }

    private static String computed(ServedTable served, String column) {
        boolean key = served.key().stream().anyMatch(part -> part.name().equals(column));
        return "view " + served.file().view().id() + " does not certainly pass " + column + " through unchanged from "
                + served.table().tableName().id() + ", so each change there drops all "
                + (key ? "rows" : "lists by " + column) + ": select the column itself in a view that reads the table "
                + "once, without DISTINCT, GROUP BY, aggregates, window functions, LIMIT, UNION, or a subquery or CTE "
                + "around it";
    }

    private static String hint(Table table, String rule) {
        if (table.columnList().published() != null) {
            // Under FULL, PostgreSQL would refuse the updates of every program.
            return rule + ": each update and delete of " + table.tableName().id()
                    + " drops all that the rule covers, because events carry no old values under "
                    + "cascade.capture.content=keys";
        }
        if (table.generated() != null) {
            // Under FULL, PostgreSQL would refuse the updates of every program.
            return rule + ": each update and delete of " + table.tableName().id()
                    + " drops all that the rule covers, because "
                    + "events carry the old values of the key alone, and a table with a generated column must not have "
                    + "REPLICA IDENTITY FULL while it is published";
        }
        return rule + " needs " + statement(table)
                + "; without it each update and delete there drops all that the rule " + "covers";
    }

    /** PostgreSQL hands a table's replica identity on to none of its partitions, and to no new one. */
    private static String statement(Table table) {
        String name = table.tableName().quoted();
        return table.partitioned()
                ? "DO $$ DECLARE p regclass; BEGIN FOR p IN SELECT relid FROM pg_partition_tree('"
                        + name.replace("'", "''")
                        + "') LOOP EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', p); END LOOP; END $$, and the same "
                        + "again after each new partition"
                : "ALTER TABLE " + name + " REPLICA IDENTITY FULL";
    }
}
