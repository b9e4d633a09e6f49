package io.cdccascade.cache;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which transaction made a change, and where in the write-ahead log it was then. As text it is a caller's token.
 *
 * @param history the {@link History} in which it was made, or {@link History#UNKNOWN}: events do not say it
 * @param xid the top-level transaction's xid, 32-bit or 64-bit; of an event's only the low 32 bits count
 * @param lsn a position of the log that lies after the transaction's begin and before its commit record, in bytes from
 *            0/0: that of the change's own record, or of the log's end when the change had been made
 */
public record WritePoint(String history, long xid, long lsn) {

    // What Redis's scripts count exactly.
    private static final long MAX = 1L << 53;
    private static final Pattern TEXT =
            Pattern.compile("([1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})(?:-(" + History.PATTERN + "))?");

    /** @throws IllegalArgumentException if a number is negative or above 2<sup>53</sup> */
    public WritePoint {
        if (xid < 0 || xid > MAX) {
            throw new IllegalArgumentException("not a transaction id");
        }
        checkLsn(lsn);
    }

    /** Of an unknown history. */
    public WritePoint(long xid, long lsn) {
        this(History.UNKNOWN, xid, lsn);
    }

    /**
     * Reads {@code xid-lsn-history}, the first two decimal. An earlier version of this project gave tokens without a
     * history.
     *
     * @throws IllegalArgumentException if the text is none
     */
    public static WritePoint parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not a write point");
        }
        return new WritePoint(
                parts.group(3) == null ? History.UNKNOWN : parts.group(3),
                Long.parseLong(parts.group(1)),
                Long.parseLong(parts.group(2)));
    }

    static void checkLsn(long lsn) {
        if (lsn < 0 || lsn > MAX) {
            throw new IllegalArgumentException("not a position of the write-ahead log");
        }
    }

    /** The form that {@link #parse} reads. */
    @Override
    public String toString() {
        return xid + "-" + lsn + (history.isEmpty() ? "" : "-" + history);
    }
}
