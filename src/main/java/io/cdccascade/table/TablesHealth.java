package io.cdccascade.table;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Reports which tables are served and what is wrong with which table file. Part of neither readiness nor liveness,
 * because the other tables are served. Details: {@code table.<path>}, {@code hint.<file>}, {@code problem.<file>}.
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
    public boolean isReadiness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        follower.current()
                .served()
                .forEach(table -> builder.detail(
                        "table." + table.file().path(),
                        table.table().tableName().id()));
        TableFileReport report = follower.report();
        Map<String, String> problems = new TreeMap<>(report.problems());
        new TreeMap<>(report.hints()).forEach((place, hint) -> builder.detail("hint." + place, hint));
        problems.forEach((place, problem) -> builder.detail("problem." + place, problem));
        if (problems.isEmpty()) {
            builder.up();
        } else {
            builder.down()
                    .message(problems.entrySet().stream()
                            .map(problem -> problem.getKey() + ": " + problem.getValue())
                            .collect(Collectors.joining("; ")));
        }
    }
}
