package io.cdccascade.table;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Reports which tables are served and what is wrong with which table file. Down while anything is wrong; readiness only
 * if there are files and none of their tables is served, because one wrong file must not take the others' tables away.
 * Details: {@code table.<path>}, {@code hint.<file>}, {@code problem.<file>}.
 */
public final class TablesHealth extends AbstractHealthCheck {

    private final TableFollower follower;

    public TablesHealth(TableFollower follower) {
        super("cdc-cascade", "tables");
        this.follower = follower;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        Collection<ServedTable> served = follower.current().served();
        served.forEach(table -> builder.detail(
                "table." + table.file().path(), table.table().tableName().id()));
        TableFileReport report = follower.report();
        Map<String, String> problems = new TreeMap<>(report.problems());
        new TreeMap<>(report.hints()).forEach((place, hint) -> builder.detail("hint." + place, hint));
        problems.forEach((place, problem) -> builder.detail("problem." + place, problem));
        List<String> reasons = new ArrayList<>();
        if (report.failure() != null) {
            reasons.add("PostgreSQL cannot be asked about the tables: " + report.failure());
        }
        problems.forEach((place, problem) -> reasons.add(place + ": " + problem));
        boolean enough = options.get(CHECK_KIND) == Kind.READINESS && !served.isEmpty();
        if (reasons.isEmpty() || enough) {
            builder.up();
        } else {
            builder.down().message((served.isEmpty() ? "No table is served: " : "") + String.join("; ", reasons));
        }
    }
}
