package io.cdccascade.capture;

import io.debezium.connector.postgresql.connection.PostgresConnection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * Marks in a database's data directory, by which a copy that is put back is told from the database itself.
 *
 * <p>Identifier, timeline and log positions do not tell them apart: a copy has the same, and its log may grow past any
 * position. A mark is random and made again and again; the offset names the last one. A database that lacks it is not
 * the one, or not in the state, that the offset came from.
 *
 * <p>A mark is a physical replication slot without a position: it keeps no log, is on disk when it has been made, needs
 * no more than the attribute {@code REPLICATION}, and changes neither tables nor settings. There are at most two.
 */
final class HistoryMarks {

    private static final int LONGEST_PREFIX = 45;
    /** SQLSTATE {@code configuration_limit_exceeded}. */
    private static final String NO_SLOT_LEFT = "53400";

    private final PostgresConnection database;
    private final String prefix;
    private final String expression;

    /**
     * @param database a connection to the captured database
     * @param slotName the capture's slot; only marks that belong to it are seen
     */
    HistoryMarks(PostgresConnection database, String slotName) {
        this.database = database;
        this.expression = expression(slotName);
        this.prefix = prefix(slotName);
    }

    private static String prefix(String slotName) {
        return slotName.substring(0, Math.min(slotName.length(), LONGEST_PREFIX)) + "_mark_";
    }

    /** A regular expression that matches the names of the marks that belong to a slot, and nothing else. */
    static String expression(String slotName) {
        // A slot's name has nothing but lower-case letters, digits and underscores.
        return "^" + prefix(slotName) + "[0-9a-f]{12}$";
    }

    /** Whether the database has the mark; null is none. */
    boolean has(String mark) throws SQLException {
        return mark != null && all().contains(mark);
    }

    /** Makes a new mark; it is on disk. */
    String make() throws SQLException {
        byte[] random = new byte[6];
        ThreadLocalRandom.current().nextBytes(random);
        String mark = prefix + HexFormat.of().formatHex(random);
        try {
            database.execute("SELECT pg_create_physical_replication_slot('" + mark + "')");
        } catch (SQLException e) {
            if (NO_SLOT_LEFT.equals(e.getSQLState())) {
                throw new ConnectException(
                        "PostgreSQL has no replication slot left. Capture needs " + CaptureSlot.NEEDED
                                + ": raise max_replication_slots",
                        e);
            }
            throw e;
        }
        return mark;
    }

    /** Drops every mark but one. */
    void dropAllBut(String mark) throws SQLException {
        for (String other : all()) {
            if (!other.equals(mark)) {
                database.execute("SELECT pg_drop_replication_slot('" + other + "')");
            }
        }
    }

    private List<String> all() throws SQLException {
        List<String> marks = new ArrayList<>();
        database.prepareQuery(
                "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'physical' AND slot_name ~ ?",
                statement -> statement.setString(1, expression),
                rows -> {
                    while (rows.next()) {
                        marks.add(rows.getString(1));
                    }
                });
        return marks;
    }
}
