package io.cdccascade.consistency;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What every row has been, in the order of commits, and whether what readers saw can have been. Triggers record it: a
 * trigger that fires after a row was written fires while the row is locked, so the order in which it draws numbers is
 * the order in which the row's transactions commit.
 */
final class History {

    /** Makes the table and its triggers. A row's value is its {@code libram}, which no two writes of a row share. */
    static final String[] TRIGGERS = {
        """
            CREATE TABLE history (
                seq   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                code  BIGINT,
                value TEXT,
                at    BIGINT NOT NULL DEFAULT extract(epoch FROM clock_timestamp()) * 1000000)
            """,
        """
            CREATE FUNCTION record_history() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'TRUNCATE' THEN
                    INSERT INTO history (code, value) VALUES (NULL, NULL);
                    RETURN NULL;
                END IF;
                IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.code <> NEW.code THEN
                    INSERT INTO history (code, value) VALUES (OLD.code, NULL);
                END IF;
                IF TG_OP <> 'DELETE' THEN
                    INSERT INTO history (code, value) VALUES (NEW.code, NEW.libram);
                END IF;
                RETURN NULL;
            END
            $$
            """,
        "CREATE TRIGGER history_of_rows AFTER INSERT OR UPDATE OR DELETE ON sinners"
                + " FOR EACH ROW EXECUTE FUNCTION record_history()",
        "CREATE TRIGGER history_of_table AFTER TRUNCATE ON sinners"
                + " FOR EACH STATEMENT EXECUTE FUNCTION record_history()"
    };

    /**
     * What a row became.
     *
     * @param seq   later states have higher ones
     * @param code  the row's key; null for every row
     * @param value the row's value, or null: there is no such row
     * @param at    a moment before it was visible, in microseconds since 1970
     */
    record State(long seq, Long code, String value, long at) {}

    /**
     * A write of a reader's own.
     *
     * @param token   what the API answered it with
     * @param value   the value written, or deleted
     * @param deleted whether it deleted the row
     */
    record Write(String token, String value, boolean deleted) {}

    /**
     * What a reader saw.
     *
     * @param code  the row's key
     * @param own   the write whose token the reader presented, or null
     * @param value the row's value, or null: there is no such row
     * @param at    a moment after it was seen, in microseconds since 1970
     */
    record Observation(long code, Write own, String value, long at) {}

    private final Map<Long, List<State>> states = new HashMap<>();
    private final List<State> truncates = new ArrayList<>();

    /** @param states in ascending order */
    History(List<State> states) {
        for (State state : states) {
            if (state.code() == null) {
                truncates.add(state);
                this.states.values().forEach(row -> row.add(state));
            } else {
                this.states
                        .computeIfAbsent(state.code(), code -> {
                            List<State> row = new ArrayList<>(List.of(new State(0, code, null, 0)));
                            row.addAll(truncates);
                            return row;
                        })
                        .add(state);
            }
        }
    }

    /** Reads what the triggers have recorded. */
    static History of(Connection connection) throws SQLException {
        List<State> states = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT seq, code, value, at FROM history ORDER BY seq")) {
            while (row.next()) {
                states.add(new State(row.getLong(1), row.getObject(2, Long.class), row.getString(3), row.getLong(4)));
            }
        }
        return new History(states);
    }

    /** How many states have been recorded. */
    int size() {
        return truncates.size() + states.values().stream().mapToInt(List::size).sum();
    }

    /** What is wrong about an observation: it was never committed, or is older than the reader's own write. */
    Optional<String> violation(Observation seen) {
        List<State> row = states.getOrDefault(seen.code(), List.of(new State(0, seen.code(), null, 0)));
        List<State> possible = row.stream()
                .filter(state -> Objects.equals(state.value(), seen.value()) && state.at() <= seen.at())
                .toList();
        if (possible.isEmpty()) {
            return Optional.of("never committed: " + seen);
        }
        if (seen.own() == null) {
            return Optional.empty();
        }
        long written = seqOf(row, seen.own());
        return possible.get(possible.size() - 1).seq() >= written
                ? Optional.empty()
                : Optional.of("older than the reader's own write " + written + ": " + seen);
    }

    private static long seqOf(List<State> row, Write write) {
        for (int i = 0; i < row.size(); i++) {
            if (write.value().equals(row.get(i).value())) {
                return row.get(write.deleted() ? i + 1 : i).seq();
            }
        }
        throw new IllegalArgumentException("not in the history: " + write);
    }
}
