package io.cdccascade.cache;

import java.util.List;

/**
 * A version of a row, as far as rows that were read at different moments can be compared by it: two of them may show half a
 * transaction, which the literature calls fractured reads (Bailis et al., <i>Scalable Atomic Visibility with RAMP
 * Transactions</i>, SIGMOD 2014).
 *
 * <p>The rule: a row shows a transaction that another row does not show only if its writer's xid is not below the {@code xmin}
 * of the other's snapshot. Let T have written both rows, and the other's snapshot not see T. Then T's xid is not below that
 * {@code xmin}. T's row shows T, so it was written by T, perhaps in a subtransaction, whose xid is higher than T's; or by one
 * that waited for T's row lock, so that was not over either when the snapshot was taken. Whether a snapshot sees a
 * subtransaction cannot be told from its xid, so only the {@code xmin} counts and not what lies above it. For a row
 * that is not there, or is made of several, nobody knows the writer; it is below the {@code xmax} of the row's own snapshot.
 * {@code model/batch.pml} checks the rule.
 *
 * @param history  where it was read, or {@link History#UNKNOWN}
 * @param snapshot the text of the snapshot that it was read under
 * @param xmin     that snapshot's
 * @param newest   the highest 64-bit xid that may have written it
 */
public record RowVersion(String history, String snapshot, long xmin, long newest) {

    /** A writer that is not known: that of a row that does not exist, or is made of several. */
    public static final long UNKNOWN = 0;

    private static final long FIRST_XID = 3;

    /**
     * @param snapshot the text of the snapshot that the row was read under
     * @param writer   the 64-bit xid of the transaction, or subtransaction, that wrote this version of the row; or
     *                 {@link #UNKNOWN}
     */
    public static RowVersion of(String history, String snapshot, long writer) {
        int colon = snapshot.indexOf(':');
        long xmin = Long.parseLong(snapshot, 0, colon, 10);
        long xmax = Long.parseLong(snapshot, colon + 1, snapshot.indexOf(':', colon + 1), 10);
        return new RowVersion(history, snapshot, xmin, writer == UNKNOWN ? xmax - 1 : writer);
    }

    /**
     * The 64-bit xid of a row's writer.
     *
     * @param xmin 32 bits: the row's system column {@code xmin}
     * @param seen the snapshot that the row was read under, so which sees its writer
     */
    public static long writer(long xmin, Snapshot seen) {
        if (xmin < FIRST_XID) {
            return xmin;
        }
        long round = 1L << 32;
        long writer = seen.xmax() - seen.xmax() % round + xmin;
        return writer < seen.xmax() ? writer : writer - round;
    }

    /** Whether some of these rows may show a transaction that others of them do not. False means that none does. */
    public static boolean fractured(List<RowVersion> rows) {
        RowVersion lowest = null;
        RowVersion second = null;
        for (RowVersion row : rows) {
            if (lowest != null && !row.history.equals(lowest.history)) {
                return true;
            }
            if (lowest == null || row.xmin < lowest.xmin) {
                second = lowest;
                lowest = row;
            } else if (!row.snapshot.equals(lowest.snapshot) && (second == null || row.xmin < second.xmin)) {
                second = row;
            }
        }
        for (RowVersion row : rows) {
            RowVersion other = row.snapshot.equals(lowest.snapshot) ? second : lowest;
            if (other != null && row.newest >= other.xmin) {
                return true;
            }
        }
        return false;
    }
}
