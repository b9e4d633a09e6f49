package io.cdccascade.table;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is wrong with the table files, and what could be better.
 *
 * @param problems what is wrong, with the remedy, by file
 * @param hints    what works, but would be faster otherwise, by file
 * @param failure  why PostgreSQL did not say at the last look what the tables are; null if it did
 */
record TableFileReport(Map<String, String> problems, Map<String, String> hints, String failure) {

    private static final Logger LOG = LoggerFactory.getLogger(TableFileReport.class);

    TableFileReport {
        problems = Map.copyOf(problems);
        hints = Map.copyOf(hints);
    }

    /** The same report, when PostgreSQL could not be asked. */
    TableFileReport failed(String why) {
        return new TableFileReport(problems, hints, why);
    }

    /** Logs what differs from an earlier report. */
    void logChanges(TableFileReport before) {
        if (failure != null && !failure.equals(before.failure)) {
            LOG.warn("PostgreSQL cannot be asked about the tables, they stay as they were known: {}", failure);
        } else if (failure == null && before.failure != null) {
            LOG.info("PostgreSQL can be asked about the tables again");
        }
        problems.forEach((place, problem) -> {
            if (!problem.equals(before.problems.get(place))) {
                LOG.warn("{}: {}", place, problem);
            }
        });
        before.problems.keySet().stream()
                .filter(place -> !problems.containsKey(place))
                .forEach(place -> LOG.info("{}: fixed", place));
        hints.forEach((place, hint) -> {
            if (!hint.equals(before.hints.get(place))) {
                LOG.warn("{}: This works, but drops more entries than it has to: {}", place, hint);
            }
        });
    }
}
