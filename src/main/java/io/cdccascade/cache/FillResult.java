package io.cdccascade.cache;

/** The result of a fill. Except for {@link #STORED} the row that was read is good for its reader, but not cached. */
public enum FillResult {
    /** The entry is in the cache. */
    STORED,
    /** The lease has expired, was released, used up or evicted. */
    LOST,
    /** The table was forgotten, or Redis lost its memory, after the lease was taken. */
    FORGOTTEN,
    /** The row was read in another {@link History} than the table's entries: either PostgreSQL's has just changed, or one. */
    HISTORY,
    /** A transaction whose fence Redis may have lost was still in progress when the row was read. */
    FLOOR,
    /** A transaction that changed the row was not yet visible, or not yet flushed, when the row was read. */
    FENCED,
    /** Changes are captured from another server than the row was read from, as far as this process knows. */
    UNTRUSTED,
    /** Redis did not answer in time, or is out of memory; the row may be stored all the same. */
    UNREACHABLE
}
