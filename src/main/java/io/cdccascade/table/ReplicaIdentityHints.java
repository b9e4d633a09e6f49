package io.cdccascade.table;

import java.util.ArrayList;
import java.util.List;

/** What a file loses because change events carry too few old values. */
final class ReplicaIdentityHints {

    private ReplicaIdentityHints() {}

    /** For each rule whose old values the replica identity hides, the statement that shows them. */
    static List<String> of(ServedTable served) {
        List<String> hints = new ArrayList<>();
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

    private static String hint(Table table, String rule) {
        return rule + " needs ALTER TABLE " + table.tableName().quoted() + " REPLICA IDENTITY FULL; without it each "
                + "update and delete there drops all that the rule covers";
    }
}
