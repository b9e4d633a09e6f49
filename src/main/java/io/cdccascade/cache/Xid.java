package io.cdccascade.cache;

/**
 * PostgreSQL transaction ids. A <em>32-bit xid</em> is what change events carry ({@code source.txId}): unsigned, and
 * starting again from the beginning after 2<sup>32</sup> transactions. A <em>64-bit xid</em> ({@code xid8}) is what
 * snapshots and {@code pg_current_xact_id()} carry and never repeats.
 */
public final class Xid {

    private static final long MODULUS = 1L << 32;

    private Xid() {}

    /**
     * The 64-bit xid with the low 32 bits of {@code xid} that is nearest to {@code near}: PostgreSQL keeps all xids it
     * can still meet within 2<sup>31</sup> of each other. Never negative.
     *
     * @param xid  a 32-bit or 64-bit xid; only its low 32 bits count
     * @param near a 64-bit xid known to be less than 2<sup>31</sup> transactions away
     */
    public static long widen(long xid, long near) {
        long wide = near + (int) (xid - near);
        return wide < 0 ? wide + MODULUS : wide;
    }

    /** The low 32 bits of a 32-bit or 64-bit xid, as change events carry them: 0 to 2<sup>32</sup> - 1. */
    public static long narrow(long xid) {
        return xid & (MODULUS - 1);
    }

    /**
     * Reads a 64-bit xid as PostgreSQL prints it.
     *
     * @throws IllegalArgumentException if the text is not a decimal number from 1 to 2<sup>53</sup> (what Redis's
     *                                  scripts count exactly, two million times more than one wraparound)
     */
    public static long parse(String text) {
        if (!text.matches("[1-9][0-9]{0,15}") || Long.parseLong(text) > 1L << 53) {
            throw new IllegalArgumentException("not a transaction id");
        }
        return Long.parseLong(text);
    }
}
