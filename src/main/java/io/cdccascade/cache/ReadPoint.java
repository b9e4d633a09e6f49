package io.cdccascade.cache;

/**
 * What a statement on the primary read: the state that its snapshot shows, in the log that was there.
 *
 * <p>The snapshot alone would not do. After a crash PostgreSQL gives xids again that had not reached the flushed log,
 * so a snapshot from before the crash seems to see a transaction from after it. A position of the log that was flushed
 * is never given again on its timeline: recovery keeps what was flushed, and even where that ends within a record, goes
 * on behind it ({@code missingContrecPtr} in PostgreSQL's {@code xlog.c}).
 *
 * @param history  the {@link History} that the primary was in, or {@link History#UNKNOWN}
 * @param snapshot the statement's snapshot
 * @param lsn      the end of the flushed log ({@code pg_current_wal_flush_lsn()}) as the same statement saw it, which
 *                 is after it took its snapshot; in bytes from 0/0, at most 2<sup>53</sup>
 */
public record ReadPoint(String history, Snapshot snapshot, long lsn) {

    /** @throws IllegalArgumentException if the position is out of range */
    public ReadPoint {
        WritePoint.checkLsn(lsn);
    }

    /** Of an unknown history. */
    public ReadPoint(Snapshot snapshot, long lsn) {
        this(History.UNKNOWN, snapshot, lsn);
    }

    /**
     * Whether this read includes a change of the same history. Never true for one that it does not include. False for one
     * that it does only while that one's commit is visible but not yet flushed, as {@code synchronous_commit = off} allows.
     */
    public boolean sees(WritePoint change) {
        return change.lsn() < lsn && snapshot.sees(Xid.widen(change.xid(), snapshot.xmax()));
    }

    /**
     * Whether this read includes a write that a token names. A token has all bits of its xid: one that somebody made up
     * must not be taken for an xid that comes in a later round of the 32 bits.
     */
    boolean honours(WritePoint token) {
        return History.comparable(history, token.history()) && token.lsn() < lsn && snapshot.sees(token.xid());
    }

    /** Whether the primary had given out this token's xid and written its position, both in this history. */
    boolean reaches(WritePoint token) {
        return History.comparable(history, token.history()) && token.lsn() < lsn && token.xid() < snapshot.xmax();
    }
}
