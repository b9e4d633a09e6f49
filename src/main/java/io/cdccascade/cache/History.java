package io.cdccascade.cache;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names a history of a PostgreSQL: the system identifier, which {@code initdb} makes up, and the timeline, which every
 * promotion and every restore to a point in time make higher; both hexadecimal, with a full stop between. Xids and
 * positions in the log can be compared within one history only.
 *
 * <p>A data directory that is copied back without a recovery keeps the name of its history.
 */
public final class History {

    /** Where it is not known which history something belongs to. */
    public static final String UNKNOWN = "";

    /**
     * An SQL expression: the history that a primary is in; an error on a standby. The system identifier is a constant of a
     * connection, which {@link #SET_SYSTEM} spares reading from disk each time.
     */
    public static final String SQL = "coalesce(nullif(current_setting('cascade.system', true), ''),"
            + " (SELECT to_hex(system_identifier) FROM pg_control_system()))"
            + " || '.' || ltrim(substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), '0')";

    /** A statement for every new connection. */
    public static final String SET_SYSTEM =
            "SELECT set_config('cascade.system', to_hex(system_identifier), false) FROM pg_control_system()";

    /** What such a name looks like; a group for the system and one for the timeline. */
    static final String PATTERN = "([0-9a-f]{1,16})\\.([1-9A-F][0-9A-F]{0,7})";

    private static final Pattern NAME = Pattern.compile(PATTERN);

    private History() {}

    /** Whether the two are not known to be different. */
    static boolean comparable(String history, String other) {
        return history.isEmpty() || other.isEmpty() || history.equals(other);
    }

    /** Whether the two are of one system. */
    static boolean sameSystem(String history, String other) {
        return parts(history).group(1).equals(parts(other).group(1));
    }

    /** Whether a history of the same system began before the other. */
    static boolean earlier(String history, String other) {
        return sameSystem(history, other) && timeline(history) < timeline(other);
    }

    private static long timeline(String history) {
        return Long.parseLong(parts(history).group(2), 16);
    }

    private static Matcher parts(String history) {
        Matcher parts = NAME.matcher(history);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not the name of a history: " + history);
        }
        return parts;
    }
}
