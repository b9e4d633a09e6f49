package io.cdccascade.cache;

/**
 * A transaction that changed what is cached under a key.
 *
 * @param key what it changed
 * @param xid the top-level transaction's xid; only the low 32 bits count, so an event's and a token's are both good
 */
public record Fence(CacheKey key, long xid) {
}
