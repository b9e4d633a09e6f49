package io.cdccascade.cache;

/**
 * A change of what is cached under a key.
 *
 * @param key    what was changed
 * @param change the transaction that changed it
 */
public record Fence(CacheKey key, WritePoint change) {}
