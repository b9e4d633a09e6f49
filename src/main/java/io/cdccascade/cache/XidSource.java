package io.cdccascade.cache;

/** The primary's counter of transactions. */
public interface XidSource {

    /**
     * A 64-bit xid above every one that was assigned before this call, and its history.
     *
     * <p>A snapshot's xmax will not do: it is one past the highest <em>completed</em> xid, so a transaction whose
     * commit is already decodable but not yet visible can lie above it.
     *
     * @throws RuntimeException if the primary cannot be asked
     */
    Floor nextXid();

    /**
     * How far the primary has come: its present history, a snapshot, and the end of its log, flushed or not. It is beyond
     * every write whose statement has returned.
     *
     * @throws RuntimeException if the primary cannot be asked
     */
    ReadPoint position();
}
