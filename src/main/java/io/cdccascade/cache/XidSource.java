package io.cdccascade.cache;

/** The primary's counter of transactions. */
@FunctionalInterface
public interface XidSource {

    /**
     * A 64-bit xid above every one that was assigned before this call.
     *
     * <p>A snapshot's xmax will not do: it is one past the highest <em>completed</em> xid, so a transaction whose
     * commit is already decodable but not yet visible can lie above it.
     *
     * @throws RuntimeException if the primary cannot be asked
     */
    long nextXid();
}
