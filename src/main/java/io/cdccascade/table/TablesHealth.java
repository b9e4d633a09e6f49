package io.cdccascade.table;

import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Shows what is wrong with which table's file. Neither readiness nor liveness: the other tables are served. */
public final class TablesHealth extends AbstractHealthCheck {

    private final Tables tables;

    public TablesHealth(Tables tables) {
        super("cdc-cascade", "tables");
        this.tables = tables;
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
        Map<String, String> mistakes = new TreeMap<>(tables.mistakes());
        tables.served()
                .forEach(table -> builder.detail(
                        "table." + table.file().path(),
                        table.table().tableName().id()));
        new TreeMap<>(tables.hints()).forEach((place, hint) -> builder.detail("hint." + place, hint));
        mistakes.forEach((place, mistake) -> builder.detail("mistake." + place, mistake));
        if (mistakes.isEmpty()) {
            builder.up();
        } else {
            builder.down()
                    .message(String.join(
                            "; ",
                            mistakes.entrySet().stream()
                                    .map(mistake -> mistake.getKey() + ": " + mistake.getValue())
                                    .toList()));
        }
    }
}
