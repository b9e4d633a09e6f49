package io.cdccascade.cache;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a PostgreSQL snapshot saw, as {@code pg_current_snapshot()} reports it.
 *
 * @param xmin the lowest 64-bit xid that was still in progress; all below it are visible or rolled back
 * @param xmax one past the highest completed 64-bit xid; from it on nothing is visible
 * @param xip  the xids in progress from xmin (inclusive) to xmax (exclusive), ascending
 * @see <a href="https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT">PostgreSQL:
 *      Transaction ID and Snapshot Information Functions</a>
 */
public record Snapshot(long xmin, long xmax, List<Long> xip) {

    private static final Pattern TEXT = Pattern.compile("[1-9]\\d{0,18}:[1-9]\\d{0,18}:(\\d{1,19}(,\\d{1,19})*)?");

    /** @throws IllegalArgumentException if PostgreSQL could not have made this snapshot */
    public Snapshot {
        xip = List.copyOf(xip);
        long below = xmin - 1;
        for (long xid : xip) {
            if (xid <= below || xid >= xmax) {
                throw new IllegalArgumentException("xids in progress are ascending, from xmin to below xmax");
            }
            below = xid;
        }
        if (xmin < 1 || xmin > xmax) {
            throw new IllegalArgumentException("xmin is at least 1 and at most xmax");
        }
    }

    /**
     * Reads PostgreSQL's text form {@code xmin:xmax:xip,xip…}.
     *
     * @throws IllegalArgumentException if the text is not that of a snapshot
     */
    public static Snapshot parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("not a snapshot: " + text);
        }
        String[] parts = text.split(":", -1);
        List<Long> xip = parts[2].isEmpty()
                ? List.of()
                : Arrays.stream(parts[2].split(",")).map(Long::valueOf).toList();
        return new Snapshot(Long.parseLong(parts[0]), Long.parseLong(parts[1]), xip);
    }

    /** Whether the effects of this 64-bit xid, if it committed, were visible: {@code pg_visible_in_snapshot}. */
    public boolean sees(long xid) {
        return xid < xmin || xid < xmax && !xip.contains(xid);
    }

    /** PostgreSQL's text form. */
    @Override
    public String toString() {
        return xmin + ":" + xmax + ":" + xip.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
