package io.cdccascade.cache;

/** What a {@link Fence} did to the entry under its key. */
public enum Verdict {
    /** The entry already saw the transaction and stays. */
    KEPT,
    /** The entry was older than the transaction and is gone. */
    DROPPED,
    /** There was no entry; fills that do not see the transaction are refused. */
    FENCED,
    /** There was no entry, and the transaction is over: whoever loads from here on sees it, so nothing is remembered of it. */
    SETTLED
}
