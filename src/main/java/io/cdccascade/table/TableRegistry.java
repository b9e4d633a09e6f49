package io.cdccascade.table;

import java.util.Collection;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the other packages ask about tables. Each answer is about the moment of the call; {@link #now} gives several
 * answers about one moment. If files and catalog have not been read yet, the first call reads them, so that no change
 * event is taken for one of an unknown table.
 *
 * <p>Safe for use by many threads.
 */
public final class TableRegistry {

    private final TableFollower follower;

    public TableRegistry(TableFollower follower) {
        this.follower = follower;
    }

    /** The table that is served under this path segment. */
    public Optional<ServedTable> at(String path) {
        return now().at(path);
    }

    /** Whether a file claims this path segment, but its table cannot be served now. */
    public boolean unserved(String path) {
        return now().unserved(path);
    }

    /** The tables that are served, in the order of their paths. */
    public Collection<ServedTable> served() {
        return now().served();
    }

    /** All tables at this moment. */
    public ServedTables now() {
        return follower.current();
    }

    /** All tables as they were found last, none before they were read for the first time. Never reads them itself. */
    public ServedTables known() {
        return follower.known();
    }

    /**
     * The tables whose changes have to be captured, as a connector's list of tables takes them: regular expressions,
     * separated by commas.
     *
     * @throws IllegalStateException if PostgreSQL could not be asked yet
     */
    public String captured() {
        ServedTables now = now();
        if (!follower.hasReadCatalog()) {
            throw new IllegalStateException(
                    "Which tables there are is not known: " + follower.report().failure());
        }
        return now.files()
                .flatMap(file -> TableBuilder.changing(file).stream())
                .distinct()
                .sorted()
                .map(TableName::expression)
                .collect(Collectors.joining(","));
    }
}
